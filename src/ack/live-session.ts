import type { SessionPhase, StartPoint } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { consumerDeleted, consumerTakenOver } from '../model/errors.js';
import type { HubError } from '../model/errors.js';
import type { ConsumerRecord } from './consumer-record.js';
import type { Fence } from './session-id.js';

/** A session of a consumer that this hub holds. */
export interface LiveSession extends Fence {
  readonly name: string;
  /** The cursor of the newest batch that was sent in the log's order. */
  readonly sent: Position;
  /** The furthest cursor that it ever sent, also before a seek. */
  readonly reach: Position;
  /**
   * Up to here everything is acknowledged or left out by the filter: nothing that was sent is open, and nothing waits for its
   * redelivery. 0 while something waits, or may.
   */
  readonly covered: Position;
  /** When the oldest change in flight was recorded, in milliseconds since 1970; null: none is in flight. */
  readonly openSince: number | null;
  readonly phase: SessionPhase;
  /** Changes delivered and not acknowledged. */
  readonly inFlight: number;
  /** As much is in flight as may be: the session goes on when something is acknowledged. */
  readonly isFull: boolean;
  /** The newest revision of its consumer that the session knows of. */
  readonly revision: bigint;
  /** The consumer is acknowledged up to here, at whichever hub. */
  acknowledged(position: Position): void;
  /** The consumer was sought: what was sent no longer counts, and the session goes on from the new position. */
  sought(start: StartPoint & Fence): void;
  /** Something else was done to the consumer; while it is paused nothing is delivered. */
  revised(consumer: Pick<ConsumerRecord, 'revision' | 'paused'>): void;
  /** Something may have been done to the consumer: the session re-reads what it is before it sends anything more. */
  recheck(): void;
  /** Resolves when what the session was last told of is in force. */
  settled(): Promise<void>;
  /** The session is over; the error says why. */
  end(error: HubError): void;
}

/**
 * Tells a session what its consumer is now. Records arrive in any order, so one that is older than what the session knows
 * changes nothing but the acknowledged position, which only grows.
 */
export function tell(session: LiveSession, consumer: ConsumerRecord): void {
  if (consumer.id > session.id) return session.end(consumerDeleted(session.name));
  if (consumer.id < session.id || consumer.epoch < session.epoch) return;
  if (consumer.epoch > session.epoch) return session.end(consumerTakenOver(session.name));
  if (consumer.seeks < session.seeks) return;
  if (consumer.seeks > session.seeks) session.sought(consumer);
  if (consumer.revision > session.revision) session.revised(consumer);
  session.acknowledged(consumer.position);
}
