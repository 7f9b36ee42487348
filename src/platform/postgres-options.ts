import type { DataSourceOptions } from 'typeorm';
import type { DatabaseTarget } from '../config/config.js';
import type { OpenOptions, TableSet } from './database.js';

/** A connection that is not there by then counts as a database that does not answer. */
const CONNECT_MS = 5_000;
/** The same for one statement, by default. */
const QUERY_MS = 15_000;
/** The server's own limit for a statement is lower by this factor, so that it ends the statement too. */
const SERVER_SHARE = 14 / 15;
/**
 * The server ends a transaction that is idle for so long: a hub that stands still, or whose machine is gone, would
 * otherwise hold the log's lock, and block every other hub, until TCP detects it, which takes hours.
 */
const IDLE_TRANSACTION_MS = 10_000;

/** How connections to PostgreSQL are made: those that the hub works with, and the one that migrates. */
export interface PostgresOptions {
  readonly pool: DataSourceOptions;
  /** The same without a limit for a statement. */
  readonly migrations: DataSourceOptions;
}

/** A schema of a PostgreSQL database. */
export type PostgresTarget = Extract<DatabaseTarget, { kind: 'postgres' }>;

/**
 * The search path goes to the server with the connection's other settings, not as a statement behind it: no connection of
 * the pool can be lent without it, and RESET and DISCARD return to it. A pooler in transaction mode would silently lose what
 * a statement sets, and the next transaction would look for its tables elsewhere; what it cannot keep of a connection's
 * settings it refuses, and the hub does not start.
 */
export function postgresOptions(
  { url, schema, options }: PostgresTarget,
  tables: readonly TableSet[],
  { poolSize, onLost, queryMs = QUERY_MS }: OpenOptions,
): PostgresOptions {
  const extra = {
    keepAlive: true,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    // Of several values for one setting the server takes the last.
    options: `${options} -c search_path="${schema}"`.trim(),
  };
  const common = {
    type: 'postgres',
    url,
    schema,
    applicationName: 'tidemark',
    connectTimeoutMS: CONNECT_MS,
    poolErrorHandler: onLost,
    entities: tables.flatMap((set) => [...set.entities('postgres')]),
    migrations: tables.flatMap((set) => [...set.migrations]),
    migrationsTransactionMode: 'all',
  } as const;
  const limits = { statement_timeout: Math.round(queryMs * SERVER_SHARE), query_timeout: queryMs };
  return {
    pool: { ...common, poolSize, extra: { ...extra, ...limits } },
    migrations: { ...common, poolSize: 1, extra },
  };
}
