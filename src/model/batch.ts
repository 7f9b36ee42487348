import type { ScopedChange } from './change.js';
import type { Position } from './cursor.js';

/** What one message of a subscription holds. */
export interface Batch {
  /** Acknowledge this when the whole batch is processed. */
  readonly cursor: Position;
  readonly changes: readonly ScopedChange[];
  /** The log's end when the batch was made. */
  readonly head: Position;
  /** What fences the session that gets it; null for an anonymous look. */
  readonly session: string | null;
}
