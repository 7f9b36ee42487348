import { sessionId } from '../ack/ack.js';
import type { Fence } from '../ack/ack.js';
import type { StartPoint } from '../model/consumer.js';
import type { Attempt, Point, Position } from '../model/cursor.js';
import { Queue } from '../model/queue.js';
import type { VisibleChange } from '../view/view.js';
import { Message } from './message.js';
import type { SessionOptions } from './session-options.js';

/** Changes that were delivered and are not acknowledged: at most `size` of them. */
export class Window {
  readonly #positions = new Queue<Position>();
  /** When each was recorded: kept apart, so that the window keeps no change in memory. */
  readonly #times = new Queue<number>();

  /** @param size how many may be in flight; Infinity where nothing is acknowledged */
  constructor(readonly size: number) {}

  get inFlight(): number {
    return this.#positions.length;
  }

  /** How many more may be sent. */
  get room(): number {
    return this.size - this.inFlight;
  }

  /** The oldest of them; undefined: there is none. */
  get first(): Position | undefined {
    return this.#positions.first;
  }

  /** When the oldest of them was recorded. */
  get firstAt(): number | undefined {
    return this.#times.first;
  }

  sent(changes: readonly VisibleChange[]): void {
    if (this.size === Number.POSITIVE_INFINITY) return;
    for (const { position, recordedAt } of changes) {
      this.#positions.push(position);
      this.#times.push(recordedAt);
    }
  }

  /** Everything up to `position` is acknowledged. */
  acknowledged(position: Position): void {
    while ((this.#positions.first ?? position + 1n) <= position) {
      this.#positions.drop(1);
      this.#times.drop(1);
    }
  }
}

/** What one session has sent to its outlet: how far, and what of it is not acknowledged. */
export class Sender {
  #window: Window;
  #sent: Position;
  #reach: Position;
  /** The session's id, as batches carry it; null for an anonymous look. */
  #session: string | null;

  constructor(
    readonly options: Pick<
      SessionOptions,
      'consumer' | 'feed' | 'maxInFlight' | 'outlet' | 'render' | 'start' | 'telemetry'
    >,
  ) {
    const { consumer, maxInFlight, start } = options;
    this.#window = new Window(maxInFlight);
    this.#sent = start.position;
    this.#reach = start.position;
    this.#session = consumer && sessionId(consumer);
  }

  /** The cursor of the newest batch that was sent in the log's order. */
  get sent(): Position {
    return this.#sent;
  }

  /** The furthest cursor that was ever sent in the log's order, also before a seek. */
  get reach(): Position {
    return this.#reach;
  }

  /** Changes sent in the log's order and not acknowledged. */
  get inFlight(): number {
    return this.#window.inFlight;
  }

  /** How many more may be sent. */
  get room(): number {
    return this.#window.room;
  }

  /** When the oldest change in flight was recorded, in milliseconds since 1970; null: none is in flight. */
  get openSince(): number | null {
    return this.#window.firstAt ?? null;
  }

  /** Up to where nothing is in flight, of what lies before `passed`. */
  settledUpTo(passed: Position): Position {
    const { first } = this.#window;
    return first !== undefined && first <= passed ? first - 1n : passed;
  }

  acknowledged(position: Position): void {
    this.#window.acknowledged(position);
  }

  /** The consumer was sought: what was sent no longer counts. */
  restart(start: StartPoint & Fence): void {
    this.#window = new Window(this.options.maxInFlight);
    this.#sent = start.position;
    this.#session = sessionId(start);
  }

  /** A batch for this session alone. */
  messageOf(cursor: Point, changes: readonly VisibleChange[], redelivery: Attempt | null = null): Message {
    const { feed, consumer, render } = this.options;
    const { end } = feed.tail;
    const head = end.position > cursor.position ? end : cursor;
    return new Message({ cursor, changes, redelivery, head }, consumer !== null, render);
  }

  /** @throws what the outlet throws; nothing is counted as sent then */
  send(message: Message): void {
    const { changes, cursor, redelivery } = message.batch;
    this.options.outlet.send(message, this.#session);
    // A redelivery takes room of its own, until it is settled.
    if (redelivery === null) {
      this.#sent = cursor.position;
      if (this.#sent > this.#reach) this.#reach = this.#sent;
      this.#window.sent(changes);
    }
    this.options.telemetry.delivered(changes.length);
  }
}
