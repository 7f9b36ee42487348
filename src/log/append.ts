import type { ChangeRow } from '../model/change.js';
import type { Position } from '../model/cursor.js';

/** Whose current state an append needs: by collection and key. */
export interface EntityKey {
  readonly collection: string;
  readonly key: string;
}

/** Which ids an append wants to know of: by source and id. */
export interface SourceId {
  readonly source: string;
  readonly id: string;
}

export interface Lookup {
  readonly entities: readonly EntityKey[];
  readonly ids: readonly SourceId[];
}

/** The entity as it is while the log is locked. */
export interface EntityState {
  readonly version: number;
  /** JSON text; null on a tombstone. */
  readonly data: string | null;
  readonly position: Position;
}

/** What an append sees while it holds the log's lock: nobody changes any of it before the append is through. */
export interface AppendView {
  /** The position of the newest change. */
  readonly head: Position;
  /** recordedAt of the newest change, in milliseconds since 1970; 0 on an empty log. */
  readonly recordedAt: number;
  /** The entity, tombstones included, if it was looked up and ever was. */
  entity(collection: string, key: string): EntityState | undefined;
  /** The change that was recorded under this id, if it was looked up and there is one. */
  recorded(source: string, id: string): ChangeRow | undefined;
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
  readonly head: Position;
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

/** The view over what was looked up. */
export function viewOf(
  head: Position,
  recordedAt: number,
  entities: ReadonlyMap<string, EntityState>,
  recorded: ReadonlyMap<string, ChangeRow>,
): AppendView {
  return {
    head,
    recordedAt,
    entity: (collection, key) => entities.get(pairKey(collection, key)),
    recorded: (source, id) => recorded.get(pairKey(source, id)),
  };
}

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
  readonly recordedAt: number;
}

/** Derives the effects of a group that is not empty. */
export function effectsOf(changes: readonly ChangeRow[], view: AppendView): Effects {
  const newest = new Map<string, ChangeRow>();
  const collections = new Map<string, { name: string; entities: number; changes: number }>();
  const sources = new Map<string, { name: string; changes: number; lastChangeAt: number }>();
  let head = view.head;
  let recordedAt = view.recordedAt;
  for (const change of changes) {
    if (change.position !== head + 1n || change.recordedAt < recordedAt) {
      throw new Error(`A change at ${change.position} cannot follow the log's end at ${head}.`);
    }
    head = change.position;
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
    recordedAt,
  };
}

function entryOf<T>(map: Map<string, T>, key: string, make: () => T): T {
  let entry = map.get(key);
  if (!entry) map.set(key, (entry = make()));
  return entry;
}
