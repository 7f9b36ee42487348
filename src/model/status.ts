import type { Position } from './cursor.js';

/** What the hub says of itself. */
export interface HubStatus {
  readonly version: string;
  readonly logId: string;
  readonly head: Position;
  readonly changeCount: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The database's name and version. */
  readonly database: string;
  /** `in-process`, `redis: up` or `redis: down`. */
  readonly signal: string;
}
