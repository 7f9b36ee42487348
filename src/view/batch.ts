import type { Attempt, Point } from '../model/cursor.js';
import type { VisibleChange } from './visible.js';

/** What one message of a subscription holds. */
export interface Batch {
  /** Acknowledge this when the whole batch is processed. */
  readonly cursor: Point;
  /** Which redelivery this is; null: the changes come in the log's order, attempt 1. */
  readonly redelivery: Attempt | null;
  readonly changes: readonly VisibleChange[];
  /** The log's end when the batch was made. */
  readonly head: Point;
  /** What fences the session that gets it; null for an anonymous look. */
  readonly session: string | null;
}
