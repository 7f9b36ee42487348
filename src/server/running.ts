import { setImmediate } from 'node:timers/promises';
import type { Timers } from '../model/clock.js';

/** Counts the operations that are running, so that a stop can wait for them. */
export class Running {
  #count = 0;
  #whenIdle: (() => void)[] = [];

  constructor(readonly timers: Timers) {}

  /** Runs `work` and counts it until it has settled. */
  async track<T>(work: () => T | Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const wake of this.#whenIdle.splice(0)) wake();
    }
  }

  /** Resolves when no operation runs and the answers are written, or after `graceMs` milliseconds. */
  async settled(graceMs: number): Promise<void> {
    if (this.#count > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.timers.after(graceMs, resolve);
        this.#whenIdle.push(() => {
          cancel();
          resolve();
        });
      });
    }
    // The answer of the last operation is written in a later turn of the event loop.
    await setImmediate();
  }
}
