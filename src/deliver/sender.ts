import type { Attempt, Position } from '../model/cursor.js';
import type { VisibleChange } from '../view/view.js';
import { Message } from './message.js';
import type { SessionOptions } from './session-options.js';
import { Window } from './window.js';

/** What one session has sent to its outlet: how far, and what of it is not acknowledged. */
export class Sender {
  #window: Window;
  #sent: Position;

  constructor(
    readonly options: Pick<
      SessionOptions,
      'consumer' | 'feed' | 'maxInFlight' | 'onSent' | 'outlet' | 'render'
    >,
    start: Position,
  ) {
    this.#window = new Window(options.maxInFlight);
    this.#sent = start;
  }

  /** The cursor of the newest batch that was sent in the log's order. */
  get sent(): Position {
    return this.#sent;
  }

  /** Changes sent in the log's order and not acknowledged. */
  get inFlight(): number {
    return this.#window.inFlight;
  }

  /** How many more may be sent. */
  get room(): number {
    return this.#window.room;
  }

  acknowledged(position: Position): void {
    this.#window.acknowledged(position);
  }

  /** What was sent no longer counts. */
  restart(position: Position): void {
    this.#window = new Window(this.options.maxInFlight);
    this.#sent = position;
  }

  /** A batch for this session alone. */
  messageOf(cursor: Position, changes: readonly VisibleChange[], redelivery: Attempt | null = null): Message {
    const { feed, consumer, render } = this.options;
    const head = feed.head > cursor ? feed.head : cursor;
    return new Message({ cursor, changes, redelivery, head }, consumer !== null, render);
  }

  /** @throws what the outlet throws; nothing is counted as sent then */
  send(message: Message, session: string | null): void {
    const { changes, cursor, redelivery } = message.batch;
    this.options.outlet.send(message, session);
    // A redelivery takes room of its own, until it is settled.
    if (redelivery === null) {
      this.#sent = cursor;
      this.#window.sent(changes);
    }
    this.options.onSent(changes.length);
  }
}
