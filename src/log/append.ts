import type { ChangeRow } from '../model/change.js';
import type { Point, Position } from '../model/cursor.js';
import { asBigint, asNumber, asText } from '../platform/platform.js';
import type { Row } from '../platform/platform.js';

/** Whose current state an append needs: by collection and key. */
export interface EntityKey {
  readonly collection: string;
  readonly key: string;
}

/** Under which ids of which sources an append wants to know the recorded change. */
export interface SourceKey {
  readonly source: string;
  readonly sourceId: string;
}

/** The change that is recorded under a source's id, if that was looked up and there is one. */
export type Recorded = (source: string, sourceId: string) => ChangeRow | LeftOut | undefined;

/** What an append has to know of the log. What is asked for first is looked up first. */
export interface Lookup {
  readonly sourceIds: readonly SourceKey[];
  /** Which entities, given what is recorded under the sources' ids. None may be named twice. */
  readonly entities: (recorded: Recorded) => readonly EntityKey[];
  /** Bytes of recorded changes, and of states, that are looked up at most, but for the first of each. */
  readonly maxBytes: number;
}

/** Is there, and was not looked up: what was asked for before it and it together exceed Lookup.maxBytes. */
export const LEFT_OUT = 'left out';
export type LeftOut = typeof LEFT_OUT;

/** The entity as it is while the log is locked. */
export interface EntityState {
  readonly version: number;
  /** JSON text; null on a tombstone. */
  readonly data: string | null;
  readonly position: Position;
}

/** Where the log ends. */
export type LogEnd = Pick<AppendView, 'head' | 'headHash' | 'recordedAt'>;

/** What an append sees while it holds the log's lock: nothing of it changes before the append is through. */
export interface AppendView {
  /** The position of the newest change. */
  readonly head: Position;
  /** The hash of the newest change: what is appended goes on from it. */
  readonly headHash: string;
  /** No later change is recorded before this time, in milliseconds since 1970; 0 on an empty log. */
  readonly recordedAt: number;
  /** How many operator actions were recorded before; see `COUNT_ACTION`. */
  readonly actions: bigint;
  /** The entity, also a tombstone, if it was looked up and there is one. */
  entity(collection: string, key: string): EntityState | LeftOut | undefined;
  readonly recorded: Recorded;
}

/** What an append decided under the lock: changes that take the positions right after the head, and its own answer. */
export interface Plan<T> {
  readonly changes: readonly ChangeRow[];
  readonly value: T;
}

export interface Appended<T> {
  readonly changes: readonly ChangeRow[];
  readonly value: T;
  /** The log's end after the append. */
  readonly end: Point;
  /** How many operator actions were recorded before the append; see `COUNT_ACTION`. */
  readonly actions: bigint;
}

/** Appends one group of changes, as one transaction. One adapter a database. */
export interface Appender {
  /**
   * Locks the log, looks up, lets `plan` decide (pure, synchronous) and writes what it decided. Durable when it answers.
   * @throws HubError LOG_UNAVAILABLE; what `plan` throws. Nothing is recorded then, unless details.unknown says that the
   *   answer to the commit was lost.
   */
  append<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Promise<Appended<T>>;
}

/** A key of two parts for a map; neither part can hold U+0000. */
export const pairKey = (first: string, second: string): string => `${first}\0${second}`;

/** The log's end as a point. */
export const endOf = ({ head, headHash }: Pick<LogEnd, 'head' | 'headHash'>): Point => ({
  position: head,
  hash: headHash,
});

/** What was looked up, by `pairKey`. */
export type Found<T> = Map<string, T | LeftOut>;

/** The view over the locked row of `log_head` and what was looked up. */
export const viewOf = (row: Row, entities: Found<EntityState>, recorded: Found<ChangeRow>): AppendView => ({
  head: asBigint(row.position),
  headHash: asText(row.hash),
  recordedAt: asNumber(row.recorded_at),
  actions: asBigint(row.actions),
  entity: (collection, key) => entities.get(pairKey(collection, key)),
  recorded: recordedIn(recorded),
});

export const recordedIn =
  (recorded: Found<ChangeRow>): Recorded =>
  (source, sourceId) =>
    recorded.get(pairKey(source, sourceId));

/** What a group of changes does to the tables beside `change`. */
export interface Effects {
  /** The newest change of each entity that the group touches. */
  readonly newest: readonly ChangeRow[];
  readonly collections: readonly {
    readonly name: string;
    readonly entities: number;
    readonly changes: number;
  }[];
  readonly sources: readonly {
    readonly name: string;
    readonly changes: number;
    readonly lastChangeAt: number;
  }[];
  readonly head: Position;
  readonly headHash: string;
  readonly recordedAt: number;
}

/** Derives the effects of a group that is not empty. */
export function effectsOf(changes: readonly ChangeRow[], view: LogEnd): Effects {
  const newest = new Map<string, ChangeRow>();
  const collections = new Map<string, { name: string; entities: number; changes: number }>();
  const sources = new Map<string, { name: string; changes: number; lastChangeAt: number }>();
  let { head, headHash } = view;
  let recordedAt = view.recordedAt;
  for (const change of changes) {
    if (change.position !== head + 1n || change.recordedAt < recordedAt) {
      throw new Error(`A change at ${change.position} cannot follow the log's end at ${head}.`);
    }
    head = change.position;
    headHash = change.hash;
    recordedAt = change.recordedAt;
    newest.set(pairKey(change.collection, change.key), change);
    const collection = entryOf(collections, change.collection, () => ({
      name: change.collection,
      entities: 0,
      changes: 0,
    }));
    collection.changes += 1;
    collection.entities += change.operation === 'CREATE' ? 1 : change.operation === 'DELETE' ? -1 : 0;
    const source = entryOf(sources, change.source, () => ({
      name: change.source,
      changes: 0,
      lastChangeAt: 0,
    }));
    source.changes += 1;
    source.lastChangeAt = change.recordedAt;
  }
  return {
    newest: [...newest.values()],
    collections: [...collections.values()],
    sources: [...sources.values()],
    head,
    headHash,
    recordedAt,
  };
}

function entryOf<T>(map: Map<string, T>, key: string, make: () => T): T {
  let entry = map.get(key);
  if (!entry) map.set(key, (entry = make()));
  return entry;
}
