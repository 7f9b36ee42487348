/**
 * Promise 8: one live session a consumer name; a newer one takes over, wherever it is.
 * Promise 9: a cursor of another log, or beyond this one, is an error that says what to do.
 * Promise 10: of a call that is wrong nothing is recorded.
 */
import { ask, post } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { ACKNOWLEDGE, acknowledge, changesOf, follow, publish, PUBLISH } from '../support/operations.js';
import { sharedRedis } from '../support/shared-redis.js';
import { eventually } from '../support/wait.js';

const cases = databaseKinds.flatMap((kind) => [
  { kind, name: `${kind.name} without Redis`, redis: false },
  { kind, name: `${kind.name} with Redis`, redis: true },
]);

describe.each(cases)('promises 8, 9 and 10 on $name', ({ kind, redis }) => {
  let database: OwnDatabase;
  let hubs: HubProcess[];
  let here: string;
  let there: string;

  beforeAll(async () => {
    database = await kind.create();
    const url = redis ? (await sharedRedis()).url : '';
    hubs = await Promise.all([1, 2].map(() => spawnHub({ DATABASE_URL: database.url, REDIS_URL: url })));
    [here = '', there = ''] = hubs.map((hub) => hub.url);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    await database.drop();
  });

  it('ends the older session with CONSUMER_TAKEN_OVER, from the same hub and from another', async () => {
    for (const [older, newer] of [
      [here, here],
      [here, there],
      [there, here],
    ] as const) {
      const first = follow(older, { consumer: 'one' });
      await first.received(1);
      const second = follow(newer, { consumer: 'one' });
      await second.received(1);
      expect((await first.failure()).extensions).toMatchObject({ code: 'CONSUMER_TAKEN_OVER' });
      await publish(here, [{ collection: 'taken', key: 'k', data: { n: Math.random() } }]);
      await eventually(() => changesOf(second).length === 1, { what: 'the newer session to be served' });
      await acknowledge(newer, 'one', second.messages.at(-1)?.changes.cursor ?? '');
      await Promise.all([first.close(), second.close()]);
    }
  }, 60_000);

  it('lets exactly one of many sessions live that begin at once at both hubs', async () => {
    const sessions = Array.from({ length: 8 }, (_, n) =>
      follow(n % 2 === 0 ? here : there, { consumer: 'race' }),
    );
    await eventually(() => sessions.filter((session) => session.errors === null).length === 1, {
      what: 'all but one to end',
    });
    const [winner] = sessions.filter((session) => session.errors === null);
    const losers = sessions.filter((session) => session !== winner);
    expect(new Set(losers.map((session) => session.errors?.[0]?.extensions?.code))).toEqual(
      new Set(['CONSUMER_TAKEN_OVER']),
    );
    await publish(there, [{ collection: 'race', key: 'k', data: { n: 1 } }]);
    await eventually(() => winner && changesOf(winner).length === 1, { what: 'the winner to be served' });
    await Promise.all(sessions.map((session) => session.close()));
  }, 60_000);

  it('frees the window of a session when it is acknowledged for at another hub', async () => {
    const reader = follow(here, {
      consumer: 'roaming',
      maxInFlight: 2,
      filter: { collections: ['roaming'] },
    });
    await reader.received(1);
    const changes = Array.from({ length: 6 }, (_, n) => ({ collection: 'roaming', key: `k${n}`, data: {} }));
    await publish(there, changes);
    for (const count of [2, 4, 6]) {
      await eventually(() => changesOf(reader).length === count, { what: `${count} changes` });
      await acknowledge(there, 'roaming', reader.messages.at(-1)?.changes.cursor ?? '');
    }
    await reader.close();
  }, 60_000);

  it('refuses cursors of another log and cursors beyond this one, and says so', async () => {
    const other = await kind.create();
    const elsewhere = await spawnHub({ DATABASE_URL: other.url });
    const foreign = (await publish(elsewhere.url, [{ collection: 'c', key: 'k', data: {} }])).cursor;
    await ask(here, 'mutation { createConsumer(input: { name: "strict" }) { name } }');
    const refused = async (cursor: string): Promise<unknown> =>
      (await post(here, ACKNOWLEDGE, { consumer: 'strict', cursor })).errors?.[0]?.extensions;
    expect(await refused(foreign)).toMatchObject({ code: 'INVALID_CURSOR' });
    const started = follow(here, { startAt: 'CURSOR', cursor: foreign });
    expect((await started.failure()).extensions).toMatchObject({ code: 'INVALID_CURSOR', path: 'cursor' });
    await Promise.all([started.close(), elsewhere.process.kill('SIGKILL')]);
    await other.drop();
  }, 60_000);

  it('records nothing of a call of which one change is wrong', async () => {
    const head = async (): Promise<string> =>
      (await ask<{ hub: { head: string } }>(here, '{ hub { head } }')).hub.head;
    const before = await head();
    const good = { collection: 'c', key: 'fine', data: {} };
    const changes = [good, good, { ...good, write: 'DELETE' }, good];
    const { errors } = await post(here, PUBLISH, { source: 'crm', changes });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: 'changes[2].data',
      index: 2,
    });
    expect(await head()).toBe(before);
  });
});
