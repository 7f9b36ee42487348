import { resolve } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import Sqlite from 'better-sqlite3';
import { DataSource } from 'typeorm';
import type { Timers } from '../model/clock.js';
import { HubError, logDamaged, logUnavailable } from '../model/errors.js';
import { MAX_PREPARED } from './database.js';
import type {
  DatabaseBase,
  Migrated,
  OpenOptions,
  Parameter,
  Row,
  TableSet,
  Transaction,
} from './database.js';
import { assertKnown, executedMigrations, isBehind } from './migrations.js';
import {
  assertFolder,
  assertVersion,
  BUSY_MS,
  codeOf,
  DAMAGED,
  OPEN_MS,
  sqliteVersion,
  throwAbout,
  untilFree,
} from './sqlite-file.js';

/**
 * An embedded database: one file, write-ahead log, every commit synced to disk before it answers.
 * Writing happens on one handle in this process; reads use a second handle that cannot write, so a long read never
 * sees half of a transaction. Statements run synchronously: nothing interleaves within one.
 */
export class SqliteDatabase implements DatabaseBase {
  readonly dialect = 'sqlite';
  readonly name: string;
  readonly place: string;
  readonly #statements = new Map<string, BetterSqlite3.Statement>();

  private constructor(
    readonly dataSource: DataSource,
    /** The handle that writes. */
    readonly writer: BetterSqlite3.Database,
    /** The handle that only reads. */
    readonly reader: BetterSqlite3.Database,
    readonly timers: Timers,
  ) {
    this.name = `SQLite ${sqliteVersion(writer)}`;
    this.place = resolve(writer.name);
  }

  /**
   * Opens the file, or makes it in a folder that exists.
   * @throws Error with one sentence when the folder, the file or the SQLite build cannot serve
   */
  static async open(
    path: string,
    tables: readonly TableSet[],
    { timers, mustExist = false }: Pick<OpenOptions, 'timers' | 'mustExist'>,
  ): Promise<SqliteDatabase> {
    await assertFolder(path);
    let writer: BetterSqlite3.Database | undefined;
    const dataSource = new DataSource({
      type: 'better-sqlite3',
      database: path,
      timeout: BUSY_MS,
      fileMustExist: mustExist,
      entities: tables.flatMap((set) => [...set.entities('sqlite')]),
      migrations: tables.flatMap((set) => [...set.migrations]),
      migrationsTransactionMode: 'none',
      prepareDatabase: async (handle: BetterSqlite3.Database) => {
        writer = handle;
        assertVersion(handle);
        await untilFree(handle, timers, () => handle.pragma('journal_mode = WAL'), { forMs: OPEN_MS });
        handle.pragma('synchronous = FULL');
        if (process.platform === 'darwin') handle.pragma('fullfsync = ON');
      },
    });
    try {
      await dataSource.initialize().catch(throwAbout(path));
      if (!writer) throw new Error('The SQLite driver opened no database.');
      const reader = new Sqlite(path, { readonly: true, timeout: BUSY_MS });
      return new SqliteDatabase(dataSource, writer, reader, timers);
    } catch (error) {
      // Nobody else knows of the handle; closing it twice does nothing.
      writer?.close();
      throw error;
    }
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return settle(() => this.#run(this.reader, `r${sql}`, sql, parameters));
  }

  readWhile(sql: string, parameters: readonly Parameter[], takes: (row: Row) => boolean): Promise<Row[]> {
    return settle(() => {
      const rows: Row[] = [];
      const statement = this.#prepared(this.reader, `r${sql}`, sql);
      for (const row of statement.iterate(named(parameters)) as IterableIterator<Row>) {
        if (!takes(row)) break;
        rows.push(row);
      }
      return rows;
    });
  }

  write(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return settle(() => this.#run(this.writer, `w${sql}`, sql, parameters));
  }

  /**
   * Runs `work` as one transaction that holds the write lock from its first statement, so that what it reads is still so
   * when it writes. `work` must be synchronous.
   */
  transaction<T>(work: () => T): T {
    return guarded(() => this.writer.transaction(work).immediate());
  }

  transact<T>(work: () => Transaction<T>): Promise<T> {
    return settle(() =>
      this.transaction(() => {
        const transaction = work();
        let step = transaction.next();
        while (!step.done) {
          const { sql, parameters = [] } = step.value;
          step = transaction.next(this.#run(this.writer, `w${sql}`, sql, parameters));
        }
        return step.value;
      }),
    );
  }

  async migrate(onWait: () => void = ignore): Promise<Migrated> {
    try {
      if (!(await this.#isBehind())) return { isNew: false };
      // Taking the write lock first makes a second hub that starts at once wait here, and then find nothing to do.
      const begin = (): unknown => this.writer.exec('begin immediate');
      await untilFree(this.writer, this.timers, begin, { forMs: Infinity, onWait });
      await this.#isBehind();
      const executed = await this.dataSource.runMigrations({ transaction: 'none' });
      this.writer.exec('commit');
      return { isNew: executed.length === this.dataSource.migrations.length };
    } catch (error) {
      if (this.writer.inTransaction) this.writer.exec('rollback');
      return throwAbout(this.writer.name)(error);
    }
  }

  async hasPendingMigrations(): Promise<boolean> {
    return isBehind(await executedMigrations(this.dialect, (sql) => this.read(sql)), this.dataSource);
  }

  /** Whether migrations are to be run. @throws SQLite's error, or Error as of `migrate` */
  async #isBehind(): Promise<boolean> {
    const read = (sql: string): Promise<Row[]> => Promise.resolve(this.#run(this.writer, `w${sql}`, sql, []));
    const executed = await executedMigrations(this.dialect, read);
    assertKnown(executed, this.dataSource, this.place);
    return isBehind(executed, this.dataSource);
  }

  async close(): Promise<void> {
    this.reader.close();
    await this.dataSource.destroy();
  }

  #run(
    handle: BetterSqlite3.Database,
    cacheKey: string,
    sql: string,
    parameters: readonly Parameter[],
  ): Row[] {
    const statement = this.#prepared(handle, cacheKey, sql);
    const bound = named(parameters);
    return statement.reader ? (statement.all(bound) as Row[]) : (statement.run(bound), []);
  }

  #prepared(handle: BetterSqlite3.Database, cacheKey: string, sql: string): BetterSqlite3.Statement {
    let statement = this.#statements.get(cacheKey);
    if (!statement) {
      statement = handle.prepare(sql).safeIntegers(true);
      if (this.#statements.size < MAX_PREPARED) this.#statements.set(cacheKey, statement);
    }
    return statement;
  }
}

const ignore = (): void => undefined;

/** `$1`, `$2`, … by name; SQLite has no booleans. */
const named = (parameters: readonly Parameter[]): Record<string, unknown> =>
  Object.fromEntries(
    parameters.map((value, i) => [String(i + 1), typeof value === 'boolean' ? Number(value) : value]),
  );

async function settle<T>(work: () => T): Promise<T> {
  return Promise.resolve(guarded(work));
}

/** SQLite's own refusals (locked for too long, disk full, file gone) mean that the log cannot be used now. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HubError) throw error;
    const code = codeOf(error);
    if (DAMAGED.test(code)) throw logDamaged(error);
    const refused =
      code.startsWith('SQLITE_') && code !== 'SQLITE_ERROR' && !code.startsWith('SQLITE_CONSTRAINT');
    const closed = error instanceof Error && error.message.includes('database connection is not open');
    throw refused || closed ? logUnavailable(error) : error;
  }
}
