import type { Position } from '../model/cursor.js';
import { Queue } from '../model/queue.js';
import type { VisibleChange } from '../view/view.js';

/** Changes that were delivered and are not acknowledged: at most `size` of them. */
export class Window {
  readonly #positions = new Queue<Position>();

  /** @param size how many may be in flight; Infinity where nothing is acknowledged */
  constructor(readonly size: number) {}

  get inFlight(): number {
    return this.#positions.length;
  }

  /** How many more may be sent. */
  get room(): number {
    return this.size - this.inFlight;
  }

  sent(changes: readonly VisibleChange[]): void {
    if (this.size === Number.POSITIVE_INFINITY) return;
    for (const { position } of changes) this.#positions.push(position);
  }

  /** Everything up to `position` is acknowledged. */
  acknowledged(position: Position): void {
    while ((this.#positions.first ?? position + 1n) <= position) this.#positions.drop(1);
  }
}
