import { sessionId } from '../ack/ack.js';
import type { Fence, LiveSession } from '../ack/ack.js';
import { Playback } from '../feed/feed.js';
import type { Feed, Place } from '../feed/feed.js';
import type { StartPlace } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import { print, textFor } from './message.js';
import type { Message } from './message.js';
import type { Outlet, Render } from './outlet.js';
import { Window } from './window.js';

/** A cursor that moved over this many changes without a match is worth a batch of its own, in catch-up. */
const QUIET_CHANGES = 1_000n;
/** After a failed read the next attempt waits this long, in milliseconds. */
const RETRY_MS = 500;

export interface SessionOptions {
  /** The consumer's name; null for an anonymous look. */
  readonly name: string | null;
  readonly fence: Fence;
  readonly paused: boolean;
  readonly feed: Feed;
  readonly place: Place;
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
 *   any ── sought() ──▶ reading, from elsewhere
 *   any ── end() ──▶ ended
 *
 * Reading: it takes pages from its playback and sends them. Live: its lane sends to it. Waiting: it is paused, or its
 * window or its socket is full; it costs nothing but its place. It is never dropped for being slow: it reads on from its
 * place when there is room.
 */
export class Session implements LiveSession {
  readonly name: string;
  readonly epoch: bigint;
  #seeks: bigint;
  #paused: boolean;
  #playback: Playback;
  #window: Window;
  #sent: Position;
  /** Whether the first batch is out, and whether the feed has come to the session's place. */
  #begun: 'no' | 'announced' | 'yes' = 'no';
  #ended = false;
  #wake: (() => void) | null = null;
  #leave: (() => void) | null = null;

  constructor(readonly options: SessionOptions) {
    this.name = options.name ?? '';
    this.epoch = options.fence.epoch;
    this.#seeks = options.fence.seeks;
    this.#paused = options.paused;
    this.#playback = new Playback(options.feed, options.place);
    this.#sent = options.place.position;
    this.#window = new Window(options.maxInFlight);
  }

  get seeks(): bigint {
    return this.#seeks;
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

  /** Whether the session is a consumer's, and fenced. */
  get named(): boolean {
    return this.options.name !== null;
  }

  /** Whether a batch of so many changes may be sent now. */
  hasRoomFor(changes: number): boolean {
    return !this.#paused && this.#window.room >= changes && this.options.outlet.hasRoom;
  }

  /** Sends a batch that is printed already. */
  send(message: Message): void {
    const { changes, cursor } = message.batch;
    this.options.outlet.send(textFor(message, sessionId(this)));
    this.#sent = cursor;
    this.#window.sent(changes);
    this.options.onSent(changes.length);
  }

  acknowledged(position: Position): void {
    this.#window.acknowledged(position);
    if (this.#leave === null) this.#wakeUp();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (this.#leave === null) this.#wakeUp();
  }

  sought({ seeks, position, snapshotUntil }: StartPlace & Fence): void {
    const { feed, place, maxInFlight } = this.options;
    this.#seeks = seeks;
    this.#playback = new Playback(feed, { ...place, position, snapshotUntil });
    this.#window = new Window(maxInFlight);
    this.#sent = position;
    this.#begun = 'no';
    this.#rest();
  }

  /** Takes the session out of its lane, to read on after `position`. */
  leaveLane(position: Position): void {
    this.#playback.position = position;
    this.#rest();
  }

  end(error: HubError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#rest();
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
    while (!this.#ended) {
      if (this.#begun !== 'yes') await this.#begin();
      else if (!this.hasRoomFor(1)) await this.#room();
      else if (this.#playback.atHead) await this.#live();
      else await this.#read();
    }
  }

  /** The first batch is empty and goes out at once; its cursor is the start. */
  async #begin(): Promise<void> {
    const playback = this.#playback;
    if (this.#begun === 'no') this.#sendBatch(playback.position, []);
    this.#begun = 'announced';
    // The place may be ahead of what this hub has heard of; from there on playback is within what the feed knows.
    const { snapshotUntil } = playback.place;
    const known =
      snapshotUntil !== null && snapshotUntil > playback.position ? snapshotUntil : playback.position;
    const reached = await this.#untilRead(async () => {
      await this.options.feed.reached(known);
      return true;
    });
    if (reached && playback === this.#playback) this.#begun = 'yes';
  }

  async #read(): Promise<void> {
    const playback = this.#playback;
    const limit = Math.min(this.options.batchSize, this.#window.room);
    const page = await this.#untilRead(() => playback.next(limit));
    // Sought meanwhile: what was read is of no use any more.
    if (!page || this.#ended || playback !== this.#playback) return;
    const { changes, through } = page;
    if (changes.length > 0 || through - this.#sent >= QUIET_CHANGES) this.#sendBatch(through, changes);
  }

  /** Reads; where the database went away it waits a little and answers null: the place is as it was. */
  async #untilRead<T>(read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      await this.#pause(RETRY_MS);
      return null;
    }
  }

  /** Rests in the lane until it, a seek or the end takes the session out. */
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

  /** Out of the lane, if it is in one, and on to whatever is next. */
  #rest(): void {
    this.#leave?.();
    this.#leave = null;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #sendBatch(cursor: Position, changes: Message['batch']['changes']): void {
    const { head } = this.options.feed;
    const batch = { cursor, changes, head: head > cursor ? head : cursor };
    this.send(print(batch, this.named, this.options.render));
  }
}
