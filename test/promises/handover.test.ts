/** Promises 3 and 4 over a rolling restart: consumers move to another hub by themselves and notice nothing. */
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { sharedRedis } from '../support/shared-redis.js';
import type { SharedRedis } from '../support/shared-redis.js';
import { expectNothingSkipped } from './support/consumer.js';
import { Dice, seeded } from './support/dice.js';
import { Load } from './support/load.js';
import { LoyalConsumer } from './support/loyal-consumer.js';
import { positionsOf, readLog } from './support/recorded.js';
import { expectNothingLost } from './support/verdict.js';

const CONSUMERS = 5;
const ROUNDS = 2;

describe(seeded('a rolling restart of two hubs'), () => {
  let database: OwnDatabase;
  let redis: SharedRedis;

  beforeAll(async () => {
    database = await postgres.create();
    redis = await sharedRedis();
  }, 60_000);

  afterAll(async () => {
    await redis.dispose();
    await database.drop();
  });

  it('under load loses nothing, and repeats nothing that was acknowledged, for clients that connect again by themselves', async () => {
    const ports = await Promise.all([freePort(), freePort()]);
    const environments = ports.map((port) => ({
      ...{ DATABASE_URL: database.url, REDIS_URL: redis.url, PORT: String(port) },
    }));
    const hubs: HubProcess[] = await Promise.all(environments.map(spawnHub));
    const urls = hubs.map((hub) => hub.url);
    const dice = new Dice(50);
    const load = new Load({ callers: 4, url: () => dice.pick(urls), dice });
    const consumers = Array.from(
      { length: CONSUMERS },
      (_none, n) => new LoyalConsumer(`loyal-${n}`, urls, n),
    );
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [n, environment] of environments.entries()) {
          await load.progress(100);
          hubs[n]?.process.signal('SIGTERM');
          expect(await hubs[n]?.process.closed).toEqual({ code: 0, signal: null });
          await load.progress(20);
          hubs[n] = await spawnHub(environment);
        }
      }
      await load.progress(100);
      await load.stop();
      await expectNothingLost(urls[0] ?? '', load);
      const log = (await readLog(urls[0] ?? '')).map((change) => change.cursor);
      const positionOf = await positionsOf(urls[0] ?? '');
      for (const consumer of consumers) {
        await consumer.finished(log.at(-1) ?? '');
        expectNothingSkipped(consumer, log, positionOf);
        // Whichever hub it was at, it had to leave one a round.
        expect(consumer.closeCodes.filter((code) => code === 1001).length).toBeGreaterThanOrEqual(ROUNDS);
      }
    } finally {
      await load.stop();
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    }
  }, 120_000);
});
