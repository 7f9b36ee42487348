/** Promise 6 where Redis is several servers: it is fast again by itself after one of them is lost. */
import { ask } from '../support/client.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { changesOf, follow, publish } from '../support/operations.js';
import { startRedisCluster } from '../support/redis-cluster.js';
import { startRedisWithSentinel } from '../support/redis-sentinel.js';
import { eventually } from '../support/wait.js';

/** Polls come so seldom that within the waits of these tests only the signal brings changes from one hub to another. */
const SELDOM = '60000';

describe('two hubs whose Redis', () => {
  let database: OwnDatabase;
  const hubs: HubProcess[] = [];

  beforeEach(async () => {
    database = await postgres.create();
  });

  afterEach(async () => {
    await Promise.all(hubs.splice(0).map((hub) => hub.process.kill('SIGKILL')));
    await database.drop();
  });

  async function startHubs(redisUrl: string): Promise<[string, string]> {
    const environment = { DATABASE_URL: database.url, REDIS_URL: redisUrl, POLL_MS: SELDOM };
    hubs.push(...(await Promise.all([1, 2].map(() => spawnHub(environment)))));
    await turn('up');
    return [hubs[0]?.url ?? '', hubs[1]?.url ?? ''];
  }

  const signalOf = async ({ url }: HubProcess): Promise<string> =>
    (await ask<{ hub: { signal: string } }>(url, '{ hub { signal } }')).hub.signal;

  const turn = (state: string): Promise<unknown> =>
    eventually(
      async () => (await Promise.all(hubs.map(signalOf))).every((one) => one === `redis: ${state}`),
      {
        what: `both hubs to find Redis ${state}`,
        timeoutMs: 40_000,
      },
    );

  /** What one hub publishes and a subscriber at the other sees. */
  class Way {
    readonly reader: ReturnType<typeof follow>;
    #published = 0;

    constructor(
      readonly here: string,
      there: string,
    ) {
      this.reader = follow(there, { filter: { collections: ['fast'] } });
    }

    async publish(): Promise<void> {
      this.#published += 1;
      await publish(this.here, [{ collection: 'fast', key: 'k', data: { n: this.#published } }]);
    }

    /** Waits until everything that was published came. */
    arrives(timeoutMs = 5_000): Promise<unknown> {
      const all = this.#published;
      return eventually(() => changesOf(this.reader).length >= all, { what: `change ${all}`, timeoutMs });
    }

    /** Publishes until a change comes through by the signal; what was lost before comes with it, from the log. */
    async opens(): Promise<void> {
      await eventually(
        async () => {
          await this.publish();
          await this.arrives(500);
          return true;
        },
        { what: 'changes to come through again', timeoutMs: 40_000 },
      );
    }

    expectAll(): void {
      const versions = changesOf(this.reader).map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: this.#published }, (_none, i) => i + 1));
    }
  }

  async function openWay(redisUrl: string): Promise<Way> {
    const way = new Way(...(await startHubs(redisUrl)));
    await way.reader.received(1);
    await way.publish();
    await way.arrives();
    return way;
  }

  it('has Sentinels are fast again after the master was killed, and lost nothing meanwhile', async () => {
    const redis = await startRedisWithSentinel();
    try {
      const way = await openWay(redis.url);
      const former = await redis.master();
      await former.kill();
      await way.publish();
      await redis.failedOver(former);
      await way.opens();
      await turn('up');
      // The former master comes back as a replica of the new one, and nobody is troubled.
      await former.start();
      await way.opens();
      way.expectAll();
      await way.reader.close();
    } finally {
      await redis.dispose();
    }
  }, 120_000);

  it('is a cluster are fast again after each of its nodes was killed in turn', async () => {
    const redis = await startRedisCluster();
    try {
      const way = await openWay(redis.url);
      for (const node of redis.nodes) {
        await node.kill();
        await way.opens();
        await turn('up');
        await node.start();
        await redis.ready();
      }
      way.expectAll();
      await way.reader.close();
    } finally {
      await redis.dispose();
    }
  }, 180_000);
});
