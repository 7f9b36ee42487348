import type { ScopedChange } from './change.js';
import type { Attempt, Position } from './cursor.js';

/** What one message of a subscription holds. */
export interface Batch {
  /** Acknowledge this when the whole batch is processed. */
  readonly cursor: Position;
  /** Of a change that comes again; null: the changes come for the first time. */
  readonly redelivery: Attempt | null;
  readonly changes: readonly ScopedChange[];
  /** The log's end when the batch was made. */
  readonly head: Position;
  /** What fences the session that gets it; null for an anonymous look. */
  readonly session: string | null;
}
