import type { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';

/** What a change weighs beside its texts: the object, its row, its short fields. A round figure, on the high side. */
const CHANGE_OVERHEAD = 600;
/** A text, and what it becomes once somebody has looked into it, weigh about so many times the text. */
const PARSED = 5;

/**
 * The newest changes in memory: contiguous, in order, bounded by bytes. Oldest go first when it is full; readers behind it
 * read from the log.
 */
export class Tail {
  #changes: (Change | undefined)[] = [];
  /** Where in #changes the first kept one is; what is before is cut off from time to time. */
  #first = 0;
  #bytes = 0;

  /** @param head the place after which the tail begins @param maxBytes what it may weigh */
  constructor(
    public head: Position,
    readonly maxBytes: number,
  ) {}

  /** Everything after this place, up to the head, is here. */
  get start(): Position {
    return this.head - BigInt(this.#changes.length - this.#first);
  }

  /** Takes changes that follow the head directly. */
  push(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.row.position !== this.head + 1n) {
        throw new Error(`Change ${change.row.position} does not follow the tail's end at ${this.head}.`);
      }
      this.#changes.push(change);
      this.head = change.row.position;
      this.#bytes += weight(change);
    }
    while (this.#bytes > this.maxBytes && this.#first < this.#changes.length) this.#dropOldest();
    if (this.#first > 1_024 && this.#first * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Changes after a place that is within the tail; `limit` at most. */
  after(position: Position, limit: number): readonly Change[] {
    const from = this.#first + Number(position - this.start);
    return this.#changes.slice(from, from + limit).filter((change) => change !== undefined);
  }

  #dropOldest(): void {
    const oldest = this.#changes[this.#first];
    if (oldest) this.#bytes -= weight(oldest);
    // The list is cut off from time to time only; what was dropped must not live on in it until then.
    this.#changes[this.#first] = undefined;
    this.#first += 1;
  }
}

const weight = ({ row }: Change): number =>
  CHANGE_OVERHEAD +
  PARSED * ((row.after?.length ?? 0) + (row.undo?.length ?? 0) + (row.headers?.length ?? 0));
