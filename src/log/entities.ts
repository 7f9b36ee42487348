import { EntitySchema } from 'typeorm';
import type { EntitySchemaColumnOptions } from 'typeorm';
import type { Dialect } from '../platform/platform.js';

/**
 * The log's tables as TypeORM knows them. Times are milliseconds since 1970, UTC; JSON is kept as text, so that what a
 * source sent comes out with its fields in the order it sent them.
 */
const text: EntitySchemaColumnOptions = { type: 'text' };
const bigint: EntitySchemaColumnOptions = { type: 'bigint' };
const integer: EntitySchemaColumnOptions = { type: 'integer' };

/** A text that rows are found and ordered by: by its bytes, whatever the locale of a PostgreSQL server. */
const keyText = (dialect: Dialect): EntitySchemaColumnOptions => ({
  ...text,
  primary: true,
  ...(dialect === 'postgres' ? { collation: 'C' } : {}),
});

/** A line of the log. */
const changeTable = (dialect: Dialect): EntitySchema =>
  new EntitySchema({
    name: 'change',
    columns: {
      // In SQLite an integer primary key is the row's own id, and holds 64 bits.
      position: { ...(dialect === 'sqlite' ? integer : bigint), primary: true },
      previous: { ...bigint, nullable: true },
      id: text,
      collection: text,
      key: text,
      version: integer,
      operation: text,
      source: text,
      after: { ...text, nullable: true },
      undo: { ...text, nullable: true },
      digest: text,
      headers: { ...text, nullable: true },
      occurred_at: bigint,
      recorded_at: bigint,
    },
    uniques: [{ name: 'change_source_id', columns: ['source', 'id'] }],
    indices: [{ name: 'change_collection_position', columns: ['collection', 'position'] }],
  });

/** The newest state of an entity; a tombstone (deleted) keeps its version and has no data. */
const entityTable = (dialect: Dialect): EntitySchema =>
  new EntitySchema({
    name: 'entity',
    columns: {
      collection: keyText(dialect),
      key: keyText(dialect),
      version: integer,
      data: { ...text, nullable: true },
      deleted: { type: 'boolean' },
      position: bigint,
      source: text,
      updated_at: bigint,
    },
  });

/** One row: where the log ends. Whoever appends locks it first. */
const logHeadTable = (): EntitySchema =>
  new EntitySchema({
    name: 'log_head',
    columns: {
      one: { ...integer, primary: true },
      log_id: text,
      position: bigint,
      earliest: bigint,
      recorded_at: bigint,
    },
  });

/** Counts by collection, kept by the append, so that nobody counts a large log. */
const collectionStatTable = (dialect: Dialect): EntitySchema =>
  new EntitySchema({
    name: 'collection_stat',
    columns: { name: keyText(dialect), entities: bigint, changes: bigint },
  });

/** Counts by source, kept by the append. */
const sourceStatTable = (dialect: Dialect): EntitySchema =>
  new EntitySchema({
    name: 'source_stat',
    columns: { name: keyText(dialect), changes: bigint, last_change_at: bigint },
  });

/** The tables of this room in one kind of database. */
export const logEntities = (dialect: Dialect): EntitySchema[] => [
  changeTable(dialect),
  entityTable(dialect),
  logHeadTable(),
  collectionStatTable(dialect),
  sourceStatTable(dialect),
];
