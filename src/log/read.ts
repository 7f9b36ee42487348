import type { ChangeRow } from '../model/change.js';
import type { FieldCondition } from '../model/condition.js';
import type { Position } from '../model/cursor.js';
import type { Entity } from '../model/entity.js';
import { EVERYTHING } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { RowSelection } from '../model/selection.js';
import type { CollectionCount, SourceCount } from '../model/status.js';
import { asNumber, asText, jsonList } from '../platform/platform.js';
import type { Database } from '../platform/platform.js';
import type { EntityKey } from './append.js';
import { entityKeysSql, Parameters, positionsParameter, positionsSql } from './parameters.js';
import type { FilterSql } from './filter-sql.js';
import { CHANGE_COLUMNS, changeBytesSql, changeOf, namesOf } from './columns.js';
import { PAGE_BYTES, readBounded, readUpTo } from './page.js';
import type { Page } from './page.js';
import { entityOf, READ_ENTITY_COLUMNS } from './rows.js';

const CHANGE_NAMES = namesOf(CHANGE_COLUMNS);

/** Which changes to read: those in (after, through] or, if said so, [from the end backwards]. */
export interface Range {
  /** Only changes behind this position. */
  readonly after: Position;
  /** Only changes at these positions; absent: at any. */
  readonly positions?: readonly Position[];
  /** Only changes up to this position; absent: to the end. */
  readonly through?: Position;
  readonly filter?: ChangeFilter;
  /** Only changes that are in one of these as well; absent or null: in any collection. */
  readonly any?: RowSelection['any'];
  /** Changes at most. */
  readonly limit: number;
  /** Bytes of after, undo and headers at most, but for the first change; default: PAGE_BYTES. */
  readonly maxBytes?: number;
  /** The last ones of the range instead of the first; the answer is in log order all the same. */
  readonly fromEnd?: boolean;
}

export async function readRange(
  database: Database,
  filterSql: FilterSql,
  range: Range,
): Promise<Page<ChangeRow>> {
  const parameters = new Parameters();
  const conditions = [`position > ${parameters.add(range.after)}`];
  if (range.through !== undefined) conditions.push(`position <= ${parameters.add(range.through)}`);
  if (range.positions !== undefined) {
    const list = parameters.add(positionsParameter(range.positions));
    conditions.push(`position in (${positionsSql(database.dialect, list)})`);
  }
  const { filter = EVERYTHING, any = null } = range;
  conditions.push(...filterSql.ofSelection({ filter, any }, 'log', parameters));
  const { rows, whole } = await readBounded(database, {
    columns: CHANGE_NAMES,
    from: `change where ${conditions.join(' and ')}`,
    order: `position ${range.fromEnd ? 'desc' : 'asc'}`,
    bytes: changeBytesSql(),
    parameters,
    limit: range.limit,
    maxBytes: range.maxBytes ?? PAGE_BYTES,
  });
  const changes = rows.map(changeOf);
  return { rows: range.fromEnd ? changes.reverse() : changes, whole };
}

/** The changes at these positions, in log order; positions that hold none are passed over. */
export async function readAt(
  database: Database,
  positions: readonly Position[],
  maxBytes = PAGE_BYTES,
): Promise<Page<ChangeRow>> {
  const parameters = new Parameters();
  const list = positionsSql(database.dialect, parameters.add(positionsParameter(positions)));
  const { rows, whole } = await readBounded(database, {
    columns: CHANGE_NAMES,
    from: `change where position in (${list})`,
    order: 'position',
    bytes: changeBytesSql(),
    parameters,
    // One more than there can be: only bytes bound this read.
    limit: positions.length + 1,
    maxBytes,
  });
  return { rows: rows.map(changeOf), whole };
}

/** The changes of one entity, newest first, by following the chain of `previous` from `from`. */
export async function readHistory(
  database: Database,
  from: Position,
  limit: number,
  maxBytes = PAGE_BYTES,
): Promise<Page<ChangeRow>> {
  const { rows, whole } = await readUpTo(
    database,
    `with recursive chain (${CHANGE_NAMES}, bytes, upto, step) as (
       select ${CHANGE_NAMES}, ${changeBytesSql()}, cast(${changeBytesSql()} as bigint), 1 from change where position = $1
       union all
       select ${namesOf(CHANGE_COLUMNS, 'c.')}, ${changeBytesSql('c.')}, chain.upto + ${changeBytesSql('c.')},
         chain.step + 1
       from chain join change as c on c.position = chain.previous where chain.step < $2
         and (chain.upto <= $3 or chain.step = 1))
     select ${CHANGE_NAMES}, bytes from chain order by step`,
    [from, limit, maxBytes],
    { limit, maxBytes },
  );
  return { rows: rows.map(changeOf), whole };
}

