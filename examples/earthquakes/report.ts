/** What is told at the end: a table, and whether everything is as it should be. */
import type { Connection } from './connection.js';
import { lagOf, verify, verifyHub } from './verify.js';
import type { Following, Sent } from './verify.js';

/** How far behind a consumer is, by name. */
type Lags = ReadonlyMap<string, number>;

const COLUMNS = ['published', 'delivered', 'duplicates', 'acknowledged', 'lag', 'p50 ms', 'p99 ms'];
const NAME_WIDTH = 10;
const GAP = 2;

/** Prints the table, and a sentence for everything that is not as it should be; answers whether all is well. */
export async function conclude(
  hub: Connection,
  followings: readonly Following[],
  sent: Sent,
): Promise<boolean> {
  const lags = new Map<string, number>();
  for (const { name } of followings) lags.set(name, await lagOf(hub, name));
  console.log(`\n${table(followings, lags)}\n`);
  console.log('published: what the filter lets through. p50, p99: from publish to receipt, while connected.');
  console.log(
    `${count(sent.repeated)} reports were sent twice on purpose; DUPLICATE, said the hub, ` +
      `${count(sent.answered('DUPLICATE'))} times.`,
  );
  const lacks = await verifyHub(hub, sent);
  for (const following of followings) lacks.push(...(await verify(hub, following)));
  for (const lack of lacks) console.error(lack);
  if (lacks.length === 0) console.log('Every consumer got exactly what it should, in order.');
  return lacks.length === 0;
}

/** One line a consumer: what was published for it, what came of it, and how long it took. */
function table(followings: readonly Following[], lags: Lags): string {
  const lines = followings.map(({ name, witness, due }) =>
    row(name, [
      count(due.length),
      count(witness.delivered),
      count(witness.duplicates),
      count(witness.acknowledgedChanges),
      count(lags.get(name) ?? Number.NaN),
      percentile(witness.latencies, 0.5),
      percentile(witness.latencies, 0.99),
    ]),
  );
  return [row('consumer', COLUMNS), ...lines].join('\n');
}

export const count = (value: number): string => value.toLocaleString('en-US');

function row(name: string, values: readonly string[]): string {
  const cells = values.map((value, i) => value.padStart((COLUMNS[i]?.length ?? 0) + GAP));
  return name.padEnd(NAME_WIDTH) + cells.join('');
}

function percentile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  return value === undefined ? '–' : value.toFixed(1);
}
