/** One thing that must be so for a hub to be ready. */
export interface Check {
  readonly ok: boolean;
  /** What was found, in a few words. */
  readonly detail: string;
}

/** Whether the hub can serve, and what of it cannot. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Looks at one thing; answers what was found, or throws what is wrong. */
export type Probe = () => string | Promise<string>;

/** A probe that takes longer counts as failed, in milliseconds. */
const PROBE_MS = 3_000;

/** Runs all probes at once. */
export async function checkReadiness(probes: Readonly<Record<string, Probe>>): Promise<Readiness> {
  const entries = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) => [name, await check(probe)] as const),
  );
  return { ready: entries.every(([, one]) => one.ok), checks: Object.fromEntries(entries) };
}

async function check(probe: Probe): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PROBE_MS / 1_000} s`)), PROBE_MS);
  });
  try {
    return { ok: true, detail: await Promise.race([probe(), late]) };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
