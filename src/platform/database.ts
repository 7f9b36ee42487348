import type { Timers } from '../model/clock.js';
import type { DataSource, EntitySchema, MigrationInterface } from 'typeorm';

export type Dialect = 'sqlite' | 'postgres';

/** What a room adds to the database: its tables as entities, and the migrations that make them. */
export interface TableSet {
  /** The tables as they are in one kind of database. */
  readonly entities: (dialect: Dialect) => readonly EntitySchema[];
  readonly migrations: readonly (new () => MigrationInterface)[];
}

/** A row as the driver gives it; `asBigint`, `asNumber` and `asBoolean` read what the two drivers give differently. */
export type Row = Readonly<Record<string, unknown>>;

/** A value that may be bound to `$1`, `$2`, …; both databases take the same statement texts. */
export type Parameter = string | number | bigint | boolean | null;

/** One statement of a transaction. */
export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly Parameter[];
}

/**
 * A transaction, written once for both databases: it yields statements, gets the rows of each, and answers. SQLite runs it
 * in one go, so that nothing can interleave on its single connection; PostgreSQL waits for each statement.
 */
export type Transaction<T> = Generator<Statement, T, Row[]>;

/**
 * One open database: a connection, nothing of what it holds.
 *
 * States: open → closed. A database that goes away and comes back needs no reopening: the next statement connects
 * again. Every statement that fails because the database does not answer throws LOG_UNAVAILABLE.
 */
export interface DatabaseBase {
  /** Name and version, for people: `SQLite 3.53.2`. */
  readonly name: string;
  /** Where it is, for people, without user name and password: an absolute path, or `host:5432/database (schema tidemark)`. */
  readonly place: string;
  readonly dataSource: DataSource;
  /** Runs one statement that only reads. */
  read(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>;
  /** The same, up to the first row that `takes` refuses, which is left out. SQLite reads no row behind it. */
  readWhile(sql: string, parameters: readonly Parameter[], takes: (row: Row) => boolean): Promise<Row[]>;
  /** Runs one statement that may write, in a transaction of its own; answers what it returns. */
  write(sql: string, parameters?: readonly Parameter[]): Promise<Row[]>;
  /** Runs a transaction: all of it is durable when it answers, and nothing of it where it throws. */
  transact<T>(work: () => Transaction<T>): Promise<T>;
  /**
   * Runs pending migrations, however long they take; safe when several hubs start at once.
   * @param onWait told once where another hub migrates, or something else has the database locked; default: nobody is told
   * @throws Error with one sentence where the database was migrated by a newer version
   */
  migrate(onWait?: () => void): Promise<Migrated>;
  /** Whether the database lacks migrations of this hub's version. */
  hasPendingMigrations(): Promise<boolean>;
  close(): Promise<void>;
}

/** What migrations made of a database. */
export interface Migrated {
  /** Whether this call has made the tables; they are empty then. */
  readonly isNew: boolean;
}

/** What may be asked of a database, or of one of its connections. */
export type Queries = Pick<DatabaseBase, 'read' | 'transact'>;

/** How a database is opened. */
export interface OpenOptions {
  /** Connections to PostgreSQL at most. */
  readonly poolSize: number;
  /** Told when an idle connection breaks. */
  readonly onLost: (error: unknown) => void;
  readonly timers: Timers;
  /** Whether a SQLite file that is not there is an error; default: it is made. */
  readonly mustExist?: boolean;
  /** Milliseconds that one statement on PostgreSQL may take; default: 15,000. */
  readonly queryMs?: number;
}

/**
 * Statements kept prepared. The rooms' own statements are far fewer; filters from outside make any number of texts, which
 * must not fill the memory of hub and server.
 */
export const MAX_PREPARED = 200;

/** A whole number of any size, whatever the driver makes of it. */
export const asBigint = (value: unknown): bigint => BigInt(value as bigint | number | string);

/** A whole number that is known to fit a double. */
export const asNumber = (value: unknown): number => Number(value);

export const asBoolean = (value: unknown): boolean => value === true || value === 1n || value === 1;

export const asText = (value: unknown): string => value as string;

/** Null stays null; anything else is read. */
export const orNull = <T>(value: unknown, read: (value: unknown) => T): T | null =>
  value === null || value === undefined ? null : read(value);

/** SQL for milliseconds since 1970 by the database's clock, on which hubs agree whatever their own clocks say. */
export const nowSql = (dialect: Dialect): string =>
  dialect === 'sqlite'
    ? `cast(unixepoch('subsec') * 1000 as integer)`
    : 'cast(extract(epoch from clock_timestamp()) * 1000 as bigint)';

/** A list as one parameter of a statement: JSON text, with whole numbers of any size as strings. */
export const jsonList = (entries: readonly object[]): string =>
  JSON.stringify(entries, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
