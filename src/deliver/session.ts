import type { LiveSession } from '../ack/ack.js';
import type { Playback } from '../feed/feed.js';
import type { Position } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import type { Batch } from '../model/batch.js';
import type { Outlet, Render } from './outlet.js';
import { Window } from './window.js';

/** A cursor that moved over this many changes without a match is worth a batch of its own, in catch-up. */
const QUIET_CHANGES = 1_000n;
/** After a failed read the next attempt waits this long, in milliseconds. */
const RETRY_MS = 500;

export interface SessionOptions {
  /** The consumer's name; null for an anonymous look. */
  readonly name: string | null;
  readonly epoch: bigint;
  readonly playback: Playback;
  readonly outlet: Outlet;
  readonly render: Render;
  readonly batchSize: number;
  /** Infinity for an anonymous look. */
  readonly maxInFlight: number;
  /** Puts the session into its lane; answers how to take it out again. */
  readonly join: (session: Session) => () => void;
  /** Told of a failure that nobody foresaw, before the session ends. */
  readonly onDefect: (error: unknown) => void;
  readonly onSent: (changes: number) => void;
  readonly onEnded: (session: Session, error: HubError | null) => void;
}

/**
 * One live subscription.
 *
 * States:
 *   reading ── at the head ──▶ live ── no room, or behind ──▶ waiting ── room again ──▶ reading
 *   any ── end() ──▶ ended
 *
 * Reading: it takes pages from its playback and sends them. Live: its lane sends to it. Waiting: its window or its socket
 * is full; it costs nothing but its place. It is never dropped for being slow: it reads on from its place when there is
 * room.
 */
export class Session implements LiveSession {
  readonly name: string;
  readonly epoch: bigint;
  #sent: Position;
  #ended = false;
  #wake: (() => void) | null = null;
  #leave: (() => void) | null = null;
  readonly #window: Window;

  constructor(readonly options: SessionOptions) {
    this.name = options.name ?? '';
    this.epoch = options.epoch;
    this.#sent = options.playback.position;
    this.#window = new Window(options.maxInFlight);
  }

  get sent(): Position {
    return this.#sent;
  }

  get inFlight(): number {
    return this.#window.inFlight;
  }

  get batchSize(): number {
    return this.options.batchSize;
  }

  /** Whether a batch of so many changes may be sent now. */
  hasRoomFor(changes: number): boolean {
    return this.#window.room >= changes && this.options.outlet.hasRoom;
  }

  /** Sends a batch whose text is made already. */
  send(batch: Batch, text: string): void {
    this.options.outlet.send(text);
    this.#sent = batch.cursor;
    this.#window.sent(batch.changes);
    this.options.onSent(batch.changes.length);
  }

  acknowledged(position: Position): void {
    this.#window.acknowledged(position);
    if (this.#leave === null) this.#wakeUp();
  }

  /** Takes the session out of its lane, to read on after `position`. */
  leaveLane(position: Position): void {
    this.options.playback.position = position;
    this.#leave?.();
    this.#leave = null;
    this.#wakeUp();
  }

  end(error: HubError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leave?.();
    this.#leave = null;
    this.#wakeUp();
    this.options.onEnded(this, error);
  }

  /** Ends the session for a reason that nobody foresaw. */
  fail(error: unknown): void {
    this.options.onDefect(error);
    const sentence = 'The subscription failed; subscribe again to go on after what was acknowledged.';
    this.end(new HubError('LOG_UNAVAILABLE', sentence, { retryable: true }));
  }

  /** Delivers until the session ends. */
  run(): void {
    this.#deliver().catch((error: unknown) => {
      this.fail(error);
    });
  }

  async #deliver(): Promise<void> {
    const { playback } = this.options;
    this.#sendBatch({ cursor: playback.position, changes: [], head: this.#head(playback.position) });
    while (!this.#ended) {
      if (!this.hasRoomFor(1)) await this.#room();
      else if (playback.atHead) await this.#live();
      else await this.#read();
    }
  }

  async #read(): Promise<void> {
    const { playback, batchSize } = this.options;
    try {
      const before = playback.position;
      const { changes, through } = await playback.next(Math.min(batchSize, this.#window.room));
      if (this.#ended) return;
      if (changes.length > 0 || through - this.#sent >= QUIET_CHANGES) {
        this.#sendBatch({ cursor: through, changes, head: this.#head(through) });
      } else if (through === before) {
        throw new Error(`A read after ${before} moved nothing.`);
      }
    } catch (error) {
      // The database went away: the place is as it was, and the session goes on from it.
      if (!(error instanceof HubError)) throw error;
      await this.#pause(RETRY_MS);
    }
  }

  /** Rests in the lane until it, or the end, takes the session out. */
  async #live(): Promise<void> {
    const woken = this.#sleep();
    this.#leave = this.options.join(this);
    await woken;
  }

  async #room(): Promise<void> {
    const woken = this.#sleep();
    if (!this.options.outlet.hasRoom) this.options.outlet.onRoom(() => this.#wakeUp());
    await woken;
  }

  async #pause(ms: number): Promise<void> {
    const woken = this.#sleep();
    const timer = setTimeout(() => this.#wakeUp(), ms);
    await woken;
    clearTimeout(timer);
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #sendBatch(batch: Batch): void {
    this.send(batch, this.options.render(batch));
  }

  #head(least: Position): Position {
    const { head } = this.options.playback.source.tail;
    return head > least ? head : least;
  }
}
