import { HubError } from '../model/errors.js';

/** After a failed read the next attempt waits this long, in milliseconds. */
const RETRY_MS = 500;

/** Where a loop waits until somebody wakes it. */
export class Wake {
  #wake: (() => void) | null = null;

  /** Resolves at the next `up()`. */
  sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves after so many milliseconds, or at the next `up()`. */
  async pause(ms: number): Promise<void> {
    const woken = this.sleep();
    const timer = setTimeout(() => this.up(), ms);
    await woken;
    clearTimeout(timer);
  }

  /** Reads; where the database went away it waits a little, or until `up()`, and answers null. */
  async retrying<T>(read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      await this.pause(RETRY_MS);
      return null;
    }
  }

  up(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
