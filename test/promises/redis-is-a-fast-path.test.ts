/** Promise 6: Redis is a fast path, never the truth. */
import { ask } from '../support/client.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { changesOf, follow, publish } from '../support/operations.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';

describe('promise 6', () => {
  let database: OwnDatabase;
  let redis: RedisServer;
  let proxy: TcpProxy;
  let hubs: HubProcess[];

  beforeAll(async () => {
    database = await postgres.create();
    redis = await startRedis();
    proxy = await startTcpProxy({ port: redis.port });
    hubs = await Promise.all(
      [1, 2].map(() =>
        spawnHub({
          DATABASE_URL: database.url,
          REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
          POLL_MS: '100',
        }),
      ),
    );
  }, 60_000);

  afterAll(async () => {
    await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    await proxy.dispose();
    await redis.dispose();
    await database.drop();
  });

  const signals = async (): Promise<string[]> =>
    Promise.all(
      hubs.map(
        async ({ url }) => (await ask<{ hub: { signal: string } }>(url, '{ hub { signal } }')).hub.signal,
      ),
    );
  const turns = (state: string): Promise<unknown> =>
    eventually(async () => (await signals()).every((signal) => signal === `redis: ${state}`), {
      what: `both hubs to find redis ${state}`,
      timeoutMs: 20_000,
    });

  /** Ten changes at one hub reach a subscriber at the other, all of them in order. */
  async function expectDelivery(round: string): Promise<void> {
    const [here, there] = hubs.map((hub) => hub.url);
    const reader = follow(there ?? '', { filter: { collections: [round] } });
    await reader.received(1);
    for (let n = 0; n < 10; n += 1) {
      await publish(here ?? '', [{ collection: round, key: 'k', data: { n } }]);
    }
    await eventually(() => changesOf(reader).length === 10, { what: `ten changes (${round})` });
    expect(changesOf(reader).map((change) => change.version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await reader.close();
  }

  it('loses nothing while Redis is up, killed, back, cut off, stalled, and back again, without a restart', async () => {
    await turns('up');
    await expectDelivery('up');
    await redis.kill();
    await turns('down');
    await expectDelivery('killed');
    await redis.start();
    await turns('up');
    await expectDelivery('back');
    proxy.cut();
    await expectDelivery('cut');
    await turns('up');
    proxy.stall();
    await turns('down');
    await expectDelivery('stalled');
    proxy.resume();
    await turns('up');
    await expectDelivery('resumed');
  }, 120_000);

  it('survives a connection that breaks again before Redis answers its SUBSCRIBE', async () => {
    await turns('up');
    proxy.drop((chunk) => chunk.includes('\r\nsubscribe\r\n'));
    proxy.cut();
    await eventually(() => proxy.dropped >= hubs.length, { what: 'the answers to SUBSCRIBE to be lost' });
    proxy.cut();
    await eventually(() => proxy.dropped >= 2 * hubs.length, { what: 'both hubs to ask again' });
    proxy.drop(null);
    await turns('up');
    await expectDelivery('subscribed again');
    expect(hubs.map((hub) => hub.process.running)).toEqual([true, true]);
  }, 60_000);

  it('starts without Redis, and finds it when it comes', async () => {
    const late = await startRedis();
    await late.stop();
    const hub = await spawnHub({ DATABASE_URL: database.url, REDIS_URL: late.url });
    const state = async (): Promise<string> =>
      (await ask<{ hub: { signal: string } }>(hub.url, '{ hub { signal } }')).hub.signal;
    expect(await state()).toBe('redis: down');
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    await publish(hub.url, [{ collection: 'early', key: 'k', data: {} }]);
    await late.start();
    await eventually(async () => (await state()) === 'redis: up', { what: 'the signal to come up' });
    expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
    await hub.process.kill('SIGKILL');
    await late.dispose();
  }, 60_000);
});
