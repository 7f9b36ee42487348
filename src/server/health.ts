import type { Timers } from '../model/clock.js';
import type { Vitals } from './vitals.js';
import { withTimeout } from './with-timeout.js';

/** The result of one readiness check. */
interface Check {
  readonly ok: boolean;
  /** What was found: a phrase for an operator. */
  readonly detail: string;
}

/** Whether the hub can serve, and the result of every check. */
export interface Readiness {
  /** Whether every check passed, but the signal's. */
  readonly ready: boolean;
  /** `up`, `down` or `in-process`. */
  readonly signal: string;
  /** Poll interval in milliseconds: the longest delay of other hubs' changes while the signal is down. */
  readonly pollMs: number;
  readonly checks: Readonly<Record<string, Check>>;
}

/**
 * The check that does not count. While Redis is away, polls find the changes of other hubs, and the check of the feed says
 * whether they do; all hubs lose Redis at once, and none of them would be left to serve.
 */
const FAST_PATH = 'signal';

/** Checks one thing: returns what was found, or throws what is wrong. */
type Probe = () => string | Promise<string>;

/** A probe that takes longer has failed, in milliseconds. */
const PROBE_MS = 3_000;
/**
 * The feed is stuck when it was last at the log's end longer ago than this, in milliseconds, and longer ago than this many
 * polls: without new changes it learns that it is at the end only by polling.
 */
const FEED_STUCK_MS = 5_000;
const FEED_STUCK_POLLS = 3;
/** Acknowledging is stuck when an acknowledgement has waited longer than this, in milliseconds. */
const ACKNOWLEDGING_STUCK_MS = 5_000;

/** Runs all checks concurrently; each takes 3 s at most. A check that fails never hides the others. */
export async function checkReadiness(vitals: Vitals, timers: Timers): Promise<Readiness> {
  const entries = await Promise.all(
    Object.entries(probesOf(vitals)).map(
      async ([name, probe]) => [name, await check(probe, timers)] as const,
    ),
  );
  return {
    ready: entries.every(([name, { ok }]) => ok || name === FAST_PATH),
    signal: vitals.signal(),
    pollMs: vitals.pollMs,
    checks: Object.fromEntries(entries),
  };
}

function probesOf(vitals: Vitals): Readonly<Record<string, Probe>> {
  return {
    database: async () => `${await vitals.database()} answers`,
    migrations: async () => {
      if (await vitals.pendingMigrations())
        throw new Error('migrations are pending; restart the hub to run them');
      return 'none pending';
    },
    signal: () => {
      const state = vitals.signal();
      if (state === 'down')
        throw new Error(
          `Redis does not answer; changes of other hubs are found by polling every ${vitals.pollMs} ms`,
        );
      return state;
    },
    feed: () => {
      const behindMs = vitals.feedBehindMs();
      if (behindMs > Math.max(FEED_STUCK_MS, FEED_STUCK_POLLS * vitals.pollMs))
        throw new Error(`last at the end of the log ${seconds(behindMs)} ago`);
      return `at position ${vitals.head()}; polls every ${vitals.pollMs} ms`;
    },
    acknowledgements: async () => {
      const { oldestMs } = vitals.acknowledging;
      if (oldestMs > ACKNOWLEDGING_STUCK_MS)
        throw new Error(`the oldest has waited ${seconds(oldestMs)} to be written`);
      await vitals.acknowledging.check();
      return 'are written';
    },
  };
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

async function check(probe: Probe, timers: Timers): Promise<Check> {
  try {
    return { ok: true, detail: await withTimeout(PROBE_MS, Promise.resolve().then(probe), timers) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
