/**
 * First figures of the hub, on SQLite and PostgreSQL: medians of three runs, the load in this process, the hub in its own.
 *
 *   npm run bench                 both databases
 *   npm run bench -- postgres     one of them
 */
import { deliveryRate } from './deliver.js';
import type { DatabaseName } from './hub.js';
import { publishRate } from './publish.js';

const databases = (
  process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['sqlite', 'postgres']
) as DatabaseName[];
const table: Record<string, Record<string, number>> = {};
for (const database of databases) {
  table[database] = {
    'published/s, 64 callers, 1 a call': Math.round(await publishRate(database, 64, 1)),
    'published/s, 4 callers, 500 a call': Math.round(await publishRate(database, 4, 500)),
    'delivered/s to 100 subscribers': Math.round(await deliveryRate(database, 100, 5_000)),
  };
}
console.table(table);
process.exit(0);
