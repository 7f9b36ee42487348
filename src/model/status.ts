import type { Position } from './cursor.js';

/** A collection that holds changes, and how many. */
export interface CollectionCount {
  readonly name: string;
  /** Live entities. */
  readonly entityCount: number;
  readonly changeCount: number;
}

/** A source that published, and how many changes. */
export interface SourceCount {
  readonly name: string;
  readonly changeCount: number;
  /** Milliseconds since 1970. */
  readonly lastChangeAt: number;
}

/** What the hub says of itself. */
export interface HubStatus {
  readonly version: string;
  readonly logId: string;
  readonly head: Position;
  /** The hash of the log's newest change; see `ChangeRow.hash`. */
  readonly headHash: string;
  readonly changeCount: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The database's name and version. */
  readonly database: string;
  /** `in-process`, `redis: up` or `redis: down`. */
  readonly signal: string;
}
