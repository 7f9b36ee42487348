import { sessionId } from '../ack/ack.js';
import type { Fence, LiveSession } from '../ack/ack.js';
import { Playback } from '../feed/feed.js';
import type { Batch } from '../model/batch.js';
import type { StartPlace } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { subscriptionFailed } from '../model/errors.js';
import type { HubError } from '../model/errors.js';
import { print, textFor } from './message.js';
import type { Message } from './message.js';
import { Redelivery } from './redelivery.js';
import type { Standing } from './redelivery.js';
import type { SessionOptions } from './session-options.js';
import { Wake } from './wake.js';
import { Window } from './window.js';

/** A cursor that moved over this many changes without a match is worth a batch of its own, in catch-up. */
const QUIET_CHANGES = 1_000n;

/**
 * One live subscription.
 *
 * States:
 *   reading ── at the head ──▶ live ── no room, or behind ──▶ waiting ── room again ──▶ reading
 *   any ── sought() ──▶ reading, from elsewhere
 *   any ── end() ──▶ ended
 *
 * Reading: it takes pages from its playback and sends them, less what has to wait behind a rejected change. Live: its lane
 * sends to it. Waiting: it is paused, or its window or its socket is full; it costs nothing but its place. It is never
 * dropped for being slow: it reads on from its place when there is room.
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
  #leave: (() => void) | null = null;
  readonly #wake = new Wake();
  readonly #redelivery: Redelivery;

  constructor(readonly options: SessionOptions) {
    this.name = options.name ?? '';
    this.epoch = options.fence.epoch;
    this.#seeks = options.fence.seeks;
    this.#paused = options.paused;
    this.#playback = new Playback(options.feed, options.place);
    this.#sent = options.place.position;
    this.#window = new Window(options.maxInFlight);
    const { redeliveries, feed } = options;
    const onNews = (): void => this.#leaveOrWake();
    this.#redelivery = new Redelivery({ name: this.name, redeliveries, feed, onNews }, options.rejected);
  }

  get seeks(): bigint {
    return this.#seeks;
  }

  get sent(): Position {
    return this.#sent;
  }

  get inFlight(): number {
    return this.#window.inFlight + this.#redelivery.out;
  }

  get rejections(): bigint {
    return this.#redelivery.rejections;
  }

  get named(): boolean {
    return this.options.name !== null;
  }

  get #room(): number {
    return this.#window.room - this.#redelivery.out;
  }

  get #standing(): Standing {
    const { place } = this.#playback;
    return { epoch: this.epoch, seeks: this.#seeks, place, sent: this.#sent };
  }

  /** Whether a batch of so many changes may be sent now. */
  hasRoomFor(changes: number): boolean {
    return !this.#paused && this.#room >= changes && this.options.outlet.hasRoom;
  }

  /** Whether its lane may send it a batch of so many changes: none of them might have to be held back. */
  takes(changes: number): boolean {
    return this.hasRoomFor(changes) && !this.#redelivery.isCareful(this.#sent);
  }

  /** Sends a batch that is printed already. */
  send(message: Message): void {
    const { changes, cursor, redelivery } = message.batch;
    this.options.outlet.send(textFor(message, sessionId(this)));
    // A change that comes again has a place of its own in the window, until it is settled.
    if (redelivery === null) {
      this.#sent = cursor;
      this.#window.sent(changes);
    }
    this.options.onSent(changes.length);
  }

  acknowledged(position: Position): void {
    this.#window.acknowledged(position);
    if (this.#leave === null) this.#wake.up();
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (this.#leave === null) this.#wake.up();
  }

  rejected(rejections: bigint): void {
    this.#redelivery.touched(rejections);
  }

  heard(): Promise<void> {
    return this.#redelivery.heard();
  }

  sought({ seeks, position, snapshotUntil }: StartPlace & Fence): void {
    const { feed, place, maxInFlight } = this.options;
    this.#seeks = seeks;
    this.#playback = new Playback(feed, { ...place, position, snapshotUntil });
    this.#window = new Window(maxInFlight);
    this.#sent = position;
    this.#begun = 'no';
    this.#redelivery.reset();
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
    this.#redelivery.reset();
    this.#rest();
    this.options.onEnded(error);
  }

  /** Ends the session for a reason that nobody foresaw. */
  fail(error: unknown): void {
    this.options.onDefect(error);
    this.end(subscriptionFailed());
  }

  /** Delivers until the session ends. */
  run(): void {
    this.#deliver().catch((error: unknown) => this.fail(error));
  }

  async #deliver(): Promise<void> {
    while (!this.#ended) {
      if (this.#begun !== 'yes') await this.#begin();
      else if (this.#redelivery.hasNews)
        await this.#wake.retrying(() => this.#redelivery.look(this.#standing));
      else if (!this.hasRoomFor(1)) await this.#untilRoom();
      else if (this.#redelivery.hasTurn(this.#playback.atHead)) await this.#redeliver();
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
    const reached = await this.#wake.retrying(async () => {
      await this.options.feed.reached(known);
      return true;
    });
    if (reached && playback === this.#playback) this.#begun = 'yes';
  }

  async #read(): Promise<void> {
    const playback = this.#playback;
    const before = playback.position;
    const limit = Math.min(this.options.batchSize, this.#room);
    const page = await this.#wake.retrying(() => playback.next(limit));
    if (!page) return;
    const passing = await this.#wake.retrying(() => this.#redelivery.passing(this.#standing, page.changes));
    // Sought meanwhile: what was read is of no use any more.
    if (this.#ended || playback !== this.#playback) return;
    if (!passing) playback.position = before;
    else if (passing.length > 0 || page.through - this.#sent >= QUIET_CHANGES)
      this.#sendBatch(page.through, passing);
  }

  /** Sends what is due of the rejected changes, each alone. */
  async #redeliver(): Promise<void> {
    const playback = this.#playback;
    const limit = Math.min(this.options.batchSize, this.#room);
    const due = await this.#wake.retrying(() => this.#redelivery.next(this.#standing, limit));
    if (!due || this.#ended || playback !== this.#playback) return;
    for (const { change, redelivery } of due)
      this.#sendBatch(change.change.row.position, [change], redelivery);
  }

  /** Rests in the lane until it, news or the end takes the session out. */
  async #live(): Promise<void> {
    const woken = this.#wake.sleep();
    this.#leave = this.options.join();
    await woken;
  }

  async #untilRoom(): Promise<void> {
    const woken = this.#wake.sleep();
    if (!this.options.outlet.hasRoom) this.options.outlet.onRoom(() => this.#wake.up());
    await woken;
  }

  /** Out of the lane, if it is in one, and on to whatever is next. */
  #rest(): void {
    this.#leave?.();
    this.#leave = null;
    this.#wake.up();
  }

  /** On to whatever is next, from the lane too: in between two commits a lane has everything up to the feed's head. */
  #leaveOrWake(): void {
    if (this.#leave) this.leaveLane(this.options.feed.head);
    else this.#wake.up();
  }

  #sendBatch(cursor: Position, changes: Batch['changes'], redelivery: Batch['redelivery'] = null): void {
    const { head } = this.options.feed;
    const batch = { cursor, changes, redelivery, head: head > cursor ? head : cursor };
    this.send(print(batch, this.named, this.options.render));
  }
}
