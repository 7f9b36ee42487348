import { Change } from '../model/change.js';
import type { ChangeRow, Scope } from '../model/change.js';
import type { Cancel, Timers } from '../model/clock.js';
import type { Attempt, Position } from '../model/cursor.js';
import type { DueAttempt, Holder, Holding, Unheard } from './holding.js';
import type { HeldChange } from './statements.js';

/** Where nothing could be had of what was due, it is tried again after so many milliseconds. */
const IDLE_MS = 1_000;
/** Timers know no longer times; one that ends too early only leads to another look. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A change that is redelivered. */
export interface Redelivered {
  readonly change: Change;
  readonly scope: Scope;
  readonly redelivery: Attempt;
}

/** What is to be sent now. */
export interface Due {
  readonly due: readonly Redelivered[];
  readonly read: readonly DueAttempt[];
}

export interface SessionRetryOptions {
  readonly holding: Holding;
  readonly timers: Timers;
  /** The changes at these positions, in log order; not `whole`: only the first of them, as bytes allow. */
  readonly changesAt: (
    positions: readonly Position[],
  ) => Promise<{ readonly rows: readonly ChangeRow[]; readonly whole: boolean }>;
  /** The changes of the cause's key that the session has sent after it in the log's order, page by page. */
  readonly sentAfter: (cause: Unheard) => AsyncIterable<readonly HeldChange[]>;
  /** An attempt is due, or something is to be re-read. */
  readonly onNews: () => void;
}

/**
 * What one session does about the changes that its consumer rejected: it sends those that are due, alone, and holds later
 * changes of their keys. What is rejected stands in the database; a session keeps only whether there is anything, so it costs
 * no memory however much waits. The session calls it from its loop, one call at a time.
 */
export class SessionRetry {
  /** Attempts that are out to the session. */
  out = 0;
  #news: boolean;
  #due = false;
  #tookTurn = false;
  #waits = false;
  #last: Position | null = null;
  #cancel: Cancel = () => undefined;
  /** Marked as out to this session in the database, and not sent yet: no other session would send them. */
  #claimed: readonly DueAttempt[] = [];
  #claims = 0;
  /** The number of a claim that was not answered: it may have marked attempts as out that the session does not know. */
  #lost: number | null = null;
  #listeners: (() => void)[] = [];
  /** Counts resets: what was asked before one is not true after it. */
  #resets = 0;

  /** @param news whether there may be rejections */
  constructor(
    readonly options: SessionRetryOptions,
    news: boolean,
  ) {
    this.#news = news;
  }

  /** Whether the session must re-read what waits before it sends anything. */
  get hasNews(): boolean {
    return this.#news;
  }

