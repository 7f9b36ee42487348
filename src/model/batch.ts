import type { Change } from './change.js';
import type { Position } from './cursor.js';

/** What one message of a subscription holds. */
export interface Batch {
  /** Acknowledge this when the whole batch is processed. */
  readonly cursor: Position;
  readonly changes: readonly Change[];
  /** The log's end when the batch was made. */
  readonly head: Position;
}
