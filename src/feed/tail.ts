import { TEXTS } from '../model/change.js';
import type { Change } from '../model/change.js';
import { pointOf } from '../model/cursor.js';
import type { Point, Position } from '../model/cursor.js';
import { Queue } from '../model/queue.js';

/** Bytes that a change occupies beside its texts: the object, its row, its short fields; rounded up. */
const CHANGE_OVERHEAD = 800;
/** Bytes in memory for each character of a text, once it has been parsed. */
const PARSED = 5;

/**
 * The newest changes in memory: contiguous, in order, bounded by bytes. The oldest are dropped when it is full; readers
 * behind it read from the log.
 */
export class Tail {
  readonly #changes = new Queue<Change>();
  #bytes = 0;

  /** @param end the point after which the tail begins @param maxBytes how much memory it may occupy */
  constructor(
    public end: Point,
    readonly maxBytes: number,
  ) {}

  /** The position of the newest change. */
  get head(): Position {
    return this.end.position;
  }

  /** Everything after this place, up to the head, is here. */
  get start(): Position {
    return this.head - BigInt(this.#changes.length);
  }

  /** Takes changes that follow the head directly. @throws Error where they do not */
  push(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.row.position !== this.head + 1n) {
        throw new Error(`Change ${change.row.position} does not follow the tail's end at ${this.head}.`);
      }
      this.#changes.push(change);
      this.end = pointOf(change.row);
      this.#bytes += weight(change);
    }
    while (this.#bytes > this.maxBytes && this.#changes.first) {
      this.#bytes -= weight(this.#changes.first);
      this.#changes.drop(1);
    }
  }

  /** The point at a position of a change that is here; null: it is not. */
  pointAt(position: Position): Point | null {
    if (position === this.head) return this.end;
    const [change] = position > this.start && position < this.head ? this.after(position - 1n, 1) : [];
    return change ? pointOf(change.row) : null;
  }

  /** Changes after a position that is within the tail; `limit` at most. */
  after(position: Position, limit: number): readonly Change[] {
    return this.#changes.peek(limit, Number(position - this.start));
  }
}

const weight = ({ row }: Change): number =>
  CHANGE_OVERHEAD + PARSED * TEXTS.reduce((sum, field) => sum + (row[field]?.length ?? 0), 0);
