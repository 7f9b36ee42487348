/**
 * First figures of the hub, on SQLite and PostgreSQL: medians of three runs, the load in this process, the hub in its own.
 *
 *   npm run bench                 both databases
 *   npm run bench -- postgres     one of them
 */
import { deliveryRate } from './deliver.js';
import { DATABASES } from './hub.js';
import type { DatabaseName } from './hub.js';
import { publishRate } from './publish.js';
import { argumentsOrExit } from '../test/support/command-line.js';

const { rest } = argumentsOrExit({
  command: 'npm run bench --',
  about:
    'Measures what a hub publishes and delivers a second, on each of the databases given (default: both).',
  options: {},
  rest: { name: 'databases', allowed: DATABASES },
});
const databases = rest.length > 0 ? (rest as DatabaseName[]) : DATABASES;
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
