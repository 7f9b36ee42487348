import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { HubError, logUnavailable, writeUnknown } from '../model/errors.js';
import { MAX_PREPARED } from './database.js';
import type {
  DatabaseBase,
  Migrated,
  OpenOptions,
  Parameter,
  Queries,
  Row,
  TableSet,
  Transaction,
} from './database.js';
import { assertKnown, executedMigrations, isBehind } from './migrations.js';
import { isConnectionLost, isRolledBack, PostgresConnection } from './postgres-connection.js';
import { assertSchema, migratePostgres } from './postgres-migrations.js';
import { postgresOptions } from './postgres-options.js';
import type { PostgresTarget } from './postgres-options.js';

/**
 * A PostgreSQL database behind a pool of connections.
 * Statements that take parameters are prepared once a connection, under their own text.
 */
export class PostgresDatabase implements DatabaseBase {
  readonly dialect = 'postgres';
  readonly name: string;
  readonly #names = new Map<string, string>();
  #verify: ((queries: Queries) => Promise<void>) | null = null;
  /** Connections on which that was done. */
  readonly #checked = new WeakSet<PoolClient>();

  private constructor(
    readonly dataSource: DataSource,
    readonly pool: Pool,
    /** How the connection is made on which migrations run. */
    readonly migrations: DataSourceOptions,
    /** The schema of all tables. */
    readonly schema: string,
    version: string,
    readonly place: string,
  ) {
    this.name = `PostgreSQL ${version}`;
  }

  /** Connects. @throws the driver's error when the server is not there. */
  static async open(
    target: PostgresTarget,
    tables: readonly TableSet[],
    options: OpenOptions,
  ): Promise<PostgresDatabase> {
    const { pool, migrations } = postgresOptions(target, tables, options);
    const dataSource = new DataSource(pool);
    await dataSource.initialize();
    const { master } = dataSource.driver as unknown as { master: Pool };
    master.on('acquire', hearErrors);
    const client = await master.connect();
    const { rows } = await client
      .query<{ version: string }>("select current_setting('server_version') as version")
      .finally(() => client.release());
    const version = rows[0]?.version.split(' ')[0] ?? 'of unknown version';
    const place = `${client.host}:${client.port}/${client.database ?? ''} (schema ${target.schema})`;
    return new PostgresDatabase(dataSource, master, migrations, target.schema, version, place);
  }

  read(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return this.withConnection((connection) => this.run(connection, sql, parameters));
  }

  async readWhile(
    sql: string,
    parameters: readonly Parameter[],
    takes: (row: Row) => boolean,
  ): Promise<Row[]> {
    const rows = await this.read(sql, parameters);
    const end = rows.findIndex((row) => !takes(row));
    return end < 0 ? rows : rows.slice(0, end);
  }

  write(sql: string, parameters: readonly Parameter[] = []): Promise<Row[]> {
    return this.withConnection((connection) => orUnknown(this.run(connection, sql, parameters)));
  }

  transact<T>(work: () => Transaction<T>): Promise<T> {
    return this.withConnection((connection) => transactOn(connection, work));
  }

  /**
   * From now on `verify` runs once on every new connection, before anything else is asked on it. Where it throws, the
   * connection is ended, and what was to be asked fails with LOG_UNAVAILABLE.
   */
  verifyConnections(verify: (queries: Queries) => Promise<void>): void {
    this.#verify = verify;
  }

  /** Runs one prepared statement on a connection that the caller holds. */
  async run(connection: PostgresConnection, sql: string, parameters: readonly Parameter[]): Promise<Row[]> {
    const name = this.#nameOf(sql);
    const values = valuesOf(parameters);
    const result = await connection.query({ ...(name === null ? {} : { name }), text: sql, values });
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

  /**
   * Lends a connection to `work`, which leaves no transaction open on it. One on which a statement was lost, or on which
   * something unforeseen failed, is ended.
   * @throws HubError LOG_UNAVAILABLE where the connection is lost, or another transaction made the server roll back
   */
  async withConnection<T>(work: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    try {
      const result = await work(connection);
      connection.giveBack();
      return result;
    } catch (error) {
      const rolledBack = isRolledBack(error);
      if (error instanceof HubError || rolledBack) connection.giveBack();
      else connection.end();
      throw rolledBack || isConnectionLost(error) ? logUnavailable(error) : error;
    }
  }

  async #connect(): Promise<PostgresConnection> {
    let client: PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw logUnavailable(error);
    }
    const connection = new PostgresConnection(client);
    if (this.#verify && !this.#checked.has(client)) await this.#check(connection, this.#verify);
    this.#checked.add(client);
    return connection;
  }

  /**
   * Not by the pool's own hook for new connections: where that fails on a connection that is broken already, the pool waits
   * for its end for ever, and with it the caller.
   */
  async #check(connection: PostgresConnection, verify: (queries: Queries) => Promise<void>): Promise<void> {
    try {
      await verify({
        read: (sql, parameters = []) => this.run(connection, sql, parameters),
        transact: (work) => transactOn(connection, work),
      });
    } catch (error) {
      connection.end();
      throw logUnavailable(error);
    }
  }

  async migrate(onWait: () => void = ignore): Promise<Migrated> {
    const executed = await this.#executed();
    assertKnown(executed, this.dataSource, this.place);
    const migrated = isBehind(executed, this.dataSource)
      ? await migratePostgres(this.migrations, this.schema, this.place, onWait)
      : { isNew: false };
    await assertSchema((sql) => this.read(sql), this.schema, this.place);
    return migrated;
  }

  async hasPendingMigrations(): Promise<boolean> {
    return isBehind(await this.#executed(), this.dataSource);
  }

  #executed(): Promise<string[]> {
    return executedMigrations(this.dialect, (sql) => this.read(sql), this.schema);
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
  }
}

/**
 * Runs a transaction on a connection that the caller holds. Its statements are planned every time: a plan that was kept
 * from when a table was empty would read all of it, and transactions of this kind are rare.
 */
async function transactOn<T>(connection: PostgresConnection, work: () => Transaction<T>): Promise<T> {
  await connection.query('begin');
  try {
    const transaction = work();
    let step = transaction.next();
    while (!step.done) {
      const { sql, parameters = [] } = step.value;
      const result = await connection.query(sql, valuesOf(parameters));
      step = transaction.next(result.rows);
    }
    await orUnknown(connection.query('commit'));
    return step.value;
  } catch (error) {
    await connection.rollback();
    throw error;
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
 * The pool listens to the errors of idle connections only: one that breaks while it is lent would end the process. The
 * statement under way on it fails with the same error. It may break before its borrower runs, so that the pool's own event
 * is the last moment to listen; and after it was given back as broken, so that the listener stays.
 */
function hearErrors(connection: PoolClient): void {
  if (!connection.listeners('error').includes(ignore)) connection.on('error', ignore);
}
