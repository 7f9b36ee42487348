import type { Cancel } from '../model/clock.js';
import type { Message } from './message.js';

/**
 * Where a subscription's batches go: a socket, or anything else. It is handed batches, and prints them only if it wants
 * text. It does not learn of the end of a subscription: the end comes by the stream that `Deliverer.subscribe` answers.
 */
export interface Outlet {
  /** Whether what was sent is mostly gone: while it is not, nothing more may be sent. */
  readonly hasRoom: boolean;
  /**
   * Takes one batch; never waits.
   * @param session the session's id, to be handed to `message.textFor`, or sent beside `message.batch`; null for an
   *   anonymous subscription
   * @throws what printing throws; the subscription ends then
   */
  send(message: Message, session: string | null): void;
  /** Calls `wake` once, when there is room again, unless the wait is cancelled before. */
  onRoom(wake: () => void): Cancel;
}
