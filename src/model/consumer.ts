import type { Position } from './cursor.js';
import type { ChangeFilter } from './filter.js';

/** Where a consumer starts in the log. */
export type Start =
  | { readonly at: 'EARLIEST' }
  | { readonly at: 'LATEST' }
  | { readonly at: 'SNAPSHOT' }
  | { readonly at: 'CURSOR'; readonly after: Position }
  | { readonly at: 'TIME'; readonly time: number };

/** Where a start is in the log. */
export interface StartPlace {
  /** Everything up to here is passed over. */
  readonly position: Position;
  /** Up to here the reader gets a snapshot, the newest change of every live entity; null: it gets the log itself. */
  readonly snapshotUntil: Position | null;
}

/** A durable consumer as the database holds it; times in milliseconds since 1970. */
export interface ConsumerState {
  readonly name: string;
  /** Acknowledged up to here. */
  readonly position: Position;
  /** Changes in the log behind that position, before the filter. */
  readonly lag: number;
  readonly filter: ChangeFilter;
  readonly maxAttempts: number;
  /** Delivered and not acknowledged, as the hub that holds the session last reported. */
  readonly inFlight: number;
  /** Whether a hub reported an open session within the last seconds. */
  readonly connected: boolean;
  readonly paused: boolean;
  readonly createdAt: number;
  readonly acknowledgedAt: number | null;
}
