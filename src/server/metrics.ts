import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Timers } from '../model/clock.js';
import type { Telemetry } from '../model/telemetry.js';
import type { Vitals } from './vitals.js';
import { withTimeout } from './with-timeout.js';

/** Time limit of a read from the database, in milliseconds; metrics that need a read that took longer are left out. */
const READ_MS = 3_000;
/** What the server itself measures. */
interface SocketFigures {
  readonly size: number;
  /** Sockets that were closed because their clients read nothing. */
  readonly stalled: number;
  /** Subscriptions that wait until their socket has room. */
  readonly waiting: number;
  /** Bytes of the socket that has the most unsent data. */
  readonly mostBuffered: number;
}

/** Seconds: from half a millisecond, an fsync on a fast disk, to the commits of an overloaded database. */
const COMMIT_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5];

/** The hub's metrics in Prometheus' text format. Counters follow what is reported; gauges are read at every request. */
export class Metrics implements Telemetry {
  readonly #registry = new Registry();
  readonly #appended = this.#counter('tidemark_changes_appended_total', 'Changes that became durable');
  readonly #commits = new Histogram({
    name: 'tidemark_commit_seconds',
    help: 'Time of one group commit, from its transaction to its answer',
    buckets: COMMIT_BUCKETS,
    registers: [this.#registry],
  });
  readonly #batches = this.#counter('tidemark_batches_delivered_total', 'Batches written to subscriptions');
  readonly #delivered = this.#counter('tidemark_changes_delivered_total', 'Changes written to subscriptions');
  readonly #acknowledged = this.#counter(
    'tidemark_acknowledgements_total',
    'Acknowledgements that became durable',
  );
  readonly #lag = this.#perConsumer(
    'tidemark_consumer_lag',
    'Changes in the log behind the acknowledged cursor',
  );
  readonly #inFlight = this.#perConsumer(
    'tidemark_consumer_in_flight',
    'Changes delivered and not acknowledged',
  );
  readonly #connected = this.#perConsumer(
    'tidemark_consumer_connected',
    '1 if the consumer has a live session at any hub',
  );
  readonly #waiting = this.#perConsumer(
    'tidemark_consumer_waiting_rejections',
    'Rejected changes that wait for redelivery, and changes held behind them',
  );
  readonly #dead = this.#perConsumer('tidemark_consumer_dead_letters', 'Dead letters');
  readonly #migrations = new Gauge({
    name: 'tidemark_migrations_pending',
    help: '1 if this hub has migrations that the database does not have',
    registers: [this.#registry],
  });
  #vitals: Vitals | null = null;

  /** @param timers for the time limit of reads; default: the system's */
  constructor(readonly timers: Timers) {
    collectDefaultMetrics({ register: this.#registry });
  }

  appended(changes: number, seconds: number): void {
    this.#appended.inc(changes);
    this.#commits.observe(seconds);
  }

  delivered(changes: number): void {
    this.#batches.inc();
    this.#delivered.inc(changes);
  }

  acknowledged(count: number): void {
    this.#acknowledged.inc(count);
  }

  /** Adds the gauges that are read from the rooms and the server at every request. Call once. */
  observe(vitals: Vitals, sockets: SocketFigures): void {
    this.#vitals = vitals;
    for (const [name, help, read] of gaugesOf(vitals, sockets)) this.#gauge(`tidemark_${name}`, help, read);
    this.#signalState(vitals);
    const stalled = new Counter({
      name: 'tidemark_sockets_stalled_total',
      help: 'Sockets that were closed because their clients read nothing',
      registers: [this.#registry],
      collect: () => {
        stalled.reset();
        stalled.inc(sockets.stalled);
      },
    });
  }

  /** All metrics as text, and its content type. */
  async text(): Promise<{ readonly body: string; readonly contentType: string }> {
    await Promise.all([this.#readConsumers(), this.#readMigrations()]);
    return { body: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }

  /** Two reads for all gauges of consumers. While the database does not answer, only these gauges are missing. */
  async #readConsumers(): Promise<void> {
    const [consumers, rejections] = await Promise.all([
      this.#read((vitals) => vitals.consumers()),
      this.#read((vitals) => vitals.rejections()),
    ]);
    for (const gauge of [this.#lag, this.#inFlight, this.#connected, this.#waiting, this.#dead])
      gauge.reset();
    const of = new Map(rejections?.map((one) => [one.consumer, one]));
    for (const one of consumers ?? []) {
      if (rejections !== null) {
        this.#waiting.set({ consumer: one.name }, of.get(one.id)?.waiting ?? 0);
        this.#dead.set({ consumer: one.name }, of.get(one.id)?.dead ?? 0);
      }
      this.#lag.set({ consumer: one.name }, one.lag);
      this.#inFlight.set({ consumer: one.name }, one.inFlight);
      this.#connected.set({ consumer: one.name }, one.connected ? 1 : 0);
    }
  }

  async #readMigrations(): Promise<void> {
    const pending = await this.#read(({ pendingMigrations }) => pendingMigrations());
    if (pending === null) this.#migrations.remove();
    else this.#migrations.set(Number(pending));
  }

  /** The result of a read; null where it fails or takes too long. */
  async #read<T>(read: (vitals: Vitals) => Promise<T>): Promise<T | null> {
    return this.#vitals && withTimeout(READ_MS, read(this.#vitals), this.timers).catch(() => null);
  }

  #signalState(vitals: Vitals): void {
    const signal = new Gauge({
      name: 'tidemark_signal_state',
      help: 'State of the signal between hubs: 1 for the present state',
      labelNames: ['state'],
      registers: [this.#registry],
      collect: () => {
        for (const state of ['in-process', 'up', 'down'])
          signal.set({ state }, vitals.signal() === state ? 1 : 0);
      },
    });
  }

  #perConsumer(name: string, help: string): Gauge<'consumer'> {
    return new Gauge({ name, help, labelNames: ['consumer'], registers: [this.#registry] });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect: () => {
        gauge.set(read());
      },
    });
  }
}

/** Name without its prefix, help and value of every gauge without labels. */
const gaugesOf = (
  vitals: Vitals,
  sockets: SocketFigures,
): readonly (readonly [name: string, help: string, read: () => number])[] => [
  ['subscriptions', 'Live subscriptions of this hub', vitals.subscriptions],
  [
    'subscriptions_waiting',
    'Subscriptions that wait until their client reads from its socket',
    () => sockets.waiting,
  ],
  ['sockets', 'Open WebSockets', () => sockets.size],
  ['socket_buffered_bytes', 'Unsent bytes of the socket that has the most', () => sockets.mostBuffered],
  [
    'feed_position',
    'The position of the newest change that the feed has handed on',
    () => Number(vitals.head()),
  ],
  [
    'feed_behind_seconds',
    'Time since the feed was last known to be at the end of the log',
    () => vitals.feedBehindMs() / 1_000,
  ],
  ['poll_interval_seconds', 'Interval between polls of the end of the log', () => vitals.pollMs / 1_000],
  [
    'publish_waiting_changes',
    'Changes that wait for a commit or are in one',
    () => vitals.publishing().changes,
  ],
  [
    'publish_waiting_bytes',
    'Bytes of the changes that wait for a commit or are in one',
    () => vitals.publishing().bytes,
  ],
  [
    'acknowledgement_oldest_seconds',
    'Time that the oldest acknowledgement has waited to be durable',
    () => vitals.acknowledging.oldestMs / 1_000,
  ],
  [
    'acknowledgements_failing',
    '1 if the last write of acknowledgements failed',
    () => Number(vitals.acknowledging.failing),
  ],
];
