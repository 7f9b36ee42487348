import { DataSource, MigrationExecutor } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import type { Migrated, Row } from './database.js';
import { assertKnown, executedMigrations } from './migrations.js';

/** Any number that other users of the database do not take for their own advisory lock. */
const LOCK = 7_464_711_077;

/**
 * Runs pending migrations in one transaction, on a connection of their own that has no time limit for a statement: an index
 * on a large table takes as long as it takes. Hubs that start at once run them one after another, by an advisory lock of
 * the transaction, which the server drops with the connection.
 * @param options for a connection without time limits
 * @param place where the database is, for errors
 * @param onWait told once where another hub has the lock
 */
export async function migratePostgres(
  options: DataSourceOptions,
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
    const [lock] = await read(`select pg_try_advisory_xact_lock(${LOCK}) as taken`);
    if (lock?.taken !== true) {
      onWait();
      await read(`select pg_advisory_xact_lock(${LOCK})`);
    }
    assertKnown(await executedMigrations('postgres', read), dataSource, place);
    const executed = await new MigrationExecutor(dataSource, runner).executePendingMigrations();
    await runner.commitTransaction();
    return { isNew: executed.length === dataSource.migrations.length };
  } finally {
    // A transaction that is still open ends without effect.
    await dataSource.destroy();
  }
}
