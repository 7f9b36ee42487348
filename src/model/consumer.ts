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

/** How a session of a consumer gets on; WAITING: its window or its socket is full. */
export type SessionPhase = 'CATCHING_UP' | 'LIVE' | 'WAITING' | 'PAUSED';

/** The live session of a consumer, as its hub last reported it. */
export interface ConsumerSession {
  /** As batches carry it. */
  readonly id: string;
  /** The name of the hub that holds it: host name and port. */
  readonly hub: string;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  /** The peer of its socket; null where there is none. */
  readonly remoteAddress: string | null;
  readonly state: SessionPhase;
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
  /**
   * Age of the oldest change that is not acknowledged, in seconds; 0 where there is none. Where no session says which one
   * that is, it is the oldest after the position, whether the filter lets it through or not.
   */
  readonly lagSeconds: number;
  readonly filter: ChangeFilter;
  readonly maxAttempts: number;
  /** Delivered and not acknowledged, as the hub that holds the session last reported. */
  readonly inFlight: number;
  /** Whether a hub reported an open session within the last seconds. */
  readonly connected: boolean;
  /** Null where none is connected. */
  readonly session: ConsumerSession | null;
  readonly paused: boolean;
  readonly createdAt: number;
  readonly acknowledgedAt: number | null;
}
