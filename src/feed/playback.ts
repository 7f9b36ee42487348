import { Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import type { StartPoint } from '../model/consumer.js';
import { pointOf } from '../model/cursor.js';
import type { Point, Position } from '../model/cursor.js';
import type { FilterMode, RowSelection } from '../model/selection.js';
import type { Log } from '../log/log.js';
import type { Tail } from './tail.js';

/** Positions that one read looks at, at most: bounds a read whose filter matches nothing in a long stretch of the log. */
const WINDOW = 10_000n;

/** What a reader makes of changes: `rows` may leave out none that `see` does not. */
export interface Look<T> {
  /** What SQL may leave out. */
  readonly rows: RowSelection;
  /** The change as the reader gets it; null: not at all. */
  see(change: Change, mode: FilterMode): T | null;
}

/** What a reader gets, and how far the read went: everything up to `through` that is not here is not for the reader. */
export interface PlaybackPage<T> {
  readonly changes: readonly T[];
  readonly through: Point;
}

interface Source {
  readonly log: Log;
  readonly tail: Tail;
}

/**
 * One subscription's position in the log. Behind the tail it pages from the log, filtered in SQL; within the tail it reads
 * memory. Live is catch-up with an empty backlog: the caller of `next` cannot tell where the changes came from.
 *
 * A snapshot is the same walk, up to where the log ended when it began, that leaves out changes which were not the newest of
 * their entity then. What happened after that end comes later, as the log has it: no seam, and a position in a snapshot is a
 * cursor like any other.
 */
export class Playback<T> {
  position: Position;

  constructor(
    readonly source: Source,
    readonly start: StartPoint,
    readonly look: Look<T>,
  ) {
    this.position = start.position;
  }

  /**
   * The feed must have come to this position before the playback can be at the head: the end of its snapshot, or where it
   * stands.
   */
  get needs(): Position {
    const { snapshotUntil } = this.start;
    return snapshotUntil !== null && snapshotUntil > this.position ? snapshotUntil : this.position;
  }

  /** Whether nothing lies between this position and the end of what the hub knows. */
  get atHead(): boolean {
    return this.position >= this.source.tail.head && this.needs === this.position;
  }

  /**
   * The next changes, `limit` at most and one at least, and moves on past them.
   * @throws HubError LOG_UNAVAILABLE; the position is then as before
   */
  async next(limit: number): Promise<PlaybackPage<T>> {
    const page = await this.#page(limit);
    if (page.through.position > this.position) this.position = page.through.position;
    return page;
  }

  #page(limit: number): Promise<PlaybackPage<T>> {
    const { snapshotUntil } = this.start;
    const { tail } = this.source;
    if (snapshotUntil !== null && this.position < snapshotUntil)
      return this.#fromSnapshot(limit, snapshotUntil);
    if (this.position >= tail.start) return Promise.resolve(this.#fromTail(limit));
    return this.#fromLog(limit, tail.end);
  }

  #fromTail(limit: number): PlaybackPage<T> {
    const changes: T[] = [];
    let through: Point = this.source.tail.end;
    for (const change of this.source.tail.after(this.position, Number(WINDOW))) {
      if (changes.length === limit) break;
      through = pointOf(change.row);
      const seen = this.look.see(change, 'log');
      if (seen !== null) changes.push(seen);
    }
    return { changes, through };
  }

  async #fromLog(limit: number, end: Point): Promise<PlaybackPage<T>> {
    const through = this.#windowEnd(end.position);
    const { rows, whole } = await this.source.log.changes({
      after: this.position,
      through,
      ...this.look.rows,
      limit,
    });
    const last = whole ? undefined : rows.at(-1);
    const seen = this.#seen(rows, 'log');
    if (last) return { changes: seen, through: pointOf(last) };
    return {
      changes: seen,
      through: through === end.position ? end : await this.source.log.points.at(through),
    };
  }

  async #fromSnapshot(limit: number, until: Position): Promise<PlaybackPage<T>> {
    const { rows, through } = await this.source.log.snapshot({
      after: this.position,
      through: this.#windowEnd(until),
      until,
      selection: this.look.rows,
      limit,
    });
    return { changes: this.#seen(rows, 'snapshot'), through };
  }

  #windowEnd(until: Position): Position {
    const end = this.position + WINDOW;
    return end < until ? end : until;
  }

  #seen(rows: readonly ChangeRow[], mode: FilterMode): T[] {
    return rows.flatMap((row) => {
      const seen = this.look.see(new Change(row), mode);
      return seen === null ? [] : [seen];
    });
  }
}
