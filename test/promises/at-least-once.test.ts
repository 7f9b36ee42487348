/**
 * Promise 3: every matching change, in log order, at least once, nothing skipped, however a consumer comes and goes.
 * Promise 4: what was acknowledged is not delivered again, after a clean or an unclean restart.
 */
import { ask } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { eventually } from '../support/wait.js';
import { expectNothingSkipped, RestlessConsumer } from './support/consumer.js';
import { Dice, seeded } from './support/dice.js';
import { Load } from './support/load.js';
import { positionsOf, readLog } from './support/recorded.js';

describe.each(databaseKinds)(seeded('promises 3 and 4 on $name'), (kind) => {
  let database: OwnDatabase;

  beforeEach(async () => {
    database = await kind.create();
  });

  afterEach(async () => {
    await database.drop();
  });

  it('delivers everything in order to consumers that come and go between hubs that are killed', async () => {
    const ports = await Promise.all([freePort(), freePort()]);
    const environments = ports.map((port) => ({
      DATABASE_URL: database.url,
      PORT: String(port),
      TAIL_BYTES: '200000',
    }));
    const hubs: HubProcess[] = await Promise.all(environments.map(spawnHub));
    const urls = hubs.map((hub) => hub.url);
    const dice = new Dice(30);
    const url = (): string => dice.pick(urls);
    const load = new Load({ callers: 6, url, dice });
    const orders = { collections: ['orders'] };
    const everything = new RestlessConsumer({ name: 'everything', url, dice });
    const some = new RestlessConsumer({ name: 'some', filter: orders, url, dice });
    try {
      for (let round = 0; round < 3; round += 1) {
        await Promise.all([everything, some].flatMap((one) => [one.session()]));
        const killed = round % 2;
        await hubs[killed]?.process.kill('SIGKILL');
        await Promise.all([everything.session(), some.session()]);
        hubs[killed] = await spawnHub(environments[killed] ?? {});
      }
      await load.progress(50);
      await load.stop();
      const log = await readLog(urls[0] ?? '');
      const end = log.at(-1)?.cursor ?? '';
      await Promise.all([everything.finish(end), some.finish(end)]);
      const positionOf = await positionsOf(urls[0] ?? '');
      expectNothingSkipped(
        everything,
        log.map((change) => change.cursor),
        positionOf,
      );
      const ofOrders = log.filter((change) => change.collection === 'orders').map((change) => change.cursor);
      expectNothingSkipped(some, ofOrders, positionOf);
    } finally {
      await load.stop();
      await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    }
  }, 90_000);

  it('keeps an answered acknowledgement over kill -9, and takes none back for an older one', async () => {
    const environment = { DATABASE_URL: database.url, PORT: String(await freePort()) };
    let hub = await spawnHub(environment);
    const { results } = await publish(
      hub.url,
      Array.from({ length: 30 }, (_, n) => ({ collection: 'orders', key: `k${n}`, data: { n } })),
    );
    const cursors = results.map((result) => result.change?.cursor ?? '');
    const first = follow(hub.url, { consumer: 'one', startAt: 'EARLIEST' });
    await eventually(() => changesOf(first).length === 30, { what: 'thirty changes' });
    // In any order, at once, and again: the furthest counts.
    const places = new Dice(40).shuffled([...cursors.slice(0, 20), ...cursors.slice(0, 20)]);
    await Promise.all(places.map((cursor) => acknowledge(hub.url, 'one', cursor)));
    expect((await acknowledge(hub.url, 'one', cursors[3] ?? '')).cursor).toBe(cursors[19]);
    await hub.process.kill('SIGKILL');
    await first.close();

    hub = await spawnHub(environment);
    const { consumer } = await ask<{ consumer: unknown }>(
      hub.url,
      '{ consumer(name: "one") { cursor lag } }',
    );
    expect(consumer).toEqual({ cursor: cursors[19], lag: 10 });
    const again = follow(hub.url, { consumer: 'one' });
    await eventually(() => changesOf(again).length === 10, { what: 'what was not acknowledged' });
    expect(changesOf(again).map((change) => change.cursor)).toEqual(cursors.slice(20));
    await again.close();
    await hub.process.kill('SIGKILL');
  }, 60_000);
});
