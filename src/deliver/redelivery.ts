import type { DueAttempt, Fence, HeldChange, Outlook, Redeliveries } from '../ack/ack.js';
import { Playback } from '../feed/feed.js';
import type { Feed, Place } from '../feed/feed.js';
import { Change } from '../model/change.js';
import type { ScopedChange } from '../model/change.js';
import type { Attempt, Position } from '../model/cursor.js';

/** Changes read at once where a rejection's later changes are looked for. */
const PAGE = 1_000;
/** Where nothing could be had of what was due, it is looked at again after so many milliseconds. */
const IDLE_MS = 1_000;
/** Timers know no longer times; whoever wakes too early looks anew. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A change that comes again, and which attempt it is. */
export interface Redelivered {
  readonly change: ScopedChange;
  readonly redelivery: Attempt;
}

export interface RedeliveryOptions {
  readonly name: string;
  readonly redeliveries: Redeliveries;
  readonly feed: Feed;
  /** Something is due, or has to be looked at. */
  readonly onNews: () => void;
}

/** What the session is at the moment. */
export interface Standing extends Fence {
  readonly place: Place;
  /** The cursor of the newest batch that was sent. */
  readonly sent: Position;
}

/**
 * What one session does about the changes that its consumer rejected: it sends those that are due, alone, and holds back
 * later changes of their keys, durably, before a cursor can pass them. What is rejected stands in the database; a session
 * keeps only whether there is anything, so that it costs no memory however much waits.
 *
 * The session calls it from its loop, one call at a time.
 */
export class Redelivery {
  /** Attempts that are out to the session, and not settled. */
  out = 0;
  #news: boolean;
  #due = false;
  #hadTurn = false;
  #waits = false;
  #last: Position | null = null;
  #timer: NodeJS.Timeout | undefined;
  #claimed: readonly DueAttempt[] = [];
  #listeners: (() => void)[] = [];

  /** @param rejections what the consumer's count was when the session began; 0: there is nothing to look at */
  constructor(
    readonly options: RedeliveryOptions,
    public rejections: bigint,
  ) {
    this.#news = rejections > 0n;
  }

  /** Whether the session must look anew before it sends anything. */
  get hasNews(): boolean {
    return this.#news;
  }

  /**
   * Whether it is an attempt's turn. What comes again and what is new take turns: else the many of one kind would keep the
   * other out of the window.
   * @param alone whether nothing new is there to be sent
   */
  hasTurn(alone: boolean): boolean {
    return this.#due && (alone || !this.#hadTurn);
  }

  /** Whether changes behind `position` may have to be held back. */
  isCareful(position: Position): boolean {
    return this.#news || this.#waits || (this.#last !== null && position < this.#last);
  }

  /** Something happened to the consumer's rejections. */
  touched(rejections: bigint): void {
    this.rejections = rejections;
    this.#news = true;
    this.options.onNews();
  }

  /** Resolves when what happened was looked at, or could not be. */
  heard(): Promise<void> {
    if (!this.#news) return Promise.resolve();
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  /** Forgets what it knew: the consumer was sought elsewhere, or the session is over. */
  reset(): void {
    this.#plan(null);
    this.#claimed = [];
    this.out = 0;
    this.#tell();
  }

  /** Looks what happened. @throws HubError LOG_UNAVAILABLE; there is then still news */
  async look(standing: Standing): Promise<void> {
    const { redeliveries, name } = this.options;
    const { rejections: known } = this;
    try {
      const outlook = await redeliveries.outlook({ name, ...standing });
      for (const cause of outlook.unheard) await this.#holdSent(standing, cause);
      this.#waits = outlook.waits;
      this.#last = outlook.last;
      this.out = outlook.out;
      this.#plan(outlook.dueIn);
      // More may have happened meanwhile, and a long list of what is unheard comes in parts.
      this.#news = known !== this.rejections || outlook.unheard.length > 0;
    } finally {
      this.#tell();
    }
  }

  /**
   * Of changes that are about to be sent, those that may be; the others are held.
   * Null: the session no longer is what it thinks. @throws HubError LOG_UNAVAILABLE
   */
  async passing(
    standing: Standing,
    changes: readonly ScopedChange[],
  ): Promise<readonly ScopedChange[] | null> {
    const { redeliveries, name } = this.options;
    this.#hadTurn = false;
    const [first] = changes;
    if (!first || !this.isCareful(first.change.row.position - 1n)) return changes;
    const held = await redeliveries.hold({ name, ...standing }, changes.map(heldOf));
    return held && changes.filter(({ change }) => !held.has(change.row.position));
  }

  /** What is due, `limit` at most; from now on it is out. @throws HubError LOG_UNAVAILABLE; the next call goes on */
  async next(standing: Standing, limit: number): Promise<readonly Redelivered[]> {
    const { redeliveries, name, feed } = this.options;
    this.#hadTurn = true;
    // What was claimed stays so until it could be read: nobody else would send it.
    if (this.#claimed.length === 0) this.#claimed = await redeliveries.claim({ name, ...standing }, limit);
    const claimed = this.#claimed;
    const rows = await feed.log.changesAt(claimed.map(({ position }) => position));
    if (claimed !== this.#claimed) return [];
    this.#claimed = [];
    this.out += claimed.length;
    this.#plan(claimed.length > 0 ? null : IDLE_MS);
    this.#news ||= claimed.length > 0;
    const changes = new Map(rows.map((row) => [row.position, new Change(row)]));
    return claimed.flatMap(({ position, scope, ...redelivery }) => {
      const change = changes.get(position);
      return change ? [{ change: { change, scope }, redelivery }] : [];
    });
  }

  #plan(dueIn: number | null): void {
    clearTimeout(this.#timer);
    this.#due = dueIn !== null && dueIn <= 0;
    if (dueIn === null || this.#due) return;
    this.#timer = setTimeout(
      () => {
        this.#due = true;
        this.options.onNews();
      },
      Math.min(dueIn, LONGEST_TIMER_MS),
    );
  }

  #tell(): void {
    for (const resolve of this.#listeners.splice(0)) resolve();
  }

  /** Later changes of a rejected one's key that were sent before the session heard of it are held too. */
  async #holdSent(standing: Standing, cause: Outlook['unheard'][number]): Promise<void> {
    const { redeliveries, name, feed } = this.options;
    const { place, sent } = standing;
    const filter = { ...place.filter, collections: [cause.collection], keys: [cause.key] };
    const playback = new Playback(feed, { ...place, position: cause.position, filter });
    const changes: ScopedChange[] = [];
    for (let before = -1n; playback.position < sent && playback.position !== before;) {
      before = playback.position;
      const page = await playback.next(PAGE);
      changes.push(...page.changes.filter(({ change }) => change.row.position <= sent));
    }
    await redeliveries.holdSent({ name, ...standing }, cause.position, changes.map(heldOf));
  }
}

const heldOf = ({ change: { row }, scope }: ScopedChange): HeldChange => {
  const { position, collection, key } = row;
  return { position, collection, key, scope };
};
