/**
 * Connections to what the hub stands on: the database, Redis; how writes are grouped; and how
 * connections end. Nothing here knows what they are used for.
 */
import { parseDatabaseUrl } from '../config/config.js';
import type { OpenOptions, TableSet } from './database.js';
import { PostgresDatabase } from './postgres.js';
import { SqliteDatabase } from './sqlite.js';

export { asBigint, asBoolean, asNumber, asText, jsonList, nowSql, orNull } from './database.js';
export type { Dialect, Parameter, Queries, Row, Statement, TableSet, Transaction } from './database.js';
export { GroupCommit } from './group-commit.js';
export { Lifetime } from './lifetime.js';
export type { Logger } from '../logger/logger.js';
export { isConnectionLost } from './postgres-connection.js';
export type { PostgresConnection } from './postgres-connection.js';
export type { PostgresDatabase } from './postgres.js';
export type { SqliteDatabase } from './sqlite.js';
export { openRedis, redisConnector } from './redis.js';
export type { RedisConnection } from './redis.js';

/** The database that the hub keeps its log in. */
export type Database = SqliteDatabase | PostgresDatabase;

/** Kind, version and place of a database, for people; without user name and password. */
export const whereIs = ({ name, place }: Database): string => `${name} at ${place}`;

/** Opens what a DATABASE_URL names. */
export function openDatabase(
  url: string,
  tables: readonly TableSet[],
  options: OpenOptions,
): Promise<Database> {
  const target = parseDatabaseUrl(url);
  return target.kind === 'sqlite'
    ? SqliteDatabase.open(target.path, tables, options)
    : PostgresDatabase.open(target, tables, options);
}
