import { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { matcher } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Log } from '../log/log.js';
import type { Tail } from './tail.js';

/** Positions that one read looks at, at most: bounds a read whose filter matches nothing in a long stretch of the log. */
const WINDOW = 10_000n;

/** Matching changes, and how far the look went: everything up to `through` that is not here did not match. */
export interface Page {
  readonly changes: readonly Change[];
  readonly through: Position;
}

interface Source {
  readonly log: Log;
  readonly tail: Tail;
}

/**
 * One subscription's place in the log. Behind the tail it pages from the log, filtered in SQL; within the tail it reads
 * memory. Live is catch-up with an empty backlog: who calls `next` cannot tell where the changes came from.
 */
export class Playback {
  readonly #matches: (change: Change) => boolean;

  constructor(
    readonly source: Source,
    /** Everything up to here was handed out or did not match. */
    public position: Position,
    readonly filter: ChangeFilter,
  ) {
    this.#matches = matcher(filter);
  }

  /** Whether nothing lies between this place and the end of what the hub knows. */
  get atHead(): boolean {
    return this.position >= this.source.tail.head;
  }

  /**
   * The next matching changes, `limit` at most, and moves on past them.
   * @throws HubError LOG_UNAVAILABLE; the place is then as before
   */
  async next(limit: number): Promise<Page> {
    const page = this.position >= this.source.tail.start ? this.#fromTail(limit) : await this.#fromLog(limit);
    this.position = page.through;
    return page;
  }

  #fromTail(limit: number): Page {
    const { tail } = this.source;
    const candidates = tail.after(this.position, Number(WINDOW));
    const changes: Change[] = [];
    let through = this.position;
    for (const change of candidates) {
      if (changes.length === limit) break;
      through = change.row.position;
      if (this.#matches(change)) changes.push(change);
    }
    return { changes, through };
  }

  async #fromLog(limit: number): Promise<Page> {
    const { log, tail } = this.source;
    const end = this.position + WINDOW;
    const through = end < tail.head ? end : tail.head;
    const rows = await log.changes({ after: this.position, through, filter: this.filter, limit });
    const full = rows.length === limit;
    return {
      changes: rows.map((row) => new Change(row)),
      through: full ? (rows.at(-1)?.position ?? through) : through,
    };
  }
}
