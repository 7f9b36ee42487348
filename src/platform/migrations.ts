import type { DataSource } from 'typeorm';
import { asNumber, asText } from './database.js';
import type { Dialect, Row } from './database.js';

/** The table in which TypeORM keeps the names of the migrations that were run, and a statement that counts such tables. */
const TABLES = {
  sqlite: () => ({
    table: 'migrations',
    find: `select count(*) as n from sqlite_master where type = 'table' and name = 'migrations'`,
  }),
  postgres: (schema: string) => ({
    table: `"${schema}".migrations`,
    find: `select count(to_regclass('"${schema}".migrations')) as n`,
  }),
} as const satisfies Record<Dialect, (schema: string) => { table: string; find: string }>;

/**
 * The names of the migrations that the database holds; none where it is empty.
 * @param schema of PostgreSQL; SQLite has none
 */
export async function executedMigrations(
  dialect: Dialect,
  read: (sql: string) => Promise<Row[]>,
  schema = '',
): Promise<string[]> {
  const { table, find } = TABLES[dialect](schema);
  const [found] = await read(find);
  if (asNumber(found?.n) === 0) return [];
  return (await read(`select name from ${table}`)).map(({ name }) => asText(name));
}

const namesOf = ({ migrations }: DataSource): string[] =>
  migrations.map(({ name, constructor }) => name ?? constructor.name);

/** Whether some of this version's migrations are still to be run. */
export const isBehind = (executed: readonly string[], dataSource: DataSource): boolean =>
  namesOf(dataSource).some((name) => !executed.includes(name));

/**
 * Refuses a database that holds a migration which this version does not know: its tables may have columns, or meanings of
 * columns, that this version would not write.
 * @param place where the database is, for the error
 * @throws Error with one sentence
 */
export function assertKnown(executed: readonly string[], dataSource: DataSource, place: string): void {
  const known = namesOf(dataSource);
  const unknown = executed.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Error(
    `The database ${place} was migrated by a newer version of Tidemark (this version does not know ${unknown}); ` +
      'start that version or a newer one, or choose another database by DATABASE_URL.',
  );
}
