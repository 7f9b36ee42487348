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

/** A dead letter's id: opaque text, one a consumer and change. */
export const deadLetterId = ({ consumer, position }: Pick<Rejection, 'consumer' | 'position'>): string =>
  Buffer.from(`${position}:${consumer}`).toString('base64url');

/** The position of a consumer's dead letter; null where the id is not one of that consumer's. */
export function positionOfDeadLetter(id: string, consumer: bigint): Position | null {
  const [, position] = /^(\d{1,18}):/.exec(Buffer.from(id, 'base64url').toString()) ?? [];
  if (position === undefined) return null;
  const known = BigInt(position);
  return deadLetterId({ consumer, position: known }) === id ? known : null;
}
