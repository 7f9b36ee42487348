import { setImmediate } from 'node:timers/promises';
import { Queue } from '../model/queue.js';

export interface GroupCommitOptions<T> {
  /** How many of the waiting items, counted from the first, may form one group. Default: all. At least one is taken. */
  readonly take?: (waiting: Iterable<T>) => number;
  /**
   * Writes a group and answers each item that it settles. It must not throw. It answers how many items it settled, counted
   * from the first and at least one; the others are the first ones of the next group.
   */
  readonly write: (group: readonly T[]) => Promise<number>;
}

/**
 * Writes items in groups, one group at a time and in order: what arrives while one write is under way goes into the next,
 * so that the cost of a commit is paid once a group.
 */
export class GroupCommit<T> {
  readonly #queue = new Queue<T>();
  #running: Promise<void> | null = null;

  constructor(readonly options: GroupCommitOptions<T>) {}

  /** The item that has waited longest, also while it is being written; undefined where none waits. */
  get oldest(): T | undefined {
    return this.#queue.first;
  }

  add(item: T): void {
    this.#queue.push(item);
    this.#running ??= this.#run();
  }

  /** Resolves when every item that was added is settled. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    const { take, write } = this.options;
    while (this.#queue.length > 0) {
      // All items that the sockets hold ready go into the group: a write that blocks this process (SQLite's does) would
      // otherwise begin with the first of them alone, and be paid for every item.
      await setImmediate();
      const count = take ? Math.max(1, take(this.#queue)) : this.#queue.length;
      this.#queue.drop(await write(this.#queue.peek(count)));
    }
    this.#running = null;
  }
}
