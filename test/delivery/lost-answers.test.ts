import type { Hub } from '../../src/hub.js';
import { ask, post } from '../support/client.js';
import type { Answer } from '../support/client.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ACKNOWLEDGE, createConsumer, follow, publish } from '../support/operations.js';
import { StatementCutter } from '../support/statement-cutter.js';
import type { Statement } from '../support/statement-cutter.js';
import { deadLetters, delivered, tryReject } from './support/rejecting.js';

interface Consumer {
  readonly name: string;
  readonly cursor: string;
  readonly paused: boolean;
}

/** A call about a consumer, by the hub whose link is cut at the statement; `done` asks another hub whether it took effect. */
interface Write {
  readonly at: Statement;
  readonly call: (url: string, name: string, cursor: string) => Promise<Answer<unknown>>;
  readonly done: (consumer: Consumer | null, cursor: string, dead: number) => boolean;
  /** What must have happened before, by a hub whose link is whole. */
  readonly before?: 'dead letter' | 'no consumer';
}

const steer = (field: string): Write['call'] => {
  const mutation = `mutation ($name: ID!) { ${field} { __typename } }`;
  return (url, name) => post(url, mutation, { name });
};
const treat = (field: 'redrive' | 'discard'): Write['call'] => {
  const mutation = `mutation ($name: ID!, $ids: [ID!]!) { ${field}(consumer: $name, ids: $ids) }`;
  return async (url, name) =>
    post(url, mutation, { name, ids: (await deadLetters(url, name)).map(({ id }) => id) });
};

const WRITES: Record<string, Write> = {
  acknowledge: {
    at: 'write',
    call: (url, consumer, cursor) => post(url, ACKNOWLEDGE, { consumer, cursor }),
    done: (consumer, cursor) => consumer?.cursor === cursor,
  },
  reject: {
    at: 'commit',
    call: (url, consumer, cursor) => tryReject(url, consumer, cursor),
    done: (_consumer, _cursor, dead) => dead === 1,
  },
  redrive: {
    at: 'commit',
    before: 'dead letter',
    call: treat('redrive'),
    done: (_consumer, _cursor, dead) => dead === 0,
  },
  discard: {
    at: 'commit',
    before: 'dead letter',
    call: treat('discard'),
    done: (_consumer, _cursor, dead) => dead === 0,
  },
  createConsumer: {
    at: 'write',
    before: 'no consumer',
    call: steer('createConsumer(input: { name: $name })'),
    done: (consumer) => consumer !== null,
  },
  deleteConsumer: {
    at: 'commit',
    call: steer('deleteConsumer(name: $name)'),
    done: (consumer) => consumer === null,
  },
  seekConsumer: {
    at: 'commit',
    call: steer('seekConsumer(name: $name, to: LATEST)'),
    done: (consumer, cursor) => consumer?.cursor === cursor,
  },
  pauseConsumer: {
    at: 'commit',
    call: steer('pauseConsumer(name: $name)'),
    done: (consumer) => consumer?.paused === true,
  },
};

/** The hub that is called reaches PostgreSQL by a link that breaks at the statement; another one's is whole. */
describe.each(Object.entries(WRITES))('%s where its answer from PostgreSQL is lost', (field, write) => {
  let database: OwnDatabase;
  let cutter: StatementCutter;
  let cut: Hub;
  let whole: Hub;
  let name = '';
  let cursor = '';

  beforeAll(async () => {
    database = await postgres.create();
    cutter = await StatementCutter.before(database.url);
    cut = await startHub({ DATABASE_URL: cutter.url });
    whole = await startHub({ DATABASE_URL: database.url });
  }, 60_000);
  afterAll(async () => {
    await cut.close();
    await whole.close();
    await cutter.dispose();
    await database.drop();
  });

  /** A consumer to which one change was sent, which is not there any more, and dies at its first reject. */
  const consumer = async (): Promise<void> => {
    await createConsumer(whole.url, { name, maxAttempts: 1, filter: { collections: [name] } });
    const reader = follow(whole.url, { consumer: name });
    await reader.received(1);
    await publish(whole.url, [{ collection: name, key: 'a', data: {} }]);
    cursor = (await delivered(reader, 1)).cursor;
    await reader.close();
    if (write.before === 'dead letter') await tryReject(whole.url, name, cursor);
  };

  const done = async (): Promise<boolean> => {
    const query =
      'query ($name: ID!) { consumer(name: $name) { name cursor paused deadLetters { nodes { id } } } }';
    const { consumer: found } = await ask<{
      consumer: (Consumer & { deadLetters: { nodes: readonly unknown[] } }) | null;
    }>(whole.url, query, { name });
    return write.done(found, cursor, found?.deadLetters.nodes.length ?? 0);
  };

  it.each([
    ['after', true],
    ['before', false],
  ] as const)('says that it may have taken effect: cut %s it did', async (when, took) => {
    name = `${field} ${when}`;
    if (write.before !== 'no consumer') await consumer();
    expect(await done()).toBe(false);
    const { cuts } = cutter;
    cutter.cutNext(when, write.at);
    const { errors } = await write.call(cut.url, name, cursor);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'LOG_UNAVAILABLE',
      retryable: true,
      unknown: true,
    });
    expect(errors?.[0]?.message).toMatch(/it is not known whether the call took effect; send it again\.$/);
    expect(cutter.cuts).toBe(cuts + 1);
    expect(await done()).toBe(took);
    await write.call(cut.url, name, cursor);
    expect(await done()).toBe(true);
  });
});
