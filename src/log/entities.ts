import { EntitySchema } from 'typeorm';
import type { EntitySchemaColumnOptions } from 'typeorm';

/**
 * The log's tables as TypeORM knows them. Times are milliseconds since 1970, UTC; JSON is kept as text, so that what a
 * source sent comes out with its fields in the order it sent them.
 */
const text: EntitySchemaColumnOptions = { type: 'text' };
const bigint: EntitySchemaColumnOptions = { type: 'bigint' };
const integer: EntitySchemaColumnOptions = { type: 'integer' };
const boolean: EntitySchemaColumnOptions = { type: 'boolean' };

/** A line of the log. */
export const changeTable = new EntitySchema({
  name: 'change',
  columns: {
    position: { ...bigint, primary: true },
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
export const entityTable = new EntitySchema({
  name: 'entity',
  columns: {
    collection: { ...text, primary: true },
    key: { ...text, primary: true },
    version: integer,
    data: { ...text, nullable: true },
    deleted: boolean,
    position: bigint,
    source: text,
    updated_at: bigint,
  },
});

/** One row: where the log ends. Whoever appends locks it first. */
export const logHeadTable = new EntitySchema({
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
export const collectionStatTable = new EntitySchema({
  name: 'collection_stat',
  columns: { name: { ...text, primary: true }, entities: bigint, changes: bigint },
});

/** Counts by source, kept by the append. */
export const sourceStatTable = new EntitySchema({
  name: 'source_stat',
  columns: { name: { ...text, primary: true }, changes: bigint, last_change_at: bigint },
});
