import type { Scope } from './change.js';
import type { Position } from './cursor.js';

/** A change that a consumer rejected, or that waits, or died, behind one; times in milliseconds since 1970 by the database's clock. */
export interface Rejection {
  /** The consumer's id; see `ConsumerState.id`. */
  readonly consumer: bigint;
  readonly position: Position;
  /** Against the consumer's filter when it was delivered. */
  readonly scope: Scope;
  /** As the consumer gave it; for a change that only waits behind another one, a sentence that says so. */
  readonly reason: string;
  /** How often it was tried and rejected; 0 for one that only waits, and after a redrive. */
  readonly attempts: number;
  /** Null while it is out, while it waits behind another change of its key, and once it is dead. */
  readonly nextAttemptAt: number | null;
  /** Whether it was set aside for good, unless it is redriven. */
  readonly dead: boolean;
  /** When it was rejected last. */
  readonly at: number;
}
