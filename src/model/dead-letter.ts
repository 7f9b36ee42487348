import type { Scope, ScopedChange } from './change.js';
import type { Position } from './cursor.js';

/** A change that a consumer could not process; times in milliseconds since 1970 by the database's clock. */
export interface Rejection {
  readonly consumer: string;
  readonly position: Position;
  /** Against the consumer's filter when it was delivered. */
  readonly scope: Scope;
  /** As the consumer gave it; for a change that only waits behind another one, that. */
  readonly reason: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** Null while it is out, while it waits behind another change of its key, and once it is dead. */
  readonly nextAttemptAt: number | null;
  /** Whether it was set aside for good, unless somebody redrives it. */
  readonly dead: boolean;
  /** When it was rejected last. */
  readonly at: number;
}

/** A rejection with its change. */
export interface DeadLetter extends Rejection {
  readonly change: ScopedChange;
}

/** A dead letter's id: opaque text, one a consumer and change. */
export const deadLetterId = ({ consumer, position }: Pick<Rejection, 'consumer' | 'position'>): string =>
  Buffer.from(`${position}:${consumer}`).toString('base64url');

/** The place of a consumer's dead letter; null where the id is none of that consumer's. */
export function positionOfDeadLetter(id: string, consumer: string): Position | null {
  const [, position] = /^(\d{1,19}):/.exec(Buffer.from(id, 'base64url').toString()) ?? [];
  if (position === undefined) return null;
  const known = BigInt(position);
  return deadLetterId({ consumer, position: known }) === id ? known : null;
}
