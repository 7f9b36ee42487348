import type { StartPlace } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { consumerTakenOver } from '../model/errors.js';
import type { HubError } from '../model/errors.js';
import type { ConsumerRecord } from './consumer-store.js';
import type { Fence } from './session-id.js';

/** A session of a consumer that this hub holds. */
export interface LiveSession extends Fence {
  readonly name: string;
  /** The cursor of the newest batch that was sent. */
  readonly sent: Position;
  /** Changes delivered and not acknowledged. */
  readonly inFlight: number;
  /** The consumer is acknowledged up to here, at whichever hub. */
  acknowledged(position: Position): void;
  /** The consumer was sought elsewhere: what was sent no longer counts, and the session goes on from the new place. */
  sought(place: StartPlace & Fence): void;
  /** What the session knows of its consumer's rejections: a higher count means that it has to look anew. */
  readonly rejections: bigint;
  /** Something happened to the rejections; the session looks what. */
  rejected(rejections: bigint): void;
  /** Resolves when the session has looked what happened, or tried to. */
  heard(): Promise<void>;
  /** While it is paused nothing is delivered. */
  setPaused(paused: boolean): void;
  /** The session is over; the error says why. */
  end(error: HubError): void;
}

/** Tells a session what its consumer is now; a record that was read before the session knew better changes nothing. */
export function tell(session: LiveSession, consumer: ConsumerRecord): void {
  if (consumer.epoch > session.epoch) {
    session.end(consumerTakenOver(session.name));
    return;
  }
  if (consumer.epoch < session.epoch || consumer.seeks < session.seeks) return;
  if (consumer.seeks > session.seeks) session.sought(consumer);
  if (consumer.rejections > session.rejections) session.rejected(consumer.rejections);
  session.setPaused(consumer.paused);
  session.acknowledged(consumer.position);
}
