/** Who plays: the sources, and the two consumers with what is due to them. */
import { Consumer } from './consumer.js';
import type { Change } from './consumer.js';
import type { Report } from './data.js';
import { Producer } from './producer.js';
import type { ChangeInput, Outcome } from './producer.js';
import type { Following } from './verify.js';
import { Witness } from './witness.js';

/** The magnitude from which on a quake is an alert. */
const STRONG = 4.5;

/** A consumer on the stage. */
export interface Player extends Following {
  readonly consumer: Consumer;
}

/** The producers, made when first needed: one a source, each with a connection of its own. */
export class Sources {
  readonly #producers = new Map<string, Producer>();

  constructor(
    readonly url: string,
    readonly signal: AbortSignal,
  ) {}

  readonly of = (source: string): Producer => {
    let producer = this.#producers.get(source);
    if (!producer) this.#producers.set(source, (producer = new Producer(this.url, source, this.signal)));
    return producer;
  };

  /** How often the hub gave an answer, to all of them. */
  answered(outcome: Outcome): number {
    return [...this.#producers.values()].reduce((sum, one) => sum + (one.outcomes.get(outcome) ?? 0), 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#producers.values()].map((producer) => producer.close()));
  }
}

export interface CastOptions {
  readonly url: string;
  readonly airports: readonly ChangeInput[];
  readonly reports: readonly Report[];
  /** When each change was handed to `publish`; filled while the demo plays. */
  readonly sentAt: ReadonlyMap<string, number>;
  readonly reconnectMs: number;
  readonly onAlert: (change: Change) => void;
  readonly onLoaded: () => void;
  readonly onSession: (name: string, session: number) => void;
}

/** Follows strong quakes only: the hub filters, nothing else comes over the wire. */
export function castAlerts(options: CastOptions): Player {
  const where = [{ field: 'magnitude', gte: STRONG }];
  const due = options.reports.filter(({ magnitude }) => magnitude !== null && magnitude >= STRONG);
  return cast('alerts', options, {
    due: due.map(({ change }) => change.sourceId),
    filter: { collections: ['quakes'], where },
    collections: ['quakes'],
    where,
    isCutOff: false,
    onChange: options.onAlert,
  });
}

/** Follows everything, the airports too. */
export const castWarehouse = (options: CastOptions): Player =>
  cast('warehouse', options, {
    due: [...options.airports, ...options.reports.map(({ change }) => change)].map(
      ({ sourceId }) => sourceId,
    ),
    collections: ['airports', 'quakes'],
    isCutOff: true,
    onChange: options.onLoaded,
  });

interface Part extends Omit<Following, 'name' | 'witness'> {
  readonly filter?: Record<string, unknown>;
  readonly onChange: (change: Change) => void;
}

function cast(name: string, options: CastOptions, { filter, onChange, ...due }: Part): Player {
  const witness = new Witness(options.sentAt, (session) => options.onSession(name, session));
  const consumer = new Consumer({
    ...{ url: options.url, name, reconnectMs: options.reconnectMs, watch: witness },
    ...(filter ? { filter } : {}),
    process: (change) => {
      witness.keep(change);
      onChange(change);
    },
  });
  return { name, consumer, witness, ...due };
}
