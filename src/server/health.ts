import type { Vitals } from './vitals.js';
import { within } from './within.js';

/** One thing that must be so for a hub to be ready. */
export interface Check {
  readonly ok: boolean;
  /** What was found, in a few words. */
  readonly detail: string;
}

/** Whether the hub can serve, and what of it cannot. */
export interface Readiness {
  readonly ready: boolean;
  /** `up`, `down` or `in-process`. */
  readonly signal: string;
  /** Milliseconds between looks at the log's end: how late changes of other hubs are while the signal is down. */
  readonly pollMs: number;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Looks at one thing; answers what was found, or throws what is wrong. */
type Probe = () => string | Promise<string>;

/** A probe that takes longer counts as failed, in milliseconds. */
const PROBE_MS = 3_000;
/** The feed counts as stuck when it was not at the log's end for this long, in milliseconds. */
const FEED_STUCK_MS = 5_000;
/** Acknowledging counts as stuck when one has waited this long, in milliseconds. */
const ACKNOWLEDGING_STUCK_MS = 5_000;

/** Looks at everything at once. That the process lives says little; each of these says that work gets on. */
export async function checkReadiness(vitals: Vitals): Promise<Readiness> {
  const entries = await Promise.all(
    Object.entries(probesOf(vitals)).map(async ([name, probe]) => [name, await check(probe)] as const),
  );
  return {
    ready: entries.every(([, one]) => one.ok),
    signal: vitals.signal(),
    pollMs: vitals.pollMs,
    checks: Object.fromEntries(entries),
  };
}

function probesOf(vitals: Vitals): Readonly<Record<string, Probe>> {
  return {
    database: async () => `${await vitals.database()} answers`,
    migrations: async () => {
      if (await vitals.pendingMigrations()) throw new Error('migrations wait; restart the hub to run them');
      return 'none wait';
    },
    signal: () => {
      const state = vitals.signal();
      if (state === 'down')
        throw new Error(
          `redis does not answer; changes of other hubs arrive by polling, every ${vitals.pollMs} ms`,
        );
      return state;
    },
    feed: () => {
      const behindMs = vitals.feedBehindMs();
      if (behindMs > FEED_STUCK_MS) throw new Error(`not at the log's end for ${seconds(behindMs)}`);
      return `at ${vitals.head()}; looks every ${vitals.pollMs} ms`;
    },
    acknowledgements: async () => {
      const { oldestMs } = vitals.acknowledging;
      if (oldestMs > ACKNOWLEDGING_STUCK_MS)
        throw new Error(`the oldest has waited for ${seconds(oldestMs)} to be written`);
      await vitals.acknowledging.check();
      return 'are written';
    },
  };
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;

async function check(probe: Probe): Promise<Check> {
  try {
    return { ok: true, detail: await within(PROBE_MS, Promise.resolve().then(probe)) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
