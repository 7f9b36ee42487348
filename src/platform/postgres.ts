import { isNativeError } from 'node:util/types';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { HubError, logUnavailable, writeUnknown } from '../model/errors.js';
import { MAX_PREPARED } from './database.js';
import type { DatabaseBase, Parameter, Row, TableSet, Transaction } from './database.js';

/** Any number that other users of the database do not take for their own advisory lock. */
const MIGRATION_LOCK = 7_464_711_077;
/** A connection that is not there by then counts as a database that does not answer. */
const CONNECT_MS = 5_000;
/** The same for one statement; the server's own limit is a little lower, so that it ends the statement too. */
const QUERY_MS = 15_000;
/**
 * A transaction in which nothing is asked for so long is ended by the server: a hub that stands still, or that is gone
 * without a word, would hold the log's lock, and with it every other hub, until TCP finds out, which takes hours.
 */
const IDLE_TRANSACTION_MS = 10_000;

/**
 * A PostgreSQL database behind a pool of connections.
 * Statements that take parameters are prepared once a connection, under their own text.
 */
export class PostgresDatabase implements DatabaseBase {
  readonly dialect = 'postgres';
  readonly name: string;
  readonly #names = new Map<string, string>();

  private constructor(
    readonly dataSource: DataSource,
    readonly pool: Pool,
    version: string,
  ) {
    this.name = `PostgreSQL ${version}`;
  }

  /** Connects. @throws the driver's error when the server is not there. */
  static async open(
    url: string,
    tables: readonly TableSet[],
    options: { readonly poolSize: number; readonly onLost: (error: unknown) => void },
  ): Promise<PostgresDatabase> {
    const dataSource = new DataSource({
      type: 'postgres',
      url,
      applicationName: 'tidemark',
      poolSize: options.poolSize,
      connectTimeoutMS: CONNECT_MS,
      poolErrorHandler: options.onLost,
      extra: {
        ...{ statement_timeout: QUERY_MS - 1_000, query_timeout: QUERY_MS, keepAlive: true },
        idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      },
      entities: tables.flatMap((set) => [...set.entities('postgres')]),
      migrations: tables.flatMap((set) => [...set.migrations]),
      migrationsTransactionMode: 'all',
    });
    await dataSource.initialize();
    const { master } = dataSource.driver as unknown as { master: Pool };
    master.on('acquire', hearErrors);
    const { rows } = await master.query<{ version: string }>(
      "select current_setting('server_version') as version",
    );
    return new PostgresDatabase(dataSource, master, rows[0]?.version.split(' ')[0] ?? 'of unknown version');
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return this.withConnection((connection) => this.run(connection, sql, parameters));
  }

  write(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return this.withConnection((connection) => orUnknown(this.run(connection, sql, parameters)));
  }

  /**
   * Its statements are planned anew every time: a plan that was kept from when a table was empty would read all of it for
   * ever, and transactions of this kind are rare.
   */
  transact<T>(work: () => Transaction<T>): Promise<T> {
    return this.withConnection(async (connection) => {
      await connection.query('begin');
      try {
        const transaction = work();
        let step = transaction.next();
        while (!step.done) {
          const { sql, parameters = [] } = step.value;
          const result = await connection.query<Row>(sql, valuesOf(parameters));
          step = transaction.next(result.rows);
        }
        await orUnknown(connection.query('commit'));
        return step.value;
      } catch (error) {
        // A refusal leaves the connection whole, so it goes back to the pool; any other error ends it, and with it this.
        if (error instanceof HubError && !isConnectionLost(error.cause)) await connection.query('rollback');
        throw error;
      }
    });
  }

  /** Runs one prepared statement on a connection that the caller holds. */
  async run(connection: PoolClient, sql: string, parameters: readonly Parameter[]): Promise<Row[]> {
    const name = this.#nameOf(sql);
    const values = valuesOf(parameters);
    const result = await connection.query<Row>({ ...(name === null ? {} : { name }), text: sql, values });
    return result.rows;
  }

  /** The name under which a statement is prepared; null: it is not. */
  #nameOf(sql: string): string | null {
    let name = this.#names.get(sql) ?? null;
    if (name === null && this.#names.size < MAX_PREPARED) {
      name = `s${this.#names.size}`;
      this.#names.set(sql, name);
    }
    return name;
  }

  /** Lends a connection to `work`; one that failed is not used again. */
  async withConnection<T>(work: (connection: PoolClient) => Promise<T>): Promise<T> {
    let connection: PoolClient;
    try {
      connection = await this.pool.connect();
    } catch (error) {
      throw logUnavailable(error);
    }
    try {
      const result = await work(connection);
      connection.release();
      return result;
    } catch (error) {
      const lost = isConnectionLost(error);
      const whole = error instanceof HubError && !isConnectionLost(error.cause);
      connection.release(!whole);
      throw lost ? logUnavailable(error) : error;
    }
  }

  async migrate(): Promise<void> {
    await this.withConnection(async (connection) => {
      await connection.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
      try {
        await this.dataSource.runMigrations({ transaction: 'all' });
      } finally {
        await connection.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`);
      }
    });
  }

  async hasPendingMigrations(): Promise<boolean> {
    return this.dataSource.showMigrations();
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}

const ignore = (): void => undefined;

/** A write whose answer is lost may have been done or not. @throws HubError LOG_UNAVAILABLE that says so */
const orUnknown = <T>(write: Promise<T>): Promise<T> =>
  write.catch((error: unknown) => {
    throw isConnectionLost(error) && !isRefusal(error) ? writeUnknown(error) : error;
  });

/** Whether the server itself says that it did not write: it is out of resources (53), or read-only (25006). */
const isRefusal = (error: unknown): boolean =>
  /^(53...|25006)$/.test(String((error as { readonly code?: unknown }).code));

const valuesOf = (parameters: readonly Parameter[]): unknown[] =>
  parameters.map((value) => (typeof value === 'bigint' ? value.toString() : value));

/**
 * The pool listens only to connections that it holds: one that breaks while it is lent would end the process. What was under
 * way on it fails with the same error, and is told of it that way. It may break before whoever waits for it runs again, so
 * the pool's own event is the last moment to listen; and after it was given back as broken, so the listener stays.
 */
function hearErrors(connection: PoolClient): void {
  if (!connection.listeners('error').includes(ignore)) connection.on('error', ignore);
}

/**
 * Whether an error says that the server or the way to it is gone, or that it cannot take work now: no SQLSTATE (socket
 * errors, time-outs), class 08 (connection), 53 (out of resources), 57 (operator intervention), 58 (system error),
 * a server that turned read-only (25006), and a transaction that it ended since nothing was asked in it for long (25P03).
 * Source: PostgreSQL manual, appendix A.
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof HubError) return false;
  // Not instanceof: a hub that is opened within another program may run where Error is not the one that sockets throw.
  if (!isNativeError(error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return /^(08|53|57|58|25006|25P03)/.test(code);
  if (typeof code === 'string') return /^E[A-Z]+$/.test(code);
  return /timeout|terminated|not queryable|Client was closed|Cannot use a pool|connection/i.test(
    error.message,
  );
}
