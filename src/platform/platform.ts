/**
 * Connections to what the hub stands on: the database, Redis, the log of the process; and how they end. Nothing here
 * knows what they are used for.
 */
import type { TableSet } from './database.js';
import { PostgresDatabase } from './postgres.js';
import { SqliteDatabase } from './sqlite.js';

export { asBigint, asBoolean, asNumber, asText, orNull } from './database.js';
export type { Dialect, Parameter, Row, TableSet, Transaction } from './database.js';
export { Lifetime } from './lifetime.js';
export { createLogger } from './logger.js';
export type { Logger } from './logger.js';
export { isConnectionLost } from './postgres.js';
export type { PostgresDatabase } from './postgres.js';
export type { SqliteDatabase } from './sqlite.js';
export { isSafeVersion } from './sqlite.js';
export { openRedis } from './redis.js';
export type { RedisConnection } from './redis.js';

/** The database that the hub keeps its log in. */
export type Database = SqliteDatabase | PostgresDatabase;

const SQLITE_PREFIX = 'sqlite:';

/**
 * Opens `sqlite:path` or `postgres://…`.
 * @param options.poolSize connections to PostgreSQL at most
 * @param options.onLost told when an idle connection breaks
 */
export function openDatabase(
  url: string,
  tables: readonly TableSet[],
  options: { readonly poolSize: number; readonly onLost: (error: unknown) => void },
): Promise<Database> {
  return url.startsWith(SQLITE_PREFIX)
    ? SqliteDatabase.open(url.slice(SQLITE_PREFIX.length), tables)
    : PostgresDatabase.open(url, tables, options);
}
