/**
 * Two hubs on one PostgreSQL, with Redis between them, without it, and while it fails. What consumers and whoever steers
 * them do at different hubs comes out the same; the signal only makes it faster.
 */
import { ask } from '../support/client.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';

/** So seldom that changes which come one after the other, each within FAST_MS, did not come by polling. */
const POLL_MS = 2_000;
const FAST_MS = 400;
const IN_A_ROW = 5;

const SEEK = `mutation ($name: ID!, $cursor: Cursor!) {
  seekConsumer(name: $name, to: CURSOR, cursor: $cursor) { cursor } }`;

describe('two hubs', () => {
  let database: OwnDatabase;
  let hubs: HubProcess[] = [];
  let here: string;
  let there: string;

  beforeEach(async () => {
    database = await postgres.create();
  });

  afterEach(async () => {
    await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    await database.drop();
  });

  async function start(redisUrl: string): Promise<void> {
    const environment = { DATABASE_URL: database.url, REDIS_URL: redisUrl, POLL_MS: String(POLL_MS) };
    hubs = await Promise.all([1, 2].map(() => spawnHub(environment)));
    [here = '', there = ''] = hubs.map((hub) => hub.url);
  }

  const write = async (url: string, collection: string, count: number): Promise<readonly string[]> => {
    const changes = Array.from({ length: count }, () => ({
      ...{ collection, key: 'k', data: { n: Math.random() } },
    }));
    return (await publish(url, changes)).results.map((result) => result.change?.cursor ?? '');
  };

  /**
   * Everything that two hubs have to tell each other of: changes, acknowledgements, seeks, takeovers. What the consumer
   * gets is the same whatever becomes of Redis.
   */
  async function live(
    name: string,
    meanwhile: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    const options = { consumer: name, startAt: 'EARLIEST', filter: { collections: [name] }, maxInFlight: 4 };
    const older = follow(there, options);
    const versions = (reader: typeof older): number[] => changesOf(reader).map(({ version }) => version);
    const gets = async (reader: typeof older, ...expected: readonly number[]): Promise<void> => {
      await eventually(() => versions(reader).length >= expected.length || reader.errors, {
        what: `${name} to get ${expected.join()} (it has ${versions(reader).join()})`,
      });
      expect(versions(reader)).toEqual(expected);
    };
    await older.received(1);
    const [first = ''] = await write(here, name, 3);
    await gets(older, 1, 2, 3);

    const under = meanwhile();
    await write(here, name, 3);
    await gets(older, 1, 2, 3, 4);
    const acknowledgeAll = (): Promise<unknown> =>
      acknowledge(here, name, changesOf(older).at(-1)?.cursor ?? '');
    await acknowledgeAll();
    await gets(older, 1, 2, 3, 4, 5, 6);
    await acknowledgeAll();

    await ask(here, SEEK, { name, cursor: first });
    await gets(older, 1, 2, 3, 4, 5, 6, 2, 3, 4, 5);
    await under;

    const newer = follow(here, options);
    await gets(newer, 2, 3, 4, 5);
    expect(await older.failure()).toMatchObject({ extensions: { code: 'CONSUMER_TAKEN_OVER' } });
    await acknowledge(there, name, changesOf(newer)[2]?.cursor ?? '');
    await write(there, name, 1);
    await gets(newer, 2, 3, 4, 5, 6, 7);
    await Promise.all([older.close(), newer.close()]);
  }

  const signals = (): Promise<string[]> =>
    Promise.all(
      hubs.map(
        async ({ url }) => (await ask<{ hub: { signal: string } }>(url, '{ hub { signal } }')).hub.signal,
      ),
    );
  const turn = (state: string): Promise<unknown> =>
    eventually(async () => (await signals()).every((signal) => signal === state), {
      what: `both hubs to say ${state}`,
      timeoutMs: 20_000,
    });

  /** Waits until a few changes in a row come from hub to hub faster than by polling. */
  async function fastAgain(name: string): Promise<void> {
    const reader = follow(there, { filter: { collections: [name] } });
    await reader.received(1);
    let published = 0;
    await eventually(
      async () => {
        for (let n = 0; n < IN_A_ROW; n += 1) {
          await write(here, name, 1);
          const all = (published += 1);
          await eventually(() => changesOf(reader).length === all, { what: 'it', timeoutMs: FAST_MS });
        }
        return true;
      },
      { what: 'changes to be fast', timeoutMs: 30_000 },
    );
    await reader.close();
  }

  it('without any Redis do all of it by polling and reports', async () => {
    await start('');
    expect(await signals()).toEqual(['in-process', 'in-process']);
    await live('alone');
  }, 60_000);

  describe('with Redis', () => {
    let redis: RedisServer;
    let proxy: TcpProxy;

    beforeEach(async () => {
      redis = await startRedis();
      proxy = await startTcpProxy({ port: redis.port });
      await start(`redis://127.0.0.1:${proxy.port}`);
      await turn('redis: up');
    }, 60_000);
    afterEach(async () => {
      await proxy.dispose();
      await redis.dispose();
    });

    it('go on where it is killed in the middle, and where it comes back in the middle', async () => {
      await live('killed', async () => {
        await redis.kill();
        await turn('redis: down');
      });
      await live('back', async () => {
        await redis.start();
        await turn('redis: up');
      });
      await fastAgain('fast');
      await live('up');
    }, 120_000);

    it('go on where its messages are lost one and all, though it looks alive, and are fast again afterwards', async () => {
      await live('swallowed', () => {
        proxy.swallowAnswersTo('subscribe');
        return Promise.resolve();
      });
      await turn('redis: down');
      await live('unheard');
      proxy.swallowAnswersTo(null);
      await turn('redis: up');
      await fastAgain('fast');
      await live('heard');
    }, 120_000);
  });
});
