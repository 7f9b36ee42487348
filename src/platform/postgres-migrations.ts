import { DataSource, MigrationExecutor } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { Migrated, Row } from './database.js';
import { assertKnown, executedMigrations } from './migrations.js';

/** PostgreSQL's code of an action that the user has no right to. */
const NOT_ALLOWED = '42501';

/**
 * Runs pending migrations in one transaction, on a connection of their own that has no time limit for a statement: an index
 * on a large table takes as long as it takes. Hubs that start at once run them one after another, by an advisory lock of
 * the transaction, which the server drops with the connection; hubs of other schemas have other locks.
 * @param options for a connection without time limits
 * @param schema is made where it is missing
 * @param place where the database is, for errors
 * @param onWait told once where another hub has the lock
 */
export async function migratePostgres(
  options: DataSourceOptions,
  schema: string,
  place: string,
  onWait: () => void,
): Promise<Migrated> {
  const dataSource = await new DataSource(options).initialize();
  try {
    const runner = dataSource.createQueryRunner();
    const read = (sql: string): Promise<Row[]> => runner.query(sql) as Promise<Row[]>;
    // Each statement has to see what was committed before it, also where the server's default is another level.
    await runner.startTransaction('READ COMMITTED');
    // A user or a database may have limits of its own.
    await read('set local statement_timeout = 0');
    await read('set local lock_timeout = 0');
    await lock(read, schema, onWait);
    await makeSchema(read, schema, place);
    await assertSchema(read, schema, place);
    assertKnown(await executedMigrations('postgres', read, schema), dataSource, place);
    const executed = await new MigrationExecutor(dataSource, runner).executePendingMigrations();
    await runner.commitTransaction();
    return { isNew: executed.length === dataSource.migrations.length };
  } finally {
    // A transaction that is still open ends without effect.
    await dataSource.destroy();
  }
}

type Read = (sql: string) => Promise<Row[]>;

async function lock(read: Read, schema: string, onWait: () => void): Promise<void> {
  const key = `hashtextextended('tidemark migrates the schema ${schema}', 0)`;
  const [found] = await read(`select pg_try_advisory_xact_lock(${key}) as taken`);
  if (found?.taken === true) return;
  onWait();
  await read(`select pg_advisory_xact_lock(${key})`);
}

/** Not by `if not exists`, which asks for the right to make schemas also where the schema is there. */
async function makeSchema(read: Read, schema: string, place: string): Promise<void> {
  const found = await read(`select 1 from pg_namespace where nspname = '${schema}'`);
  if (found.length > 0) return;
  await read(`create schema "${schema}"`).catch((error: unknown) => {
    if ((error as { readonly code?: unknown }).code !== NOT_ALLOWED) throw error;
    throw new Error(
      `The user may not make the schema of the database ${place}; let its owner run: create schema "${schema}" ` +
        'authorization <user>.',
      { cause: error },
    );
  });
}

/**
 * Checks that a connection finds the tables: a pooler that was told to ignore settings of connections would let the hub
 * read and write tables of another schema.
 * @throws Error with one sentence
 */
export async function assertSchema(read: Read, schema: string, place: string): Promise<void> {
  const [row] = await read('select current_schema() as schema');
  if (row?.schema === schema) return;
  throw new Error(
    `The connections to the database ${place} do not look for tables in its schema; connect without a pooler, or let the ` +
      'pooler pass on the setting search_path, as poolers in session mode do.',
  );
}
