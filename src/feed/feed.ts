/**
 * The feed: what a subscription has yet to see.
 *
 * The hub's own commits are told at once, those of other hubs by the signal, and a slow poll of the log's end catches what
 * nobody told. Positions have no gaps, so every missed message shows: what does not join on to the tail is read from the
 * log. A listener sees every change once, in log order, whichever way it came.
 *
 * States: following (the tail ends where the log is known to end) · filling (it reads the log up to there). Filling runs
 * once at a time; what is told meanwhile only moves its target. Where the database turns out to hold another log, what the
 * tail holds is of no use: the feed stands still for good, and says so once.
 */
import { Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import type { Start, StartPlace } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { logUnavailable } from '../model/errors.js';
import { LogReplaced } from '../log/log.js';
import type { Log } from '../log/log.js';
import type { Announcement } from '../signal/signal.js';
import { Tail } from './tail.js';

export { Playback } from './playback.js';
export type { Page, Place } from './playback.js';

/** Changes read at once while the tail is filled. */
const FILL_PAGE = 1_000;

export interface FeedOptions {
  readonly log: Log;
  /** Milliseconds between looks at the log's end: the latency of other hubs' changes when the signal is down. */
  readonly pollMs: number;
  /** Bytes of newest changes kept in memory. */
  readonly tailBytes: number;
  /** Told of a poll or a fill that failed; the feed goes on by itself. */
  readonly onError: (error: unknown) => void;
  /** Told once that the database holds another log now. The feed stands still from then on. */
  readonly onReplaced: (error: LogReplaced) => void;
}

type Listener = (changes: readonly Change[]) => void;

export class Feed {
  readonly #listeners: Listener[] = [];
  readonly #poller: NodeJS.Timeout;
  #newest: ChangeRow | null;
  #target: Position;
  #filling: Promise<void> | null = null;
  #polling = false;
  #closed = false;
  #failure: unknown = null;
  #followedAt = performance.now();

  private constructor(
    readonly options: FeedOptions,
    readonly tail: Tail,
    newest: ChangeRow | null,
  ) {
    this.#newest = newest;
    this.#target = tail.head;
    this.#poller = setInterval(() => void this.poll(), options.pollMs);
    this.#poller.unref();
  }

  /** Opens at the log's present end; older changes are read when a subscription asks. */
  static async open(options: FeedOptions): Promise<Feed> {
    const { head } = await options.log.extent();
    const newest = await options.log.changeAt(head);
    return new Feed(options, new Tail(head, options.tailBytes), newest);
  }

  get log(): Log {
    return this.options.log;
  }

  /** The end of what was handed to listeners. */
  get head(): Position {
    return this.tail.head;
  }

  /** Milliseconds since the feed was last known to have reached the log's end. */
  get behindMs(): number {
    return performance.now() - this.#followedAt;
  }

  /** Calls the listener with every further group of changes, in log order, synchronously. It must not throw. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** This hub appended these changes. */
  appended(changes: readonly Change[]): void {
    const [first] = changes;
    const last = changes.at(-1);
    if (!first || !last || this.#closed) return;
    if (this.#filling === null && first.row.position === this.head + 1n) this.#advance(changes);
    else this.reach(last.row.position);
  }

  /**
   * The place after which a subscription or consumer starts. `place` names the argument that says so.
   * @throws HubError CURSOR_EXPIRED, CURSOR_AHEAD, LOG_UNAVAILABLE
   */
  async startOf(start: Start, place: string): Promise<StartPlace> {
    const log = (position: Position): StartPlace => ({ position, snapshotUntil: null });
    if (start.at === 'CURSOR') return log(await this.log.checkStart(start.after, place));
    if (start.at === 'TIME') return log(await this.log.placeBefore(start.time));
    const { earliest, head } = await this.log.extent();
    if (start.at === 'SNAPSHOT') return { position: earliest - 1n, snapshotUntil: head };
    return log(start.at === 'EARLIEST' ? earliest - 1n : head);
  }

  /** Another hub says what it appended. Its changes are used only where they join on; else the log is read. */
  announced(announcement: Extract<Announcement, { kind: 'appended' }>): void {
    const { from, to, rows } = announcement;
    if (to <= this.head || this.#closed) return;
    if (this.#filling === null && from === this.head + 1n && rows && isRun(rows, from, to))
      this.#advance(rows.map((row) => new Change(row)));
    else this.reach(to);
  }

  /** The log is known to reach this place: reads what lacks. */
  reach(position: Position): void {
    if (position > this.#target) this.#target = position;
    if (this.#target > this.head && this.#filling === null && !this.#closed) {
      this.#filling = this.#fill().finally(() => {
        this.#filling = null;
        // Between the last read and here somebody may have told of more.
        this.reach(this.#target);
      });
    }
  }

  /**
   * Resolves when the feed has come to a place that the log is known to reach.
   * @throws HubError LOG_UNAVAILABLE where the log cannot be read
   */
  async reached(position: Position): Promise<void> {
    while (this.head < position) {
      const before = this.head;
      this.reach(position);
      await this.#filling;
      if (this.head === before) throw logUnavailable(this.#failure);
    }
  }

  /** Looks at the log's end now. */
  async poll(): Promise<void> {
    if (this.#polling || this.#closed) return;
    this.#polling = true;
    try {
      const { head } = await this.log.follow(this.#newest);
      this.reach(head);
      if (head <= this.head) this.#followedAt = performance.now();
    } catch (error) {
      if (error instanceof LogReplaced) this.#stop(error);
      else this.options.onError(error);
    } finally {
      this.#polling = false;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poller);
    await this.#filling;
  }

  #stop(error: LogReplaced): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#poller);
    this.options.onReplaced(error);
  }

  /** After a failed read the next attempt waits for the poll, so an unreachable database is not hammered. */
  async #fill(): Promise<void> {
    try {
      while (this.head < this.#target && !this.#closed) {
        const rows = await this.log.changes({ after: this.head, through: this.#target, limit: FILL_PAGE });
        if (rows.length === 0)
          throw new Error(`The log holds nothing at ${this.head + 1n}, though its end is ${this.#target}.`);
        this.#advance(rows.map((row) => new Change(row)));
      }
    } catch (error) {
      // The next poll, or whoever tells of a newer change, starts anew.
      this.#target = this.head;
      this.#failure = error;
      this.options.onError(error);
    }
  }

  #advance(changes: readonly Change[]): void {
    this.tail.push(changes);
    this.#newest = changes.at(-1)?.row ?? this.#newest;
    if (this.head >= this.#target) {
      this.#target = this.head;
      this.#followedAt = performance.now();
    }
    for (const listener of this.#listeners) listener(changes);
  }
}

/** Whether rows from outside are just the positions they claim to be. */
const isRun = (rows: readonly ChangeRow[], from: Position, to: Position): boolean =>
  BigInt(rows.length) === to - from + 1n && rows.every((row, i) => row.position === from + BigInt(i));
