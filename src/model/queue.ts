/** Dropped slots are cut off once there are more than this many, and more than half of the list. */
const CUT_AFTER = 256;

/**
 * A first-in, first-out list. Dropping from the front costs nothing in proportion to what stays: dropped slots are
 * cleared at once and cut off from time to time.
 */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  /** Where in #items the first item is. */
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  get first(): T | undefined {
    return this.#items[this.#first];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Up to `count` items, in order, without taking them out. @param from how many items to pass over; default: none */
  peek(count: number, from = 0): T[] {
    const start = this.#first + from;
    return this.#items.slice(start, start + count) as T[];
  }

  /** The items in order. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = this.#first; i < this.#items.length; i += 1) yield this.#items[i] as T;
  }

  /** Takes out the first `count` items; all of them where there are fewer. */
  drop(count: number): void {
    const end = Math.min(this.#first + count, this.#items.length);
    // What was dropped must not stay in memory until the list is cut off.
    while (this.#first < end) this.#items[this.#first++] = undefined;
    if (this.#first > CUT_AFTER && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }
}