  /**
   * Whether it is an attempt's turn. Redeliveries and new changes take turns, or the many of one kind would keep the other out
   * of the window.
   * @param nothingNew whether no new change is there to be sent
   */
  hasTurn(nothingNew: boolean): boolean {
    return (this.#due || this.#claimed.length > 0) && (nothingNew || !this.#tookTurn);
  }

  /** Whether changes after `position` may have to be held. */
  mayHold(position: Position): boolean {
    return this.#news || this.#waits || (this.#last !== null && position < this.#last);
  }

  /** Something happened to the consumer's rejections, or may have. */
  touched(): void {
    this.#news = true;
    this.options.onNews();
  }

  /** Resolves when what happened was re-read and is in force, or could not be. */
  settled(): Promise<void> {
    if (!this.#news) return Promise.resolve();
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  /** Forgets what it knew: the consumer was sought, or the session is over. */
  reset(): void {
    this.#resets += 1;
    this.#plan(null);
    this.#claimed = [];
    this.#lost = null;
    this.out = 0;
    this.#tell();
  }

  /** Re-reads what waits, and holds what has to be. @throws HubError as `Holding.hold`; there is still news then */
  async look(holder: Holder): Promise<void> {
    const { holding, sentAfter } = this.options;
    const resets = this.#resets;
    this.#news = false;
    try {
      const claimed = this.#claimed.map(({ position }) => position);
      const outlook = await holding.outlook(holder, { lost: this.#lost, claimed });
      for (const cause of outlook.unheard) {
        for await (const sent of sentAfter(cause)) await holding.holdSent(holder, cause, sent);
        await holding.heard(holder, cause);
      }
      if (resets !== this.#resets) return;
      this.#waits = outlook.waits;
      this.#last = outlook.last;
      this.#lost = null;
      this.#claimed = this.#claimed.filter(({ position }) => outlook.claimed.includes(position));
      this.out = outlook.out - this.#claimed.length;
      this.#plan(outlook.dueIn);
      // What was held now waits too, and a long list of what is unheard comes in parts.
      if (outlook.unheard.length > 0) this.#news = true;
      if (!this.#news) this.#tell();
    } catch (error) {
      // Who waited for what was asked before a reset was answered by the reset.
      if (resets === this.#resets) {
        this.#news = true;
        this.#tell();
      }
      throw error;
    }
  }

  /**
   * Of changes that are about to be sent, those that may be; the others are held.
   * @throws HubError LOG_UNAVAILABLE; CONSUMER_TAKEN_OVER where the session no longer is what it thinks, and was told so
   */
  async passing<T extends HeldChange>(holder: Holder, changes: readonly T[]): Promise<readonly T[]> {
    this.#tookTurn = false;
    const [first] = changes;
    if (!first || !this.mayHold(first.position - 1n)) return changes;
    const held = await this.options.holding.hold(holder, changes);
    return changes.filter(({ position }) => !held.has(position));
  }

  /** Marks what is due as out to the session, `limit` at most. @throws HubError LOG_UNAVAILABLE; it must look again then */
  async claim(holder: Holder, limit: number): Promise<void> {
    this.#tookTurn = true;
    if (this.#claimed.length > 0) return;
    const resets = this.#resets;
    const number = (this.#claims += 1);
    try {
      const claimed = await this.options.holding.claim(holder, number, limit);
      if (resets !== this.#resets) return;
      this.#claimed = claimed;
      this.#plan(claimed.length > 0 ? null : IDLE_MS);
    } catch (error) {
      // What was out before a reset is out to nobody after it.
      if (resets === this.#resets) {
        this.#lost = number;
        this.#news = true;
      }
      throw error;
    }
  }

  /** What was claimed, with its changes, as much as bytes allow. @throws HubError LOG_UNAVAILABLE; it stays claimed */
  async read({ id }: Holder): Promise<Due> {
    const positions = this.#claimed.map(({ position }) => position);
    const { rows, whole } = await this.options.changesAt(positions);
    const changes = new Map(rows.map((row) => [row.position, new Change(row)]));
    const last = rows.at(-1)?.position ?? 0n;
    const read = whole ? this.#claimed : this.#claimed.filter(({ position }) => position <= last);
    const due = read.flatMap(({ position, scope, attempt, ticket }) => {
      const change = changes.get(position);
      return change ? [{ change, scope, redelivery: { consumer: id, attempt, ticket } }] : [];
    });
    return { due, read };
  }

  /** What was read is being sent: from now on it takes room in the window. The rest stays claimed. */
  sending({ read }: Due): void {
    this.out += read.length;
    const sent = new Set(read);
    this.#claimed = this.#claimed.filter((attempt) => !sent.has(attempt));
    // When the next one is due is known to the database only.
    if (read.length > 0) this.#news = true;
  }

  #plan(dueIn: number | null): void {
    this.#cancel();
    this.#due = dueIn !== null && dueIn <= 0;
    if (dueIn === null || this.#due) return;
    this.#cancel = this.options.timers.after(Math.min(dueIn, LONGEST_TIMER_MS), () => {
      this.#due = true;
      this.options.onNews();
    });
  }

  #tell(): void {
    for (const resolve of this.#listeners.splice(0)) resolve();
  }
}
