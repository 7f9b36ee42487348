/** How long a rejected change waits for its next attempt. */
export interface Backoff {
  /** Milliseconds after the first rejection, at most. */
  readonly firstMs: number;
  /** Milliseconds after any rejection, at most. */
  readonly longestMs: number;
}

/**
 * Milliseconds until the next attempt: twice as long after every rejection, and between half and all of that by chance, so
 * that changes which were rejected together are not retried together.
 * Source: "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015), equal jitter.
 * @param attempts how often it was tried, 1 or more
 * @param chance 0 up to, not including, 1
 */
export function backoffMs(attempts: number, { firstMs, longestMs }: Backoff, chance: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** (attempts - 1));
  return Math.round(whole / 2 + (whole / 2) * chance);
}