/**
 * The position right before the first change recorded at or after `time`; the log's end where there is none.
 * recordedAt never goes back along the log, so halving finds it by primary key, without an index on times.
 */
export async function placeBefore(
  database: Database,
  time: number,
  earliest: Position,
  head: Position,
): Promise<Position> {
  let low = earliest;
  let high = head + 1n;
  while (low < high) {
    const middle = (low + high) / 2n;
    const [row] = await database.read('select recorded_at from change where position = $1', [middle]);
    if (row !== undefined && asNumber(row.recorded_at) < time) low = middle + 1n;
    else high = middle;
  }
  return low - 1n;
}

export async function readEntity(
  database: Database,
  collection: string,
  key: string,
): Promise<Entity | null> {
  const [row] = await database.read(
    `select ${READ_ENTITY_COLUMNS} from entity where collection = $1 and key = $2 and not deleted`,
    [collection, key],
  );
  return row ? entityOf(row) : null;
}

/** Live entities by collection and key, in the order of these; ones that are not there are passed over. */
export async function readEntitiesAt(
  database: Database,
  keys: readonly EntityKey[],
  maxBytes = PAGE_BYTES,
): Promise<Page<SizedEntity>> {
  const parameters = new Parameters();
  const list = entityKeysSql(database.dialect, parameters.add(jsonList(keys)));
  const { rows, whole } = await readBounded(database, {
    columns: READ_ENTITY_COLUMNS,
    from: `entity where (collection, key) in (${list}) and not deleted`,
    order: 'collection, key',
    bytes: 'octet_length(data)',
    parameters,
    // One more than there can be: only bytes bound this read.
    limit: keys.length + 1,
    maxBytes,
  });
  return { rows: rows.map((row) => ({ entity: entityOf(row), bytes: asNumber(row.bytes) })), whole };
}

/** An entity with the bytes of its data as JSON text, as it is stored. */
export interface SizedEntity {
  readonly entity: Entity;
  readonly bytes: number;
}

/** Which live entities to read, in the order of their keys (by code point). */
export interface EntityRange {
  readonly collection: string;
  readonly where: readonly FieldCondition[];
  /** Only keys behind this one. */
  readonly afterKey: string | null;
  readonly limit: number;
  /** Bytes of data at most, but for the first entity; default: PAGE_BYTES. */
  readonly maxBytes?: number;
}

export async function readEntities(
  database: Database,
  filterSql: FilterSql,
  range: EntityRange,
): Promise<Page<Entity>> {
  const parameters = new Parameters();
  const conditions = [`collection = ${parameters.add(range.collection)}`, 'not deleted'];
  if (range.afterKey !== null) conditions.push(`key > ${parameters.add(range.afterKey)}`);
  conditions.push(...filterSql.ofConditions(range.where, parameters));
  const { rows, whole } = await readBounded(database, {
    columns: READ_ENTITY_COLUMNS,
    from: `entity where ${conditions.join(' and ')}`,
    order: 'key',
    bytes: 'octet_length(data)',
    parameters,
    limit: range.limit,
    maxBytes: range.maxBytes ?? PAGE_BYTES,
  });
  return { rows: rows.map(entityOf), whole };
}

export const readCollections = async (database: Database): Promise<CollectionCount[]> =>
  (await database.read('select name, entities, changes from collection_stat order by name')).map((row) => ({
    name: asText(row.name),
    entityCount: asNumber(row.entities),
    changeCount: asNumber(row.changes),
  }));

export const readSources = async (database: Database): Promise<SourceCount[]> =>
  (await database.read('select name, changes, last_change_at from source_stat order by name')).map((row) => ({
    name: asText(row.name),
    changeCount: asNumber(row.changes),
    lastChangeAt: asNumber(row.last_change_at),
  }));
