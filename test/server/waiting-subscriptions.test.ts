/** Subscriptions that wait for their client to read: each is counted once, and no longer than it waits. */
import { startHub } from '../support/hub.js';
import { sqlite } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { CHANGES, publish } from '../support/operations.js';
import { eventuallyPasses } from '../support/wait.js';
import { RawSocket } from '../api/support/raw-socket.js';
import { metricsOf } from './support/operator.js';
import type { Hub } from '../../src/hub.js';

const KIB = 1_024;
const IDS = ['1', '2', '3'];

describe('subscriptions on a socket that is not read', () => {
  let database: OwnDatabase;
  let hub: Hub;
  let socket: RawSocket;

  beforeAll(async () => {
    database = await sqlite.create();
    hub = await startHub({ DATABASE_URL: database.url, SOCKET_BUFFER_BYTES: String(256 * KIB) });
    socket = await RawSocket.greeted(hub.url);
    for (const id of IDS) {
      socket.send({ id, type: 'subscribe', payload: { query: CHANGES, variables: { batchSize: 1 } } });
      await socket.frame((frame) => frame.type === 'next' && frame.id === id);
    }
  }, 60_000);
  afterAll(async () => {
    socket.drop();
    await hub.close();
    await database.drop();
  });

  const waiting = async (): Promise<number | undefined> =>
    (await metricsOf(hub.url)).tidemark_subscriptions_waiting;
  const waits = (count: number): Promise<void> =>
    eventuallyPasses(async () => expect(await waiting()).toBe(count), { what: `${count} to wait` });

  // What waits stays below four times the limit: above that the hub would not read the client's messages either.
  it('wait once each, however often they are paused; one that ends waits no longer; none waits when it is read', async () => {
    expect(await waiting()).toBe(0);
    socket.stopReading();
    await eventuallyPasses(
      async () => {
        await publish(hub.url, [
          { collection: 'c', key: 'k', data: { text: 'x'.repeat(200 * KIB), at: Date.now() } },
        ]);
        expect(await waiting()).toBe(IDS.length);
      },
      { what: 'all subscriptions to wait', timeoutMs: 20_000 },
    );
    await publish(hub.url, [{ collection: 'c', key: 'k2', data: {} }]);
    await waits(IDS.length);
    socket.send({ id: '2', type: 'complete' });
    await waits(IDS.length - 1);
    socket.readOn();
    await waits(0);
  }, 60_000);
});
