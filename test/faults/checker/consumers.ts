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
  CreateEntry,
  DeleteEntry,
  EndedEntry,
  Filter,
  PauseEntry,
  SeekEntry,
  SubscribeEntry,
} from '../history.js';
import { scopeInSnapshot, scopeUnder } from './filter.js';
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

/** A seek; or a consumer that was deleted and made again, which moves its cursor likewise. */
export interface Move extends SeekEntry {
  /** The consumer was deleted and made again: its sessions are over. */
  readonly isRemake?: true;
  /** Since when the new one may have been asked for. Default: the moment of the call. */
  readonly askedAt?: number;
  /** Only the deletion is known to be over by `at`: the new consumer was made some time later. */
  readonly isOpen?: boolean;
}

/** What was done to one consumer, by kind. */
export interface Deeds {
  readonly acknowledges: readonly AcknowledgeEntry[];
  readonly subscribes: readonly SubscribeEntry[];
  readonly seeks: readonly SeekEntry[];
  readonly pauses: readonly PauseEntry[];
  readonly creates: readonly CreateEntry[];
  readonly deletes: readonly DeleteEntry[];
}

export class Consumer {
  readonly filter: Filter;
  readonly connections: readonly Connection[];
  readonly stretches: readonly Stretch[];
  /** Seeks and remakes that were not refused, in the order of their sending. */
  readonly seeks: readonly Move[];
  /** All that made the consumer, or may have, by calls of their own. */
  readonly creates: readonly CreateEntry[];
  readonly deletes: readonly DeleteEntry[];
  readonly acknowledges: readonly AcknowledgeEntry[];
  readonly pauses: readonly PauseEntry[];
  readonly state: ConsumerState | undefined;
  /** By place - 1: the scope in which the consumer gets the change; null: not at all. */
  readonly scopes: readonly (Scope | null)[];
  /** By place - 1: whether the hub may pass over the change without having sent it. */
  readonly #isLeftOut: readonly boolean[];
  readonly #knownBehind = new Map<number, Known[]>();
  readonly #raised: readonly { readonly at: number; readonly place: number }[];

