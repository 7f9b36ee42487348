import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Timers } from '../model/clock.js';
import type { Telemetry } from '../model/telemetry.js';
import { gaugesOf } from './gauges.js';
import type { SocketFigures } from './gauges.js';
import type { Vitals } from './vitals.js';
import { withTimeout } from './with-timeout.js';

/** Time limit of a read from the database, in milliseconds; metrics that need a read that took longer are left out. */
const READ_MS = 3_000;
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
  readonly #lagSeconds = this.#perConsumer(
    'tidemark_consumer_lag_seconds',
    'Age of the oldest matching change that is not acknowledged',
  );
  readonly #lastAcknowledged = this.#perConsumer(
    'tidemark_consumer_last_acknowledgement_timestamp_seconds',
    'When the consumer last acknowledged something new; absent where it never did',
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
  readonly #errors = new Counter({
    name: 'tidemark_errors_total',
    help: 'Errors that were answered, by code and by the field that failed',
    labelNames: ['code', 'operation'],
    registers: [this.#registry],
  });
  readonly #migrations = new Gauge({
    name: 'tidemark_migrations_pending',
    help: '1 if this hub has migrations that the database does not have',
    registers: [this.#registry],
  });
  readonly #ofConsumers = [
    ...[this.#lag, this.#lagSeconds, this.#lastAcknowledged, this.#inFlight],
    ...[this.#connected, this.#waiting, this.#dead],
  ];
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

  /** An error was answered. @param operation the root field that failed, or `none`: never what a caller chose */
  refused(code: string, operation: string): void {
    this.#errors.inc({ code, operation });
  }

  /** Adds the gauges that are read from the rooms and the server at every request. Call once. */
  observe(vitals: Vitals, sockets: SocketFigures): void {
    this.#vitals = vitals;
    for (const [name, help, read] of gaugesOf(vitals, sockets)) this.#gauge(`tidemark_${name}`, help, read);
    this.#stateGauges(vitals);
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
    for (const gauge of this.#ofConsumers) gauge.reset();
    const of = new Map(rejections?.map((one) => [one.consumer, one]));
    for (const one of consumers ?? []) {
      if (rejections !== null) {
        this.#waiting.set({ consumer: one.name }, of.get(one.id)?.waiting ?? 0);
        this.#dead.set({ consumer: one.name }, of.get(one.id)?.dead ?? 0);
      }
      this.#lag.set({ consumer: one.name }, one.lag);
      this.#lagSeconds.set({ consumer: one.name }, one.lagSeconds);
      if (one.acknowledgedAt !== null)
        this.#lastAcknowledged.set({ consumer: one.name }, one.acknowledgedAt / 1_000);
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

  #stateGauges(vitals: Vitals): void {
    this.#byState(
      'tidemark_signal_state',
      'State of the signal between hubs: 1 for the present state',
      () => {
        const present = vitals.signal();
        return Object.fromEntries(['in-process', 'up', 'down'].map((one) => [one, Number(present === one)]));
      },
    );
    this.#byState('tidemark_sessions', 'Live sessions of consumers at this hub, by state', vitals.sessions);
  }

  #byState(name: string, help: string, read: () => Readonly<Record<string, number>>): void {
    const gauge = new Gauge({
      ...{ name, help, labelNames: ['state'], registers: [this.#registry] },
      collect: () => {
        for (const [state, value] of Object.entries(read())) gauge.set({ state }, value);
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
