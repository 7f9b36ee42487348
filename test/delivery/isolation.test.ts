/** Consumers that stall, never acknowledge or crash cost a bounded amount, counted, and the others notice nothing. */
import type { Hub } from '../../src/hub.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { acknowledge, CHANGES, changesOf, follow, publish } from '../support/operations.js';
import type { BatchData } from '../support/operations.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { RawSocket } from '../api/support/raw-socket.js';
import { metricsOf } from '../server/support/operator.js';

const KIB = 1_024;
const BOUND = 64 * KIB;
const BATCH = 10;
const CALLS = 100;
const PER_CALL = 20;
const TOTAL = CALLS * PER_CALL;
const TEXT = 'x'.repeat(6 * KIB);
/** A batch shows the text of each of its changes before and after, and little else. */
const LARGEST_MESSAGE = BATCH * (2 * TEXT.length + KIB);
const WINDOW = 7;
const GOOD = 3;
const STUCK = 2;

/** Takes all it gets and acknowledges every batch. */
class GoodConsumer {
  readonly reader: ReturnType<typeof follow>;
  #done = 0;

  constructor(
    readonly url: string,
    readonly name: string,
  ) {
    this.reader = follow(url, { consumer: name, batchSize: BATCH, maxInFlight: 100 });
  }

  /** Acknowledges what came, until everything did. */
  async finish(): Promise<void> {
    await eventually(
      async () => {
        const newest = this.reader.messages.at(-1)?.changes.cursor;
        if (this.reader.messages.length > this.#done && newest !== undefined) {
          this.#done = this.reader.messages.length;
          await acknowledge(this.url, this.name, newest);
        }
        return changesOf(this.reader).length >= TOTAL || this.reader.errors;
      },
      { what: `${this.name} to get everything`, timeoutMs: 60_000 },
    );
  }
}

describe.each(databaseKinds)('a hub on $name with consumers that behave badly', (kind) => {
  let database: OwnDatabase;
  let hub: Hub;
  const sockets: RawSocket[] = [];

  beforeAll(async () => {
    database = await kind.create();
    hub = await startHub({
      ...{ DATABASE_URL: database.url, SOCKET_BUFFER_BYTES: String(BOUND), TAIL_BYTES: String(256 * KIB) },
      // Those that stall stay for as long as they are watched.
      ...{ SOCKET_STALLED_MS: '3600000', PING_MS: '600000' },
    });
  }, 60_000);
  afterAll(async () => {
    for (const socket of sockets) socket.drop();
    await hub.close();
    await database.drop();
  });

  async function subscribed(variables: object): Promise<RawSocket> {
    const raw = await RawSocket.greeted(hub.url);
    sockets.push(raw);
    raw.send({
      id: '1',
      type: 'subscribe',
      payload: { query: CHANGES, variables: { batchSize: BATCH, ...variables } },
    });
    await raw.frame((frame) => frame.type === 'next');
    return raw;
  }
  const versionsOf = ({ frames }: RawSocket): number[] =>
    frames
      .filter((frame) => frame.type === 'next')
      .flatMap(({ payload }) => (payload as { data: { changes: BatchData } }).data.changes.changes)
      .map(({ version }) => version);

  /** Comes, takes something, breaks off without a word, and comes again. Answers how to end that, and how often it was. */
  function crashing(): () => Promise<number> {
    let crashes = 0;
    let stopped = false;
    const loop = async (): Promise<void> => {
      while (!stopped) {
        const raw = await subscribed({ consumer: 'crashing', startAt: 'EARLIEST', maxInFlight: 50 });
        raw.drop();
        crashes += 1;
      }
    };
    const looping = loop();
    return async () => {
      stopped = true;
      await looping;
      return crashes;
    };
  }

  it('gives the others every change, and keeps what the bad ones cost within its bounds', async () => {
    const stuck = await Promise.all(
      Array.from({ length: STUCK }, (_none, n) =>
        subscribed({ consumer: `stuck-${n}`, maxInFlight: 100_000 }),
      ),
    );
    for (const socket of stuck) socket.stopReading();
    const silent = follow(hub.url, { consumer: 'silent', batchSize: BATCH, maxInFlight: WINDOW });
    const good = Array.from({ length: GOOD }, (_none, n) => new GoodConsumer(hub.url, `good-${n}`));
    await Promise.all([silent, ...good.map(({ reader }) => reader)].map((reader) => reader.received(1)));
    const endCrashing = crashing();
    const finished = Promise.all(good.map((consumer) => consumer.finish()));

    let most = 0;
    for (let call = 0; call < CALLS; call += 1) {
      const changes = Array.from({ length: PER_CALL }, (_none, n) => ({
        ...{ collection: 'c', key: 'one', data: { text: TEXT, call, n } },
      }));
      await publish(hub.url, changes);
      if (call % 5 === 0)
        most = Math.max(most, (await metricsOf(hub.url)).tidemark_socket_buffered_bytes ?? 0);
    }
    await finished;
    const expected = Array.from({ length: TOTAL }, (_none, n) => n + 1);
    for (const { reader } of good) {
      expect(reader.errors).toBeNull();
      expect(changesOf(reader).map(({ version }) => version)).toEqual(expected);
    }
    expect(await endCrashing()).toBeGreaterThan(3);

    // The sockets were full, so the bound was what kept them from more.
    expect(most).toBeGreaterThanOrEqual(BOUND);
    expect(most).toBeLessThan(BOUND + LARGEST_MESSAGE);
    expect(changesOf(silent)).toHaveLength(WINDOW);
    await eventuallyPasses(
      async () => {
        const metrics = await metricsOf(hub.url);
        expect(metrics.tidemark_subscriptions).toBe(STUCK + 1 + GOOD);
        expect(metrics['tidemark_consumer_in_flight{consumer="silent"}']).toBe(WINDOW);
        expect(metrics['tidemark_consumer_in_flight{consumer="crashing"}']).toBe(0);
        // Of what a stuck consumer is owed only so much is remembered as was written: what the systems' buffers took.
        for (let n = 0; n < STUCK; n += 1)
          expect(metrics[`tidemark_consumer_in_flight{consumer="stuck-${n}"}`]).toBeLessThan(TOTAL / 2);
      },
      { what: 'what is left of the bad ones' },
    );

    // Nothing was dropped: who reads again gets all of it.
    for (const socket of stuck) socket.readOn();
    for (const socket of stuck) {
      await eventually(() => versionsOf(socket).length >= TOTAL, { what: 'the rest', timeoutMs: 30_000 });
      expect(versionsOf(socket)).toEqual(expected);
    }
    await Promise.all([silent, ...good.map(({ reader }) => reader)].map((reader) => reader.close()));
  }, 120_000);
});
