import type { Hub } from '../../src/hub.js';
import { ask } from '../support/client.js';
import type { TestSubscription } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { acknowledge, createConsumer, follow, publish } from '../support/operations.js';
import type { BatchData } from '../support/operations.js';
import { sharedRedis } from '../support/shared-redis.js';
import { eventually } from '../support/wait.js';
import { deadLetters, delivered, discard, namesOf, redrive, reject, tryReject } from './support/rejecting.js';

type Reader = TestSubscription<{ changes: BatchData }>;

/** Two hubs on one database: the session is at the first, and what the consumer says comes in at either. */
describe.each(databaseKinds)('rejected changes on $name', (kind) => {
  let database: OwnDatabase;
  let here: Hub;
  let there: Hub;
  let name: string;
  let count = 0;
  const readers: Reader[] = [];

  beforeAll(async () => {
    database = await kind.create();
    const environment = { DATABASE_URL: database.url, RETRY_FIRST_MS: '20', RETRY_LONGEST_MS: '50' };
    here = await startHub(environment);
    there = await startHub(environment);
  });
  beforeEach(() => {
    name = `consumer ${(count += 1)}`;
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close();
  });
  afterAll(async () => {
    await here.close();
    await there.close();
    await database.drop();
  });

  /** Publishes, in the test's own collection, the next version of each key. */
  const change = async (...keys: readonly string[]): Promise<void> => {
    const changes = keys.map((key, i) => ({ collection: name, key, data: { at: `${Date.now()}.${i}` } }));
    await publish(here.url, changes);
  };

  const read = async (url = here.url, variables: object = {}): Promise<Reader> => {
    const reader = follow(url, { consumer: name, filter: { collections: [name] }, ...variables });
    readers.push(reader);
    await reader.received(1);
    return reader;
  };

  /** A consumer that tries a change so often. */
  const consumer = (maxAttempts: number): Promise<unknown> =>
    createConsumer(here.url, { name, maxAttempts, filter: { collections: [name] } });

  const cursorOf = async (): Promise<string> => {
    const query = 'query ($name: ID!) { consumer(name: $name) { cursor } }';
    return (await ask<{ consumer: { cursor: string } }>(there.url, query, { name })).consumer.cursor;
  };

  describe.each([
    ['the hub that holds the session', () => here],
    ['another hub', () => there],
  ] as const)('at %s', (_where, at) => {
    it('come again alone, and are settled by their own cursor, which moves nothing', async () => {
      const reader = await read();
      await change('a', 'b');
      const first = await delivered(reader, 2);
      const letter = await reject(at().url, name, first.changes[0]?.cursor ?? '', {
        session: first.session,
      });
      expect(letter).toMatchObject({ attempts: 1, dead: false, reason: 'no such account' });
      expect(letter.change).toMatchObject({ key: 'a', version: 1, scope: 'WITHIN' });
      const again = await delivered(reader, 3);
      expect(namesOf(reader)).toEqual(['a1', 'b1', 'a1#2']);
      expect(again.cursor).not.toBe(first.changes[0]?.cursor);
      await acknowledge(at().url, name, again.cursor);
      expect(await cursorOf()).not.toBe(first.cursor);
      expect(await acknowledge(at().url, name, first.cursor)).toMatchObject({ cursor: first.cursor });
      await acknowledge(at().url, name, again.cursor);
      expect(await cursorOf()).toBe(first.cursor);
      await change('a');
      expect((await delivered(reader, 4)).attempt).toBe(1);
      expect(namesOf(reader)).toEqual(['a1', 'b1', 'a1#2', 'a2']);
    });

    it('hold back later changes of their key, sent or not, which come one by one, alone, in order', async () => {
      const reader = await read();
      await change('a', 'b', 'a');
      const first = await delivered(reader, 3);
      await change('a');
      await delivered(reader, 4);
      await reject(at().url, name, first.changes[0]?.cursor ?? '');
      await delivered(reader, 5);
      // Nobody has said anything of the second attempt yet: the key waits, other keys go on.
      await change('a', 'c', 'a', 'b');
      await acknowledge(at().url, name, (await delivered(reader, 7)).cursor);
      expect(namesOf(reader)).toEqual(['a1', 'b1', 'a2', 'a3', 'a1#2', 'c1', 'b2']);
      const again = reader.messages.find(({ changes }) => changes.attempt === 2)?.changes;
      await acknowledge(at().url, name, again?.cursor ?? '');
      for (let seen = 8; seen <= 11; seen += 1) {
        const { cursor, changes } = await delivered(reader, seen);
        expect(changes).toHaveLength(1);
        await acknowledge(at().url, name, cursor);
      }
      expect(
        namesOf(reader)
          .slice(7)
          .map((one) => one.slice(0, 2)),
      ).toEqual(['a2', 'a3', 'a4', 'a5']);
      await change('a');
      expect(await delivered(reader, 12)).toMatchObject({ attempt: 1, changes: [{ version: 6 }] });
    });

    it('are dead after so many attempts, with all that waits behind them, and the key goes on', async () => {
      await consumer(2);
      const reader = await read();
      await change('a', 'a', 'b');
      const first = await delivered(reader, 3);
      const [a] = first.changes;
      await reject(at().url, name, a?.cursor ?? '');
      expect(await deadLetters(at().url, name)).toEqual([]);
      await delivered(reader, 4);
      // Once the other key has come, the one before it is held.
      await change('a', 'c');
      await delivered(reader, 5);
      const dead = await reject(at().url, name, a?.cursor ?? '', { reason: 'still not' });
      expect(dead).toMatchObject({ attempts: 2, dead: true, nextAttemptAt: null, reason: 'still not' });
      await eventually(async () => (await deadLetters(at().url, name)).length === 3, {
        what: 'three letters',
      });
      const letters = await deadLetters(at().url, name);
      expect(letters.map(({ change: { version }, dead }) => [version, dead])).toEqual(
        [1, 2, 3].map((version) => [version, true]),
      );
      expect(letters[0]?.id).toBe(dead.id);
      await change('a');
      expect((await delivered(reader, 6)).changes).toMatchObject([{ key: 'a', version: 4 }]);
      expect(namesOf(reader)).toEqual(['a1', 'a2', 'b1', 'a1#2', 'c1', 'a4']);
    });

    it('are redriven from the first attempt, in order, and discarded for good', async () => {
      await consumer(1);
      const reader = await read();
      await change('a', 'a', 'b');
      const first = await delivered(reader, 3);
      const dead = await reject(at().url, name, first.changes[0]?.cursor ?? '');
      expect(dead).toMatchObject({ attempts: 1, dead: true });
      await reject(at().url, name, first.changes[2]?.cursor ?? '');
      await acknowledge(at().url, name, first.cursor);
      await eventually(async () => (await deadLetters(at().url, name)).length === 3, {
        what: 'three letters',
      });
      const [a1, a2, b1] = await deadLetters(at().url, name);
      expect(await discard(at().url, name, [b1?.id ?? ''])).toBe(1);
      expect(await discard(at().url, name, [b1?.id ?? ''])).toBe(0);
      expect(await redrive(at().url, name, [a1?.id ?? ''])).toBe(1);
      const again = await delivered(reader, 4);
      expect(again.changes).toMatchObject([{ key: 'a', version: 1 }]);
      expect(await redrive(at().url, name)).toBe(1);
      expect(await redrive(at().url, name)).toBe(0);
      await change('a', 'c');
      expect((await delivered(reader, 5)).changes).toMatchObject([{ key: 'c' }]);
      await acknowledge(at().url, name, again.cursor);
      for (let seen = 6; seen <= 7; seen += 1)
        await acknowledge(at().url, name, (await delivered(reader, seen)).cursor);
      expect(namesOf(reader)).toEqual(['a1', 'a2', 'b1', 'a1#2', 'c1', 'a2#2', 'a3#2']);
      expect(await deadLetters(at().url, name)).toEqual([]);
      expect(await cursorOf()).toBe(first.cursor);
      expect(a2?.dead).toBe(true);
    });

    it('are settled by the newest attempt only', async () => {
      await consumer(3);
      const reader = await read();
      await change('a');
      const [a] = (await delivered(reader, 1)).changes;
      await reject(at().url, name, a?.cursor ?? '');
      const second = await delivered(reader, 2);
      // By its batch's cursor as well as by its own.
      expect(await reject(at().url, name, second.cursor)).toMatchObject({ attempts: 2 });
      await acknowledge(at().url, name, second.cursor);
      const third = await delivered(reader, 3);
      await acknowledge(at().url, name, second.cursor);
      expect(await reject(at().url, name, second.cursor)).toMatchObject({ attempts: 2, dead: false });
      expect(await reject(at().url, name, third.cursor)).toMatchObject({ attempts: 3, dead: true });
      expect(await redrive(at().url, name)).toBe(1);
      const redriven = await delivered(reader, 4);
      for (const { cursor } of [second, third]) await acknowledge(at().url, name, cursor);
      expect(await reject(at().url, name, redriven.cursor)).toMatchObject({ attempts: 1, dead: false });
      await acknowledge(at().url, name, (await delivered(reader, 5)).cursor);
      await change('a');
      expect((await delivered(reader, 6)).changes).toMatchObject([{ version: 2 }]);
      expect(namesOf(reader)).toEqual(['a1', 'a1#2', 'a1#3', 'a1#2', 'a1#3', 'a2']);
    });

    it('count once, however often one attempt is rejected', async () => {
      const reader = await read();
      await change('a');
      const [a] = (await delivered(reader, 1)).changes;
      const once = await reject(at().url, name, a?.cursor ?? '', { retryInSeconds: 600 });
      expect(once.nextAttemptAt).not.toBeNull();
      expect(await reject(at().url, name, a?.cursor ?? '')).toEqual(once);
    });

    it('are dropped by a seek, but for dead letters', async () => {
      await consumer(1);
      const reader = await read();
      await change('a');
      const [a] = (await delivered(reader, 1)).changes;
      await reject(at().url, name, a?.cursor ?? '');
      await redrive(at().url, name);
      await delivered(reader, 2);
      await change('b', 'a');
      const [b] = (await delivered(reader, 3)).changes;
      await reject(at().url, name, b?.cursor ?? '');
      const seek = 'mutation ($name: ID!, $to: StartAt!) { seekConsumer(name: $name, to: $to) { cursor } }';
      await ask(at().url, seek, { name, to: 'EARLIEST' });
      await delivered(reader, 6);
      expect(namesOf(reader)).toEqual(['a1', 'a1#2', 'b1', 'a1', 'b1', 'a2']);
      expect(await deadLetters(at().url, name)).toMatchObject([{ change: { key: 'b' }, dead: true }]);
    });

    it('come again after a disconnect, which does not count; what was settled does not', async () => {
      const reader = await read();
      await change('a', 'b');
      const first = await delivered(reader, 2);
      for (const { cursor } of first.changes) await reject(at().url, name, cursor);
      await delivered(reader, 4);
      const b = reader.messages.find(
        ({ changes: { attempt, changes } }) => attempt === 2 && changes[0]?.key === 'b',
      );
      await acknowledge(at().url, name, b?.changes.cursor ?? '');
      await reader.close();
      // The cursor is still before both: neither comes as if nothing had been.
      const next = await read(there.url);
      await change('c', 'a');
      await delivered(next, 2);
      expect(namesOf(next).sort()).toEqual(['a1#2', 'c1']);
      const a = next.messages.find(({ changes }) => changes.attempt === 2)?.changes;
      expect(await reject(at().url, name, a?.cursor ?? '')).toMatchObject({ attempts: 2 });
    });
  });

  it('may be rejected again by a session that has not come to their place yet', async () => {
    const first = await read();
    await change('a', 'b');
    const [, b] = (await delivered(first, 2)).changes;
    await reject(here.url, name, b?.cursor ?? '');
    await first.close();
    const reader = await read(here.url, { maxInFlight: 1 });
    expect(await delivered(reader, 1)).toMatchObject({ attempt: 2, changes: [{ key: 'b' }] });
    expect(await reject(here.url, name, b?.cursor ?? '')).toMatchObject({ attempts: 2 });
  });

  it('take turns with what is new, however many there are and however small the window', async () => {
    await consumer(1);
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const first = await read();
    await change(...keys);
    const { changes, cursor } = await delivered(first, keys.length);
    for (const { cursor } of changes) await reject(here.url, name, cursor);
    await acknowledge(here.url, name, cursor);
    await first.close();
    const reader = await read(here.url, { maxInFlight: 1 });
    await ask(here.url, 'mutation ($name: ID!) { pauseConsumer(name: $name) { paused } }', { name });
    await redrive(here.url, name);
    await change('x', 'y', 'z');
    await ask(here.url, 'mutation ($name: ID!) { resumeConsumer(name: $name) { paused } }', { name });
    for (let seen = 1; seen <= 9; seen += 1)
      await acknowledge(here.url, name, (await delivered(reader, seen)).cursor);
    const places = namesOf(reader).flatMap((one, i) => (/[xyz]/.test(one) ? [i] : []));
    expect(places).toEqual(places[0] === 0 ? [0, 2, 4] : [1, 3, 5]);
  });

  it('refuses what was not sent, is acknowledged already, or says nothing', async () => {
    const reader = await read();
    await change('a');
    const first = await delivered(reader, 1);
    const [a] = first.changes;
    const { results } = await publish(here.url, [{ collection: 'elsewhere', key: name, data: {} }]);
    const codeOf = async (...args: Parameters<typeof tryReject>): Promise<unknown> => {
      const { errors } = await tryReject(...args);
      return [errors?.[0]?.extensions?.code, errors?.[0]?.extensions?.path];
    };
    const elsewhere = results[0]?.change?.cursor ?? '';
    const cursor = a?.cursor ?? '';
    for (const { url } of [here, there]) {
      expect(await codeOf(url, name, elsewhere)).toEqual(['BAD_USER_INPUT', 'change']);
      expect(await codeOf(url, name, 'x')).toEqual(['INVALID_CURSOR', 'change']);
      expect(await codeOf(url, name, cursor, { reason: ' ' })).toEqual(['BAD_USER_INPUT', 'reason']);
      expect(await codeOf(url, name, cursor, { retryInSeconds: -1 })).toEqual([
        'BAD_USER_INPUT',
        'retryInSeconds',
      ]);
      expect(await codeOf(url, name, cursor, { session: 'x' })).toEqual(['BAD_USER_INPUT', 'session']);
      expect((await tryReject(url, 'nobody', cursor)).errors?.[0]?.extensions?.code).toBe(
        'CONSUMER_NOT_FOUND',
      );
    }
    const newer = await read(there.url);
    const { session } = first;
    expect((await tryReject(here.url, name, cursor, { session })).errors?.[0]?.extensions?.code).toBe(
      'CONSUMER_TAKEN_OVER',
    );
    await acknowledge(there.url, name, (await delivered(newer, 1)).cursor);
    expect(await codeOf(there.url, name, cursor)).toEqual(['BAD_USER_INPUT', 'change']);
  });

  it('lose nothing that their session sent before it heard of them, even if it never does', async () => {
    // Hubs of one process hear of each other at once; with another signal this one is heard of by the report only.
    const redis = await sharedRedis();
    const deaf = await startHub({ DATABASE_URL: database.url, REDIS_URL: redis.url, RETRY_FIRST_MS: '20' });
    const round = async (): Promise<readonly string[]> => {
      name = `consumer ${(count += 1)}`;
      const reader = await read(here.url);
      await change('a');
      const [a] = (await delivered(reader, 1)).changes;
      // The consumer says so elsewhere, skips the rest of the key, acknowledges, and goes.
      await reject(deaf.url, name, a?.cursor ?? '');
      await change('a', 'b');
      await eventually(() => namesOf(reader).includes('b1'), { what: 'the other key' });
      await acknowledge(deaf.url, name, reader.messages.at(-1)?.changes.cursor ?? '');
      await reader.close();
      return namesOf(reader);
    };
    // A report in between would have told the session.
    for (let sent: readonly string[] = []; !sent.includes('a2');) sent = await round();
    const next = await read(deaf.url);
    await change('c', 'a');
    await eventually(() => namesOf(next).includes('c1'), { what: 'the newest change' });
    for (const version of [1, 2, 3]) {
      const again = await eventually(
        () =>
          next.messages.find(
            ({ changes }) => changes.changes[0]?.version === version && changes.changes[0].key === 'a',
          ),
        { what: `version ${version}` },
      );
      await acknowledge(deaf.url, name, again.changes.cursor);
    }
    expect(namesOf(next).filter((one) => one.startsWith('a'))).toEqual(['a1#2', 'a2#2', 'a3#2']);
    await next.close();
    await deaf.close();
    await redis.dispose();
  });

  it('survive a restart of the hub', async () => {
    const own = await kind.create();
    const environment = { DATABASE_URL: own.url, RETRY_FIRST_MS: '20', RETRY_LONGEST_MS: '50' };
    let hub = await startHub(environment);
    const start = { filter: {} };
    let reader = await read(hub.url, start);
    await publish(hub.url, [{ collection: 'x', key: 'a', data: { n: 1 } }]);
    const first = await delivered(reader, 1);
    await reject(hub.url, name, first.cursor);
    await acknowledge(hub.url, name, first.cursor);
    await publish(hub.url, [{ collection: 'x', key: 'a', data: { n: 2 } }]);
    await hub.close();
    hub = await startHub(environment);
    reader = await read(hub.url, start);
    await acknowledge(hub.url, name, (await delivered(reader, 1)).cursor);
    await delivered(reader, 2);
    expect(namesOf(reader).map((one) => one.slice(0, 2))).toEqual(['a1', 'a2']);
    await reader.close();
    await hub.close();
    await own.drop();
  });
});
