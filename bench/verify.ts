/**
 * How fast a log is checked against its chain of hashes: publishes changes, then checks all of them three times. Prints
 * changes a second, the median.
 *
 *   npm run bench:verify                          300,000 changes on each database
 *   npm run bench:verify -- --changes 1000000
 */
import { connect, publisherOf } from '../test/contract/support/stand.js';
import { Log } from '../src/log/log.js';
import { systemTimers } from '../src/model/clock.js';
import { number, argumentsOrExit } from '../test/support/command-line.js';
import { databaseKinds } from '../test/support/databases.js';
import type { DatabaseKind } from '../test/support/databases.js';
import { changeOf, median } from './load.js';

const RUNS = 3;
const PER_CALL = 1_000;
/** Longer than any statement here takes, in milliseconds. */
const QUERY_MS = 3_600_000;

const { values } = argumentsOrExit({
  command: 'npm run bench:verify --',
  about: 'Measures how fast a log is checked against its chain of hashes.',
  options: { changes: number('how many changes the log holds', 300_000) },
  rest: null,
});

async function measure(kind: DatabaseKind): Promise<Record<string, number>> {
  const own = await kind.create();
  const database = await connect(own.url, QUERY_MS);
  await database.migrate();
  const log = await Log.open(database, systemTimers);
  const publisher = publisherOf(log);
  for (let n = 0; n < values.changes; n += PER_CALL) {
    const changes = Array.from({ length: PER_CALL }, (_, i) => ({
      write: 'UPSERT' as const,
      ...changeOf(n + i),
    }));
    await publisher.publish({ source: 'bench', atomic: false, changes });
  }
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const began = performance.now();
    const { changes, damage } = await log.verify();
    if (damage !== null) throw new Error(`The log is damaged at ${damage.position}, which ${damage.what}.`);
    rates.push((changes / (performance.now() - began)) * 1_000);
  }
  await database.close();
  await own.drop();
  return { 'changes/s': Math.round(median(rates)) };
}

const table: Record<string, Record<string, number>> = {};
for (const kind of databaseKinds) table[kind.name] = await measure(kind);
console.table(table);
process.exit(0);
