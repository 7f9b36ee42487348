import type { MarkedPosition, Point, Position } from './cursor.js';
import type { ChangeFilter } from './filter.js';

/** Where a consumer starts in the log. */
export type Start =
  | { readonly at: 'EARLIEST' }
  | { readonly at: 'LATEST' }
  | { readonly at: 'SNAPSHOT' }
  | { readonly at: 'CURSOR'; readonly after: MarkedPosition }
  | { readonly at: 'TIME'; readonly time: number };

/** What a start comes to in one log. */
export interface StartPoint extends Point {
  /** Changes up to this position are passed over. */
  readonly position: Position;
  /**
   * Up to this position the reader gets a snapshot: of every entity that is live as of this position, its newest change as
   * of this position. Null: the reader gets the log itself.
   */
  readonly snapshotUntil: Position | null;
  /** Changes that were recorded before this time are passed over, in milliseconds since 1970; null: none is. */
  readonly notBefore: number | null;
}

/** A durable consumer as the database holds it; times in milliseconds since 1970. */
export interface ConsumerState {
  /** 1, 2, 3 …; never given twice: a consumer that is deleted and created again has another one. */
  readonly id: bigint;
  readonly name: string;
  /** Acknowledged, or left out by the filter, up to here … */
  readonly position: Position;
  /** … which is the change with this hash. */
  readonly hash: string;
  /** Changes in the log after that position, before the filter. */
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