  constructor(
    readonly model: Model,
    readonly name: string,
    { acknowledges, subscribes, seeks, pauses, creates, deletes }: Deeds,
    byConnection: ReadonlyMap<number, { batches: BatchEntry[]; ended: EndedEntry | null }>,
  ) {
    this.filter = filterOf(model, name);
    this.acknowledges = acknowledges;
    this.pauses = pauses;
    this.creates = creates.filter(({ outcome }) => outcome.kind !== 'fail');
    this.deletes = deletes.filter(({ outcome }) => outcome.kind !== 'fail');
    // A seek without an answer may take hold at any time later.
    this.seeks = [...seeks, ...remakesOf(model, this.creates, this.deletes, subscribes[0])]
      .filter((seek) => seek.outcome.kind !== 'fail')
      .map((seek) => (seek.outcome.kind === 'unknown' ? { ...seek, at: Infinity } : seek))
      .sort((a, b) => a.invokedAt - b.invokedAt);
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
    this.#isLeftOut = this.#leavesOut();
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

  /** Where the cursor was at most, up to a moment: nobody asked for more, and behind that the filter leaves all out. */
  atMost(moment: number): number {
    const asked = this.#raised.findLast(({ at }) => at <= moment)?.place ?? 0;
    const open = this.#isLeftOut.indexOf(false, asked);
    return open < 0 ? this.model.end : open;
  }

  /** The stretch of the session that an acknowledgement came from. */
  stretchOf(entry: AcknowledgeEntry): Stretch | undefined {
    return this.stretches.find(
      ({ session, connection }) =>
        session === entry.session && connection.subscribe.connection === entry.connection,
    );
  }

  /** Whether no other connection of the consumer had asked to take over from this one by a moment. */
  isNewest({ subscribe }: Connection, moment: number): boolean {
    return !this.connections.some(
      (other) => other.subscribe.at > subscribe.at && other.subscribe.at <= moment,
    );
  }

  /** Whether an acknowledgement came from a session when a newer one was known to its consumer. */
  isStale(entry: AcknowledgeEntry): boolean {
    const own = this.stretchOf(entry);
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
    const own = this.stretchOf(entry);
    if (!own) return false;
    return this.seeks.some((seek) =>
      surely
        ? seek.outcome.kind === 'ok' && seek.invokedAt > own.first.at && seek.at < entry.invokedAt
        : seek.at > own.connection.subscribe.at && seek.invokedAt < entry.at,
    );
  }

  /** The furthest place that a seek may have gone to: what lies before it may have been passed over. */
  get soughtTo(): number {
    return Math.max(0, ...this.seeks.map((seek) => this.targetOf(seek)));
  }

  /** Where a seek went; where that is not known, the furthest that it can have gone. */
  targetOf(seek: Move): number {
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

  /** A snapshot also leaves out what has changed since, or was deleted. */
  #leavesOut(): boolean[] {
    const snapshots = [
      ...this.connections.map(({ subscribe }) => subscribe.startAt),
      ...this.seeks.map(({ to }) => to),
    ];
    if (!snapshots.includes('SNAPSHOT')) return this.scopes.map((scope) => scope === null);
    const newest = new Map(
      this.model.log.map(({ collection, key }, i) => [JSON.stringify([collection, key]), i]),
    );
    return this.model.log.map(
      (change, i) =>
        this.scopes[i] === null ||
        change.operation === 'DELETE' ||
        scopeInSnapshot(this.filter, change) === null ||
        newest.get(JSON.stringify([change.collection, change.key])) !== i,
    );
  }

  #startAtLeast(): number {
    const first = this.firstSubscribe;
    if (first?.startAt === 'CURSOR') return this.model.place(first.cursor ?? '') ?? 0;
    const asked = Math.min(first?.at ?? 0, this.creates[0]?.invokedAt ?? Infinity);
    return first?.startAt === 'LATEST' ? this.model.endAtLeast(asked) : 0;
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

/**
 * Deletions, each with what made the consumer again. One without an answer may take hold at any time, unless it is the only
 * one by which a consumer that was made later can have been gone.
 */
function remakesOf(
  model: Model,
  creates: readonly CreateEntry[],
  deletes: readonly DeleteEntry[],
  first: SubscribeEntry | undefined,
): Move[] {
  const made = creates.filter(({ outcome }) => outcome.kind === 'ok');
  const to = first?.startAt ?? creates[0]?.startAt ?? 'EARLIEST';
  let unresolved = 0;
  return deletes.map((deletion, i): Move => {
    const next = deletes[i + 1]?.invokedAt ?? Infinity;
    const create = made.find((one) => one.at >= deletion.at && one.at < next);
    const isOver = deletion.outcome.kind === 'ok' || (create !== undefined && unresolved === 0);
    if (!isOver) unresolved += 1;
    const cursor =
      create?.outcome.kind === 'ok'
        ? create.outcome.value.cursor
        : to === 'EARLIEST' || to === 'SNAPSHOT'
          ? model.start.head
          : null;
    return {
      ...{ kind: 'seek', consumer: deletion.consumer, hub: deletion.hub, invokedAt: deletion.invokedAt },
      ...{ to, cursor: null, time: null, isRemake: true, isOpen: !create },
      ...(create ? { askedAt: create.invokedAt } : {}),
      at: create?.at ?? deletion.at,
      outcome: isOver && cursor !== null ? { kind: 'ok', value: { cursor } } : UNANSWERED,
    };
  });
}

const UNANSWERED = { kind: 'unknown' as const, why: 'a deletion without an answer' };

/** All named consumers of a history. */
export function consumersOf(model: Model): Consumer[] {
  const subscribes = byConsumer(model.entries('subscribe'));
  const byConnection = new Map<number, { batches: BatchEntry[]; ended: EndedEntry | null }>();
  for (const entry of model.entries('subscribe')) {
    byConnection.set(entry.connection, { batches: [], ended: null });
  }
  for (const entry of model.entries('batch')) byConnection.get(entry.connection)?.batches.push(entry);
  for (const entry of model.entries('ended')) {
    const connection = byConnection.get(entry.connection);
    if (connection) connection.ended = entry;
  }
  const acknowledges = byConsumer(model.entries('acknowledge'));
  const seeks = byConsumer(model.entries('seek'));
  const pauses = byConsumer([...model.entries('pause'), ...model.entries('resume')]);
  const creates = byConsumer(model.entries('create'));
  const deletes = byConsumer(model.entries('delete'));
  return [...subscribes].map(([name, own]) => {
    const deeds = {
      subscribes: own,
      acknowledges: acknowledges.get(name) ?? [],
      seeks: seeks.get(name) ?? [],
      pauses: pauses.get(name) ?? [],
      creates: creates.get(name) ?? [],
      deletes: deletes.get(name) ?? [],
    };
    return new Consumer(model, name, deeds, byConnection);
  });
}

function byConsumer<E extends { readonly consumer: string }>(entries: readonly E[]): Map<string, E[]> {
  const map = new Map<string, E[]>();
  for (const entry of entries) pushTo(map, entry.consumer, entry);
  return map;
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
