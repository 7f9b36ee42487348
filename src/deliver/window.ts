import type { ScopedChange } from '../model/change.js';
import type { Position } from '../model/cursor.js';

/** Changes that were delivered and are not acknowledged: at most `size` of them. */
export class Window {
  #positions: Position[] = [];
  /** Where in #positions the oldest that is not acknowledged is; what is before is cut off from time to time. */
  #first = 0;

  /** @param size how many may be in flight; Infinity where nothing is acknowledged */
  constructor(readonly size: number) {}

  get inFlight(): number {
    return this.#positions.length - this.#first;
  }

  /** How many more may be sent. */
  get room(): number {
    return this.size - this.inFlight;
  }

  sent(changes: readonly ScopedChange[]): void {
    if (this.size === Number.POSITIVE_INFINITY) return;
    for (const { change } of changes) this.#positions.push(change.row.position);
  }

  /** Everything up to `position` is acknowledged. */
  acknowledged(position: Position): void {
    while (this.inFlight > 0 && (this.#positions[this.#first] ?? position) <= position) this.#first += 1;
    if (this.#first > 256 && this.#first * 2 > this.#positions.length) {
      this.#positions = this.#positions.slice(this.#first);
      this.#first = 0;
    }
  }
}
