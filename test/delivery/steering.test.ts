import type { Hub } from '../../src/hub.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ask, post } from '../support/client.js';
import { ACKNOWLEDGE, acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { eventually, eventuallyPasses } from '../support/wait.js';

const SEEK = `mutation ($name: ID!, $to: StartAt!, $cursor: Cursor, $time: DateTime) {
  seekConsumer(name: $name, to: $to, cursor: $cursor, time: $time) { cursor lag } }`;

/** Two hubs on one database: a live session is on the first, and what steers it comes in at either. */
describe.each(databaseKinds)('steering a consumer on $name', (kind) => {
  let database: OwnDatabase;
  let here: Hub;
  let there: Hub;

  beforeAll(async () => {
    database = await kind.create();
    here = await startHub({ DATABASE_URL: database.url });
    there = await startHub({ DATABASE_URL: database.url });
  });

  afterAll(async () => {
    await here.close();
    await there.close();
    await database.drop();
  });

  const hubs = [
    ['the hub that holds its session', () => here],
    ['another hub', () => there],
  ] as const;

  it.each(hubs)('seeks a live session backwards and forwards at %s', async (where, hub) => {
    const collection = `sought at ${where}`;
    const consumer = `seeker at ${where}`;
    const { results } = await publish(
      here.url,
      [1, 2, 3].map((n) => ({ collection, key: 'k', data: { n } })),
    );
    const reader = follow(here.url, { consumer, startAt: 'EARLIEST', filter: { collections: [collection] } });
    const versions = (): number[] => changesOf(reader).map(({ version }) => version);
    await eventually(() => versions().length === 3, { what: 'the three versions' });
    const before = reader.messages.at(-1)?.changes;
    await acknowledge(here.url, consumer, before?.cursor ?? '');

    await ask(hub().url, SEEK, { name: consumer, to: 'CURSOR', cursor: results[0]?.change?.cursor });
    await eventually(() => versions().length === 5, { what: 'two versions again' });
    expect(versions()).toEqual([1, 2, 3, 2, 3]);
    const empty = reader.messages.find(
      ({ changes }) => changes.session !== before?.session && changes.changes.length === 0,
    );
    expect(empty?.changes.cursor).toBe(results[0]?.change?.cursor);

    // An acknowledgement that was under way when it was sought must not undo the seek.
    const late = { consumer, cursor: before?.cursor, session: before?.session };
    const answer = await post<{ acknowledge: { cursor: string } }>(hub().url, ACKNOWLEDGE, late);
    expect(answer.data?.acknowledge.cursor).toBe(results[0]?.change?.cursor);

    await ask(hub().url, SEEK, { name: consumer, to: 'LATEST' });
    await publish(here.url, [{ collection, key: 'k', data: { n: 4 } }]);
    await eventually(() => versions().length === 6, { what: 'the newest version' });
    expect(versions().at(-1)).toBe(4);
    await reader.close();
  });

  it.each(hubs)('pauses and resumes a live session at %s', async (where, hub) => {
    const collection = `paused at ${where}`;
    const consumer = `pauser at ${where}`;
    const reader = follow(here.url, { consumer, filter: { collections: [collection] } });
    const witness = follow(here.url, { filter: { collections: [collection] } });
    await Promise.all([reader.received(1), witness.received(1)]);
    await ask(hub().url, 'mutation ($name: ID!) { pauseConsumer(name: $name) { paused } }', {
      name: consumer,
    });
    // The hub that holds the session has heard of it once a change goes past it.
    await eventuallyPasses(
      async () => {
        const seen = changesOf(reader).length;
        const sent = changesOf(witness).length;
        await publish(here.url, [{ collection, key: 'k', data: { n: sent } }]);
        await eventually(() => changesOf(witness).length > sent, { what: 'the witness' });
        expect(changesOf(reader)).toHaveLength(seen);
      },
      { what: 'the pause' },
    );
    await ask(hub().url, 'mutation ($name: ID!) { resumeConsumer(name: $name) { paused } }', {
      name: consumer,
    });
    await eventually(() => changesOf(reader).length === changesOf(witness).length, { what: 'everything' });
    expect(changesOf(reader)).toEqual(changesOf(witness));
    await Promise.all([reader.close(), witness.close()]);
  });

  it.each(hubs)('refuses an acknowledgement of a session that was taken over, at %s', async (where, hub) => {
    const collection = `fenced at ${where}`;
    const consumer = `fenced at ${where}`;
    await publish(here.url, [{ collection, key: 'k', data: {} }]);
    const start = { consumer, startAt: 'EARLIEST', filter: { collections: [collection] } };
    const older = follow(here.url, start);
    await eventually(() => changesOf(older).length === 1, { what: 'the change' });
    const batch = older.messages.at(-1)?.changes;
    const newer = follow(there.url, start);
    await eventually(() => changesOf(newer).length === 1, { what: 'the change again' });

    const stale = { consumer, cursor: batch?.cursor, session: batch?.session };
    const { errors } = await post(hub().url, ACKNOWLEDGE, stale);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONSUMER_TAKEN_OVER' });
    const current = newer.messages.at(-1)?.changes;
    const fresh = { consumer, cursor: current?.cursor, session: current?.session };
    const { data } = await post<{ acknowledge: { cursor: string } }>(hub().url, ACKNOWLEDGE, fresh);
    expect(data?.acknowledge.cursor).toBe(current?.cursor);
    expect((await older.failure()).extensions).toMatchObject({ code: 'CONSUMER_TAKEN_OVER' });
    await Promise.all([older.close(), newer.close()]);
  });

  it('names what is wrong', async () => {
    const code = async (query: string, variables: object): Promise<unknown> =>
      (await post(here.url, query, variables)).errors?.[0]?.extensions?.code;
    expect(await code(SEEK, { name: 'nobody', to: 'EARLIEST' })).toBe('CONSUMER_NOT_FOUND');
    expect(await code(SEEK, { name: 'nobody', to: 'CURSOR' })).toBe('BAD_USER_INPUT');
    expect(await code('mutation { pauseConsumer(name: "nobody") { name } }', {})).toBe('CONSUMER_NOT_FOUND');
    const head = (await ask<{ hub: { head: string } }>(here.url, '{ hub { head } }')).hub.head;
    const odd = { consumer: 'nobody', cursor: head, session: 'odd' };
    expect(await code(ACKNOWLEDGE, odd)).toBe('BAD_USER_INPUT');
  });
});
