import { EntitySchema } from 'typeorm';
import type { EntitySchemaColumnOptions } from 'typeorm';
import type { Dialect } from '../platform/platform.js';
import { CHANGE_COLUMNS, COLLECTION_COLUMNS, ENTITY_COLUMNS, SOURCE_COLUMNS } from './columns.js';
import type { Column } from './columns.js';

/**
 * The log's tables as TypeORM knows them. Times are milliseconds since 1970, UTC; JSON is kept as text, so that what a
 * source sent comes out with its fields in the order it sent them.
 */
const bigint: EntitySchemaColumnOptions = { type: 'bigint' };
const integer: EntitySchemaColumnOptions = { type: 'integer' };

type Columns = Record<string, EntitySchemaColumnOptions>;

/** Texts of a primary key are ordered by their bytes, whatever the locale of a PostgreSQL server. */
const columnsOf = (columns: readonly Column<never>[], dialect: Dialect): Columns =>
  Object.fromEntries(
    columns.map(({ name, type, nullable, primary }) => [
      name,
      {
        type,
        nullable,
        primary,
        ...(primary && type === 'text' && dialect === 'postgres' ? { collation: 'C' } : {}),
      },
    ]),
  );

/** A line of the log. */
function changeTable(dialect: Dialect): EntitySchema {
  const columns = columnsOf(CHANGE_COLUMNS, dialect);
  return new EntitySchema({
    name: 'change',
    columns: {
      ...columns,
      // In SQLite an integer primary key is the row's own id, and holds 64 bits.
      position: { ...(dialect === 'sqlite' ? integer : bigint), primary: true },
    },
    uniques: [{ name: 'change_source_id', columns: ['source', 'source_id'] }],
    indices: [{ name: 'change_collection_position', columns: ['collection', 'position'] }],
  });
}

/** One row: where the log ends. Every append locks it first. */
const logHeadTable = (): EntitySchema =>
  new EntitySchema({
    name: 'log_head',
    columns: {
      one: { ...integer, primary: true },
      log_id: { type: 'text' },
      position: bigint,
      /** The hash of the newest change. */
      hash: { type: 'text' },
      earliest: bigint,
      recorded_at: bigint,
      /** Counts operator actions; see `COUNT_ACTION`. */
      actions: bigint,
    },
  });

/**
 * The tables of this room in one kind of database: the log; the newest state of each entity, of which a tombstone (deleted)
 * keeps its version and has no data; the log's end; and counts, which the append keeps so that nothing has to count a
 * large log.
 */
export const logEntities = (dialect: Dialect): EntitySchema[] => [
  changeTable(dialect),
  new EntitySchema({ name: 'entity', columns: columnsOf(ENTITY_COLUMNS, dialect) }),
  logHeadTable(),
  new EntitySchema({ name: 'collection_stat', columns: columnsOf(COLLECTION_COLUMNS, dialect) }),
  new EntitySchema({ name: 'source_stat', columns: columnsOf(SOURCE_COLUMNS, dialect) }),
];
