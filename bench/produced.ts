/**
 * Memory of a hub whose callers send little and make much: each of six callers sends 1,000 PATCHes of 10 bytes to an
 * entity of 250 kB, in one call, and then calls of as many as one call may hold, one after another. Prints the resident
 * memory of the hub when it is idle and at its peak in each part, in MB, and how the calls were answered. Linux only.
 *
 *   npm run bench:produced                 both databases
 *   npm run bench:produced -- postgres     one of them
 */
import { readFileSync } from 'node:fs';
import { startBenchHub } from './hub.js';
import type { BenchHub, DatabaseName } from './hub.js';

const CALLERS = 6;
const PER_CALL = 1_000;
/** About as many as one call may hold: 60 times 250 kB. */
const FITTING = 60;
const FITTING_CALLS = 8;

const PUBLISH = `mutation ($changes: [ChangeInput!]!) {
  publish(source: "bench", changes: $changes) { cursor results { outcome } }
}`;

/** Publishes; answers the code of the error, or `recorded`, or `aborted` where the hub does not answer. */
async function publish({ url }: BenchHub, changes: readonly object[]): Promise<string> {
  const body = JSON.stringify({ query: PUBLISH, variables: { changes } });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body }).catch(() => null);
  if (!response) return 'aborted';
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code ?? 'recorded';
}

const patches = (key: string, count: number, from: number): object[] =>
  Array.from({ length: count }, (_, n) => ({
    collection: 'entities',
    key,
    write: 'PATCH',
    data: { n: n + from },
  }));

/** Resident memory in MB, now or at its peak. */
function resident(hub: BenchHub, field: 'VmRSS' | 'VmHWM'): number | string {
  if (!hub.running()) return 'aborted';
  const status = readFileSync(`/proc/${hub.pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024);
}

async function measure(database: DatabaseName): Promise<Record<string, string | number>> {
  const hub = await startBenchHub(database);
  const idle = resident(hub, 'VmRSS');
  const keys = Array.from({ length: CALLERS }, (_, n) => `large ${n}`);
  for (const key of keys)
    await publish(hub, [{ collection: 'entities', key, data: { text: 'x'.repeat(250_000) } }]);
  const answers = await Promise.all(keys.map((key) => publish(hub, patches(key, PER_CALL, 0))));
  const peak = resident(hub, 'VmHWM');
  const load = async (key: string): Promise<void> => {
    for (let n = 1; n <= FITTING_CALLS; n += 1) await publish(hub, patches(key, FITTING, n * PER_CALL));
  };
  await Promise.all(keys.map(load));
  const sustained = resident(hub, 'VmHWM');
  await hub.stop();
  return {
    'idle MB': idle,
    'peak MB, 6 calls of 1,000': peak,
    answered: [...new Set(answers)].join(', '),
    'peak MB, 48 calls of 60': sustained,
  };
}

const databases = (
  process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['sqlite', 'postgres']
) as DatabaseName[];
const table: Record<string, Record<string, string | number>> = {};
for (const database of databases) table[database] = await measure(database);
console.table(table);
process.exit(0);
