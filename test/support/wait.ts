import { setTimeout as sleep } from 'node:timers/promises';

import { ignore } from './ignore.js';

type Falsy = false | 0 | 0n | '' | null | undefined;

export interface WaitOptions {
  /** What is waited for, in words that complete "timed out waiting for …". */
  what: string;
  timeoutMs?: number;
  intervalMs?: number;
}

/** Thrown when the deadline passes; `cause` holds the last failure of the check, if it threw. */
export class WaitTimeoutError extends Error {
  override name = 'WaitTimeoutError';
}

/**
 * Polls until `check` gives a truthy value, and gives that value. A throw counts as "not yet". The deadline
 * also covers a check that hangs, because a test of a stalled link is exactly where one would.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { what, timeoutMs = 10_000, intervalMs = 20 }: WaitOptions,
): Promise<Exclude<T, Falsy>> {
  const deadline = Date.now() + timeoutMs;
  let failure: unknown = new Error('the check did not finish once');
  do {
    try {
      const value = await withDeadline(check, deadline);
      if (value) return value as Exclude<T, Falsy>;
      failure = new Error(`the last answer was ${String(value)}`);
    } catch (error) {
      if (!(error instanceof CheckHung)) failure = error;
    }
    await sleep(Math.max(1, Math.min(intervalMs, deadline - Date.now())));
  } while (Date.now() < deadline);
  throw new WaitTimeoutError(
    `timed out after ${timeoutMs} ms waiting for ${what}: ${failure instanceof Error ? failure.message : String(failure)}`,
    { cause: failure },
  );
}

/**
 * Polls until `assertion` stops throwing. Apart from `eventually` so that a check which finds nothing
 * (`rows.find(…)`) and an assertion which returns nothing (`expect(…).toBe(…)`) cannot be mistaken.
 */
export async function eventuallyPasses(
  assertion: () => void | Promise<void>,
  options: WaitOptions,
): Promise<void> {
  await eventually(async () => {
    await assertion();
    return true;
  }, options);
}

class CheckHung extends Error {}

async function withDeadline<T>(check: () => T | Promise<T>, deadline: number): Promise<T> {
  const cancel = new AbortController();
  const timeout = sleep(Math.max(1, deadline - Date.now()), undefined, { signal: cancel.signal }).then(
    () => {
      throw new CheckHung();
    },
    () => new Promise<never>(ignore),
  );
  try {
    return await Promise.race([check(), timeout]);
  } finally {
    cancel.abort();
  }
}
