import type { Timers } from '../model/clock.js';

/** Resolves or rejects as `work` does, or rejects after `ms` milliseconds; the work itself is not cancelled. */
export async function withTimeout<T>(ms: number, work: Promise<T>, timers: Timers): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = timers.after(ms, () => reject(new Error(`no answer after ${ms / 1_000} s`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
