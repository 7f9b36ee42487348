import { setImmediate } from 'node:timers/promises';

/** Counts what is under way, so that a stop can wait for it. */
export class Running {
  #count = 0;
  #whenIdle: (() => void)[] = [];

  /** Runs `work` and counts it until it is done. */
  async track<T>(work: () => T | Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const wake of this.#whenIdle.splice(0)) wake();
    }
  }

  /** Resolves when nothing is under way and what came of it is written, or after `graceMs` milliseconds. */
  async settled(graceMs: number): Promise<void> {
    if (this.#count > 0) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([new Promise<void>((resolve) => this.#whenIdle.push(resolve)), late]);
      clearTimeout(timer);
    }
    // The answer of what ended last is written in a later turn.
    await setImmediate();
  }
}
