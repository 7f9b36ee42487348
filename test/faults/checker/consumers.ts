/**
 * What happened to each consumer, and how far its durable cursor can have been at any moment.
 *
 * Stretch: the batches of one session on one connection. It begins with an empty batch whose cursor is its start. A seek
 * ends it and begins another on the same connection.
 */
import type {
  AcknowledgeEntry,
  BatchEntry,
  ConsumerState,
  EndedEntry,
  Filter,
  PauseEntry,
  SeekEntry,
  SubscribeEntry,
} from '../history.js';
import { scopeUnder } from './filter.js';
import type { Scope } from './filter.js';
import { pushTo } from './model.js';
import type { Model } from './model.js';

export interface Connection {
  readonly subscribe: SubscribeEntry;
  readonly batches: readonly BatchEntry[];
  readonly ended: EndedEntry | null;
}

export interface Stretch {
  readonly connection: Connection;
  readonly session: string;
  /** The stretch before it on the same connection. */
  readonly previous: Stretch | null;
  readonly first: BatchEntry;
  /** Batches that move along the log; those that come again stand aside. */
  readonly batches: readonly BatchEntry[];
}

/** Whether a batch comes again: it is alone, and its cursor is no place in the log. */
export const isAside = (model: Model, batch: BatchEntry): boolean =>
  batch.attempt > 1 || (batch.changes.length === 1 && model.place(batch.cursor) === null);

/** The filter that a consumer was made with. */
export const filterOf = (model: Model, consumer: string): Filter =>
  model.entries('subscribe').find((entry) => entry.consumer === consumer && entry.filter)?.filter ?? {};

/** Something that a consumer's cursor is known to have been, between two moments. */
interface Known {
  readonly from: number;
  readonly to: number;
  readonly place: number;
}

export class Consumer {
  readonly filter: Filter;
  readonly connections: readonly Connection[];
  readonly stretches: readonly Stretch[];
  readonly seeks: readonly SeekEntry[];
  readonly state: ConsumerState | undefined;
  /** By place - 1: the scope in which the consumer gets the change; null: not at all. */
  readonly scopes: readonly (Scope | null)[];
  readonly #knownBehind = new Map<number, Known[]>();
  readonly #raised: readonly { readonly at: number; readonly place: number }[];

  constructor(
    readonly model: Model,
    readonly name: string,
    readonly acknowledges: readonly AcknowledgeEntry[],
    subscribes: readonly SubscribeEntry[],
    byConnection: ReadonlyMap<number, { batches: BatchEntry[]; ended: EndedEntry | null }>,
    seeks: readonly SeekEntry[],
    readonly pauses: readonly PauseEntry[],
  ) {
    this.filter = filterOf(model, name);
    // A seek without an answer may take hold at any time later.
    this.seeks = seeks
      .filter((seek) => seek.outcome.kind !== 'fail')
      .map((seek) => (seek.outcome.kind === 'unknown' ? { ...seek, at: Infinity } : seek));
    this.connections = subscribes.map((subscribe) => ({
      subscribe,
      batches: byConnection.get(subscribe.connection)?.batches ?? [],
      ended: byConnection.get(subscribe.connection)?.ended ?? null,
    }));
    this.stretches = this.connections
      .flatMap((connection) => stretchesOf(model, connection))
      .sort((a, b) => a.first.at - b.first.at);
    this.state = model.final.consumers.find((consumer) => consumer.name === name);
    this.scopes = model.log.map((change) => scopeUnder(this.filter, change));
    this.#raised = this.#raises();
  }

  /** Whether this is an anonymous look, of which the hub keeps nothing. */
  get anonymous(): boolean {
    return this.firstSubscribe?.anonymous === true;
  }

  get firstSubscribe(): SubscribeEntry | undefined {
    return this.connections[0]?.subscribe;
  }

