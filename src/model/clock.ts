/** Milliseconds since 1970-01-01 UTC, by the wall clock; an argument wherever the date matters, so that tests can set it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Cancels a timer; calling it again, or after the timer has ended, does nothing. */
export type Cancel = () => void;

/**
 * Monotonic time and timers; an argument wherever code waits or measures a duration, so that tests can set the time.
 * Default: `systemTimers`.
 */
export interface Timers {
  /** Milliseconds since an arbitrary start, with fractions; never goes back. Only differences have a meaning. */
  now(): number;
  /** Runs `work` once, `ms` milliseconds from now. */
  after(ms: number, work: () => void): Cancel;
  /** Runs `work` every `ms` milliseconds, the first time `ms` milliseconds from now, until it is cancelled. */
  every(ms: number, work: () => void): Cancel;
}

/** The process's own timers. A timer that is not cancelled keeps the process alive. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
};
