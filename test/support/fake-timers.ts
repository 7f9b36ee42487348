import type { Cancel, Timers } from '../../src/model/clock.js';

interface Timer {
  readonly work: () => void;
  /** Milliseconds between two runs; null: runs once. */
  readonly everyMs: number | null;
  dueAt: number;
}

/** Timers whose time passes only when the test says so. Starts at 0. */
export class FakeTimers implements Timers {
  readonly #timers = new Set<Timer>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  /** Timers that have not ended and are not cancelled: 0 where everything was released. */
  get pending(): number {
    return this.#timers.size;
  }

  after(ms: number, work: () => void): Cancel {
    return this.#add({ work, everyMs: null, dueAt: this.#now + ms });
  }

  every(ms: number, work: () => void): Cancel {
    if (ms <= 0) throw new RangeError(`every(${ms}) would never end`);
    return this.#add({ work, everyMs: ms, dueAt: this.#now + ms });
  }

  /**
   * Moves the time forward by `ms` milliseconds and runs all work that becomes due, in order of time (equal times: in order
   * of starting), with `now()` at the due time of each. Work that a run starts counts too. Does not wait for promises.
   */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = next.dueAt;
      // Out and in again: among equal times the timer that was started last runs last.
      this.#timers.delete(next);
      if (next.everyMs !== null) {
        next.dueAt += next.everyMs;
        this.#timers.add(next);
      }
      next.work();
    }
    this.#now = end;
  }

  /** Moves the time forward by `ms` milliseconds before any timer runs, as when the process was suspended. */
  suspend(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.dueAt = Math.max(timer.dueAt, this.#now);
    this.advance(0);
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** The first timer that is due at `end` or before. */
  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && (!first || timer.dueAt < first.dueAt)) first = timer;
    }
    return first;
  }
}
