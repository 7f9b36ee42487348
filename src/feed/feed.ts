/**
 * The feed: what a subscription has yet to see.
 *
 * The hub's own commits are told at once; the signal says that other hubs committed, and a slow poll of the log's end finds
 * what was not announced. Positions have no gaps, so every missed message shows: what does not follow the tail directly is
 * read from the log, and nothing that was not committed by this hub or read from the database is handed on. A listener sees
 * every change once, in log order, whichever way it came.
 *
 * Operator actions stand between changes (see the log's COUNT_ACTION): before the feed hands on a change that was
 * recorded after an action, `onActions` has made it known to the sessions of this hub.
 *
 * States: following (the tail ends where the log is known to end) · filling (the feed reads the log up to there). Filling runs
 * once at a time. Where the database holds another log, the feed stops for good, and says so once.
 */
import { Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import type { Cancel, Timers } from '../model/clock.js';
import type { Start, StartPoint } from '../model/consumer.js';
import type { MarkedPosition, Point, Position } from '../model/cursor.js';
import { logUnavailable } from '../model/errors.js';
import { LogReplaced } from '../log/log.js';
import type { Log, Page } from '../log/log.js';
import type { Announcement } from '../signal/signal.js';
import { Playback, type Look } from './playback.js';
import { pointOf, startPointOf } from './start.js';
import { Tail } from './tail.js';

export type { Look, Playback, PlaybackPage } from './playback.js';

/** Changes read at once while the tail is filled. */
const FILL_PAGE = 1_000;

export interface FeedOptions {
  readonly log: Log;
  /** Milliseconds between polls of the log's end: the latency of other hubs' changes when the signal is down. */
  readonly pollMs: number;
  /** Bytes of newest changes kept in memory. */
  readonly tailBytes: number;
  readonly timers: Timers;
  /**
   * Makes all operator actions up to this number known to the sessions of this hub.
   * @throws where it cannot; it is tried again, and until then no change that follows the action is handed on
   */
  readonly onActions: (upTo: bigint) => Promise<void>;
  /** Told of every poll that was answered, and of a poll or a fill that failed; the feed goes on by itself. */
  readonly onFollowed: () => void;
  readonly onError: (error: unknown) => void;
  /** Told once that the database holds another log now. The feed stands still from then on. */
  readonly onReplaced: (error: LogReplaced) => void;
}

export class Feed {
  readonly #listeners: ((changes: readonly Change[]) => void)[] = [];
  readonly #stopPolling: Cancel;
  #newest: ChangeRow | null;
  #target: Position;
  /** Operator actions: those that sessions know of, and those in the log. */
  #actions = 0n;
  #actionsTarget = 0n;
  #hinted = false;
  #filling: Promise<void> | null = null;
  #polling = false;
  #closed = false;
  /** The last failed read, and how many failed. */
  #failure: { readonly error: unknown; readonly count: number } = { error: null, count: 0 };
  #followedAt: number;

  private constructor(
    readonly options: FeedOptions,
    readonly tail: Tail,
    newest: ChangeRow | null,
  ) {
    this.#newest = newest;
    this.#target = tail.head;
    this.#followedAt = options.timers.now();
    this.#stopPolling = options.timers.every(options.pollMs, () => void this.poll());
  }

  /** Opens at the log's present end; older changes are read when a subscription asks. */
  static async open(options: FeedOptions): Promise<Feed> {
    const { head, headHash } = await options.log.extent();
    const tail = new Tail({ position: head, hash: headHash }, options.tailBytes);
    return new Feed(options, tail, await options.log.changeAt(head));
  }

  /** The end of what was handed to listeners. */
  get head(): Position {
    return this.tail.head;
  }

  /** The newest change that is known to be committed; null: the log was empty. */
  get newest(): ChangeRow | null {
    return this.#newest;
  }

  /** Milliseconds since the feed was last known to be at the log's end. */
  get behindMs(): number {
    return this.options.timers.now() - this.#followedAt;
  }

  /** Calls the listener with every further group of changes, in log order, synchronously. It must not throw. */
  listen(listener: (changes: readonly Change[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins to read the log for one subscription. */
  play<T>(start: StartPoint, look: Look<T>): Playback<T> {
    return new Playback({ log: this.options.log, tail: this.tail }, start, look);
  }

  /** The changes at these positions; see Log.changesAt. @throws HubError LOG_UNAVAILABLE */
  changesAt(positions: readonly Position[]): Promise<Page<ChangeRow>> {
    return this.options.log.changesAt(positions);
  }

  /**
   * This hub appended these changes.
   * @param actions how many operator actions were recorded before them
   */
  appended(changes: readonly Change[], actions: bigint): void {
    const [first] = changes;
    const last = changes.at(-1);
    if (!first || !last || this.#closed) return;
    this.#knows(last.row);
    const follows = this.#filling === null && first.row.position === this.head + 1n;
    if (follows && actions <= this.#actions) this.#advance(changes);
    else this.reach(last.row.position, actions);
  }

  /** The point that a cursor stands for; see Points.of. @throws HubError INVALID_CURSOR, CURSOR_AHEAD, LOG_UNAVAILABLE */
  pointOf(cursor: MarkedPosition, place: string): Promise<Point> {
    return pointOf(this.options.log, this.tail, cursor, place);
  }

  /** See startPointOf. @throws HubError INVALID_CURSOR, CURSOR_EXPIRED, CURSOR_AHEAD, LOG_UNAVAILABLE */
  startPoint(start: Start, place?: string): Promise<StartPoint> {
    return startPointOf(this.options.log, start, place);
  }

  /** Another hub says that there is more. It is a hint, whoever says it: the log is read. */
  announced(announcement: Exclude<Announcement, { kind: 'consumer' }>): void {
    if (announcement.kind === 'appended' && announcement.to <= this.head) return;
    this.#hinted = true;
    this.reach(this.#target);
  }

  /** The log is known to reach this position, and to hold this many operator actions: reads the missing changes. */
  reach(position: Position, actions = 0n): void {
    if (position > this.#target) this.#target = position;
    if (actions > this.#actionsTarget) this.#actionsTarget = actions;
    if (this.#isBehind && this.#filling === null && !this.#closed) {
      this.#filling = this.#fill().finally(() => {
        this.#filling = null;
        // More may have been told between the last read and here.
        this.reach(this.#target, this.#actionsTarget);
      });
    }
  }

  /**
   * Resolves when the feed has come to a position that the log is known to reach.
   * @throws HubError LOG_UNAVAILABLE where the log cannot be read
   */
  async reached(position: Position): Promise<void> {
    while (this.head < position) {
      const { head } = this;
      const failed = this.#failure;
      this.reach(position);
      await this.#filling;
      if (this.head === head && this.#failure !== failed) throw logUnavailable(this.#failure.error);
    }
  }

  /** Reads the log's end now. */
  async poll(): Promise<void> {
    if (this.#polling || this.#closed) return;
    this.#polling = true;
    try {
      const { head, actions } = await this.options.log.follow(this.#newest);
      this.reach(head, actions);
      this.options.onFollowed();
      if (head <= this.head) this.#followedAt = this.options.timers.now();
    } catch (error) {
      if (error instanceof LogReplaced) this.#stop(error);
      else this.options.onError(error);
    } finally {
      this.#polling = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopPolling();
    await this.#filling;
  }

  get #isBehind(): boolean {
    return this.#hinted || this.#target > this.head || this.#actionsTarget > this.#actions;
  }

  #stop(error: LogReplaced): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopPolling();
    this.options.onReplaced(error);
  }

  /** After a failed read the next attempt waits for the poll, so an unreachable database is not hammered. */
  async #fill(): Promise<void> {
    try {
      while (this.#isBehind && !this.#closed) {
        this.#hinted = false;
        // What is told while the read is under way may be newer than what it sees.
        const target = this.#target;
        const { rows, actions } = await this.options.log.following(this.head, FILL_PAGE);
        if (actions > this.#actions) await this.#hear(actions);
        if (target > this.head && rows.length === 0)
          throw new Error(`The log holds nothing at ${this.head + 1n}, though its end is ${target}.`);
        if (rows.length > 0) this.#advance(rows.map((row) => new Change(row)));
      }
    } catch (error) {
      // The next poll or append starts again.
      this.#target = this.head;
      this.#actionsTarget = this.#actions;
      this.#hinted = false;
      this.#failure = { error, count: this.#failure.count + 1 };
      this.options.onError(error);
    }
  }

  /** A log that lacks a change which is known to be committed, handed on or not, is another one. */
  #knows(row: ChangeRow | undefined): void {
    if (row && row.position > (this.#newest?.position ?? 0n)) this.#newest = row;
  }

  async #hear(actions: bigint): Promise<void> {
    await this.options.onActions(actions);
    this.#actions = actions;
  }

  #advance(changes: readonly Change[]): void {
    this.tail.push(changes);
    this.#knows(changes.at(-1)?.row);
    if (this.head >= this.#target) {
      this.#target = this.head;
      this.#followedAt = this.options.timers.now();
    }
    for (const listener of this.#listeners) listener(changes);
  }
}