  /**
   * Where the cursor was at least, at a moment after `before` and up to `until`: what was answered before, unless a seek
   * may have come between.
   */
  atLeast(before: number, until: number): number {
    const seeks = this.seeks.filter((seek) => seek.invokedAt <= until);
    const newest = seeks.reduce((end, seek) => Math.max(end, seek.at), -Infinity);
    const known = this.#known(newest).findLast(({ to }) => to <= before)?.place ?? 0;
    const last = seeks.find((seek) => seek.at === newest);
    const alone = seeks.every((seek) => seek === last || seek.at < (last?.invokedAt ?? 0));
    const sought =
      last?.outcome.kind === 'ok' && last.at <= before && alone
        ? (this.model.place(last.outcome.value.cursor) ?? 0)
        : 0;
    return Math.max(known, sought, seeks.length === 0 ? this.#startAtLeast() : 0);
  }

  /** Where the cursor was at most, up to a moment: nobody asked for more. */
  atMost(moment: number): number {
    return this.#raised.findLast(({ at }) => at <= moment)?.place ?? 0;
  }

  /** The newest stretch that carried this session before a moment. */
  stretchOf(session: string): Stretch | undefined {
    return this.stretches.find((stretch) => stretch.session === session);
  }

  /** Whether an acknowledgement came from a session when a newer one was known to its consumer. */
  isStale(entry: AcknowledgeEntry): boolean {
    const own = entry.session === null ? undefined : this.stretchOf(entry.session);
    return (
      own !== undefined &&
      this.stretches.some(
        (other) =>
          other.connection !== own.connection &&
          other.connection.subscribe.at > own.first.at &&
          other.first.at < entry.invokedAt,
      )
    );
  }

  /** Whether a seek may have made (or, `surely`, has made) the session of an acknowledgement one that counts no more. */
  isSoughtAway(entry: AcknowledgeEntry, surely: boolean): boolean {
    const own = entry.session === null ? undefined : this.stretchOf(entry.session);
    if (!own) return false;
    return this.seeks.some((seek) =>
      surely
        ? seek.outcome.kind === 'ok' && seek.invokedAt > own.first.at && seek.at < entry.invokedAt
        : seek.at > own.connection.subscribe.at && seek.invokedAt < entry.at,
    );
  }

  /** Up to here a consumer may have been getting a snapshot rather than the log; 0: never. */
  get snapshotUntil(): number {
    const sought = this.seeks
      .filter((seek) => seek.to === 'SNAPSHOT')
      .map((seek) => this.model.endAtMost(seek.at));
    const made =
      this.firstSubscribe?.startAt === 'SNAPSHOT'
        ? this.model.endAtMost(this.stretches[0]?.first.at ?? 0)
        : 0;
    return Math.max(made, ...sought, 0);
  }

  /** The furthest place that a seek may have gone to: what lies before it may have been passed over. */
  get soughtTo(): number {
    return Math.max(0, ...this.seeks.map((seek) => this.targetOf(seek)));
  }

  /** Where a seek went; where that is not known, the furthest that it can have gone. */
  targetOf(seek: SeekEntry): number {
    if (seek.outcome.kind === 'ok') return this.model.place(seek.outcome.value.cursor) ?? 0;
    if (seek.to === 'CURSOR') return this.model.place(seek.cursor ?? '') ?? 0;
    return seek.to === 'EARLIEST' || seek.to === 'SNAPSHOT' ? 0 : this.model.end;
  }

  /** Answers, in the order of their moments, each with the furthest place known until then; those behind a seek only. */
  #known(behind: number): readonly Known[] {
    let known = this.#knownBehind.get(behind);
    if (!known) {
      known = this.acknowledges
        .flatMap((entry) => {
          const place = entry.outcome.kind === 'ok' ? this.model.place(entry.outcome.value.cursor) : null;
          return place === null || entry.invokedAt <= behind
            ? []
            : [{ from: entry.invokedAt, to: entry.at, place }];
        })
        .sort((a, b) => a.to - b.to);
      let furthest = 0;
      known = known.map((one) => ({ ...one, place: (furthest = Math.max(furthest, one.place)) }));
      this.#knownBehind.set(behind, known);
    }
    return known;
  }

  /** Everything that may have moved the cursor, in the order of its sending, each with the furthest place until then. */
  #raises(): { at: number; place: number }[] {
    const start = { at: -Infinity, place: this.#startAtMost() };
    const acknowledged = this.acknowledges.flatMap((entry) => {
      const refused = entry.outcome.kind === 'fail' && entry.outcome.code !== 'LOG_UNAVAILABLE';
      const place = this.model.place(entry.cursor);
      const counts =
        !refused && entry.attempt <= 1 && !this.isStale(entry) && !this.isSoughtAway(entry, true);
      return counts && place !== null ? [{ at: entry.invokedAt, place }] : [];
    });
    const sought = this.seeks.map((seek) => ({ at: seek.invokedAt, place: this.targetOf(seek) }));
    let furthest = 0;
    return [start, ...[...acknowledged, ...sought].sort((a, b) => a.at - b.at)].map(({ at, place }) => ({
      at,
      place: (furthest = Math.max(furthest, place)),
    }));
  }

  #startAtLeast(): number {
    const first = this.firstSubscribe;
    if (first?.startAt === 'CURSOR') return this.model.place(first.cursor ?? '') ?? 0;
    return first?.startAt === 'LATEST' ? this.model.endAtLeast(first.at) : 0;
  }

  /** A start that the hub chose is where its first batch says, and not beyond what the log can have held then. */
  #startAtMost(): number {
    const first = this.firstSubscribe;
    if (first?.startAt === 'CURSOR') return this.model.place(first.cursor ?? '') ?? 0;
    if (first?.startAt !== 'LATEST' && first?.startAt !== 'TIME') return 0;
    const batch = this.stretches[0]?.first;
    return batch ? Math.min(this.model.place(batch.cursor) ?? 0, this.model.endAtMost(batch.at)) : 0;
  }
}

/** All named consumers of a history. */
export function consumersOf(model: Model): Consumer[] {
  const subscribes = new Map<string, SubscribeEntry[]>();
  for (const entry of model.entries('subscribe')) pushTo(subscribes, entry.consumer, entry);
  const acknowledges = new Map<string, AcknowledgeEntry[]>();
  for (const entry of model.entries('acknowledge')) pushTo(acknowledges, entry.consumer, entry);
  const byConnection = new Map<number, { batches: BatchEntry[]; ended: EndedEntry | null }>();
  for (const entry of model.entries('subscribe')) {
    byConnection.set(entry.connection, { batches: [], ended: null });
  }
  for (const entry of model.entries('batch')) byConnection.get(entry.connection)?.batches.push(entry);
  for (const entry of model.entries('ended')) {
    const connection = byConnection.get(entry.connection);
    if (connection) connection.ended = entry;
  }
  return [...subscribes].map(
    ([name, own]) =>
      new Consumer(
        model,
        name,
        acknowledges.get(name) ?? [],
        own,
        byConnection,
        model.entries('seek').filter((entry) => entry.consumer === name),
        [...model.entries('pause'), ...model.entries('resume')].filter((entry) => entry.consumer === name),
      ),
  );
}

function stretchesOf(model: Model, connection: Connection): Stretch[] {
  const stretches: (Stretch & { batches: BatchEntry[] })[] = [];
  for (const batch of connection.batches) {
    if (isAside(model, batch)) continue;
    const last = stretches.at(-1) ?? null;
    if (last?.session === batch.session) last.batches.push(batch);
    else {
      stretches.push({ connection, session: batch.session, previous: last, first: batch, batches: [batch] });
    }
  }
  return stretches;
}
