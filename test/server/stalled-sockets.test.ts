/** Sockets that nobody reads end, and say why; those that are read slowly do not. */
import { ask } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { CHANGES, changesOf, follow, publish } from '../support/operations.js';
import type { BatchData, ConsumerData } from '../support/operations.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { RawSocket } from '../api/support/raw-socket.js';
import { metricsOf } from './support/operator.js';
import type { Hub } from '../../src/hub.js';

const KIB = 1_024;
const STALLED_MS = 1_500;

describe.each(databaseKinds)('a socket of a hub on $name', (kind) => {
  let database: OwnDatabase;
  let hub: Hub;
  const kept = closedAfterEach();

  beforeAll(async () => {
    database = await kind.create();
    hub = await startHub({
      ...{ DATABASE_URL: database.url, SOCKET_STALLED_MS: String(STALLED_MS), PING_MS: '500' },
      SOCKET_BUFFER_BYTES: String(256 * KIB),
    });
  }, 60_000);
  afterAll(async () => {
    await hub.close();
    await database.drop();
  });

  const write = async (collection: string, count: number, bytes: number): Promise<void> => {
    for (let n = 0; n < count; n += 1)
      await publish(hub.url, [{ collection, key: `k${n}`, data: { text: 'x'.repeat(bytes) } }]);
  };

  async function subscribed(collection: string, consumer: string): Promise<RawSocket> {
    const raw = await RawSocket.greeted(hub.url);
    kept({ close: async () => raw.drop() });
    const variables = { consumer, filter: { collections: [collection] }, batchSize: 10, maxInFlight: 1_000 };
    raw.send({ id: '1', type: 'subscribe', payload: { query: CHANGES, variables } });
    await raw.frame((frame) => frame.type === 'next');
    return raw;
  }

  const keysOf = ({ frames }: RawSocket): string[] =>
    frames
      .filter((frame) => frame.type === 'next')
      .flatMap(({ payload }) => (payload as { data: { changes: BatchData } }).data.changes.changes)
      .map(({ key }) => key);
  const stateOf = async (name: string): Promise<unknown> =>
    (
      await ask<{ consumer: ConsumerData }>(
        hub.url,
        'query ($name: ID!) { consumer(name: $name) { connected inFlight } }',
        { name },
      )
    ).consumer;

  it('that is not read is closed with a reason, whatever it sends, its consumer is free, and others get everything', async () => {
    const before = (await metricsOf(hub.url)).tidemark_sockets_stalled_total ?? 0;
    const stuck = await subscribed('unread', 'stuck');
    const witness = kept(follow(hub.url, { consumer: 'witness', filter: { collections: ['unread'] } }));
    await witness.received(1);
    stuck.stopReading();
    await write('unread', 10, 4 * KIB);
    // It is there, and says so; it is only that it does not read.
    const pongs = setInterval(() => stuck.socket.pong('0'), 100);
    await eventually(() => changesOf(witness).length === 10, { what: 'the witness to get everything' });
    await eventuallyPasses(
      async () => expect(await stateOf('stuck')).toEqual({ connected: false, inFlight: 0 }),
      { what: 'the consumer to be free', timeoutMs: 20_000 },
    );
    clearInterval(pongs);
    expect((await metricsOf(hub.url)).tidemark_sockets_stalled_total).toBe(before + 1);
    expect(await stateOf('witness')).toMatchObject({ connected: true });
    stuck.readOn();
    expect(await stuck.close()).toEqual({
      code: 1013,
      reason: expect.stringMatching(/not read.*connect again/) as string,
    });
    // It lost nothing by that.
    const again = await subscribed('unread', 'stuck');
    await eventually(() => keysOf(again).length === 10, { what: 'everything again' });
  }, 60_000);

  it('that is read slowly but steadily stays open, and gets everything', async () => {
    const slow = await subscribed('sipped', 'slow');
    const end = slow.sip(40);
    await write('sipped', 100, 80 * KIB);
    await eventually(() => keysOf(slow).length === 100 || slow.closed, {
      what: 'everything, sip by sip',
      timeoutMs: 60_000,
    });
    end();
    expect(slow.closed).toBeNull();
    expect(keysOf(slow)).toEqual(Array.from({ length: 100 }, (_none, n) => `k${n}`));
  }, 90_000);

  it('whose other end is gone without a word is closed by the next ping but one', async () => {
    const gone = await subscribed('half-open', 'gone');
    gone.stopReading();
    await eventuallyPasses(async () => expect(await stateOf('gone')).toMatchObject({ connected: false }), {
      what: 'the consumer to be free',
    });
  });
});
