import { Change } from '../model/change.js';
import type { ScopedChange } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { matcher, snapshotMatcher } from '../model/filter.js';
import type { ChangeFilter, Matcher } from '../model/filter.js';
import type { StartPlace } from '../model/consumer.js';
import type { Log } from '../log/log.js';
import type { Tail } from './tail.js';

/** Positions that one read looks at, at most: bounds a read whose filter matches nothing in a long stretch of the log. */
const WINDOW = 10_000n;

/** Matching changes, and how far the look went: everything up to `through` that is not here did not match. */
export interface Page {
  readonly changes: readonly ScopedChange[];
  readonly through: Position;
}

interface Source {
  readonly log: Log;
  readonly tail: Tail;
}

/** Where a reader begins, and what it wants. */
export interface Place extends StartPlace {
  readonly filter: ChangeFilter;
}

/**
 * One subscription's place in the log. Behind the tail it pages from the log, filtered in SQL; within the tail it reads
 * memory. Live is catch-up with an empty backlog: who calls `next` cannot tell where the changes came from.
 *
 * A snapshot is the same walk, up to where the log ended when it began, that passes over changes which are not the newest
 * of their entity any more. An entity that changes meanwhile moves behind that end and comes later: no seam, and a place in
 * a snapshot is a cursor like any other.
 */
export class Playback {
  position: Position;
  readonly #matches: Matcher;
  readonly #matchesNow: Matcher;

  constructor(
    readonly source: Source,
    readonly place: Place,
  ) {
    this.position = place.position;
    this.#matches = matcher(place.filter);
    this.#matchesNow = snapshotMatcher(place.filter);
  }

  /** Whether nothing lies between this place and the end of what the hub knows. */
  get atHead(): boolean {
    const { snapshotUntil } = this.place;
    return (
      this.position >= this.source.tail.head && (snapshotUntil === null || this.position >= snapshotUntil)
    );
  }

  /**
   * The next matching changes, `limit` at most, and moves on past them.
   * @throws HubError LOG_UNAVAILABLE; the place is then as before
   */
  async next(limit: number): Promise<Page> {
    const page = await this.#page(limit);
    this.position = page.through;
    return page;
  }

  async #page(limit: number): Promise<Page> {
    const { snapshotUntil } = this.place;
    const { tail } = this.source;
    if (snapshotUntil !== null && this.position < snapshotUntil)
      return this.#fromLog(limit, snapshotUntil, true);
    if (this.position >= tail.start) return this.#fromTail(limit);
    return this.#fromLog(limit, tail.head, false);
  }

  #fromTail(limit: number): Page {
    const candidates = this.source.tail.after(this.position, Number(WINDOW));
    const changes: ScopedChange[] = [];
    let through = this.position;
    for (const change of candidates) {
      if (changes.length === limit) break;
      through = change.row.position;
      const scope = this.#matches(change);
      if (scope !== null) changes.push({ change, scope });
    }
    return { changes, through };
  }

  async #fromLog(limit: number, until: Position, snapshot: boolean): Promise<Page> {
    const end = this.position + WINDOW;
    const through = end < until ? end : until;
    const { filter } = this.place;
    const rows = await this.source.log.changes({ after: this.position, through, filter, snapshot, limit });
    const matches = snapshot ? this.#matchesNow : this.#matches;
    const changes = rows.flatMap((row) => {
      const change = new Change(row);
      const scope = matches(change);
      return scope === null ? [] : [{ change, scope }];
    });
    return { changes, through: rows.length === limit ? (rows.at(-1)?.position ?? through) : through };
  }
}
