import type { ChangeRow } from '../model/change.js';
import type { FieldCondition } from '../model/condition.js';
import type { Position } from '../model/cursor.js';
import type { Entity } from '../model/entity.js';
import { EVERYTHING } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import { asBigint, asNumber, asText } from '../platform/platform.js';
import type { Database, Row } from '../platform/platform.js';
import { Parameters } from './filter-sql.js';
import type { FilterSql } from './filter-sql.js';
import { CHANGE_COLUMNS, changeOf, ENTITY_COLUMNS, entityOf } from './rows.js';

/** Which changes to read: those in (after, through] or, if said so, [from the end backwards]. */
export interface Range {
  /** Only changes behind this place. */
  readonly after: Position;
  /** Only changes up to this place; absent: to the end. */
  readonly through?: Position;
  readonly filter?: ChangeFilter;
  /** Only the newest change of every live entity. */
  readonly snapshot?: boolean;
  /** Changes at most. */
  readonly limit: number;
  /** The last ones of the range instead of the first; the answer is in log order all the same. */
  readonly fromEnd?: boolean;
}

/**
 * The log walked in order, keeping what the entity's state still points at. The other way, `entity` by an index on its
 * position, would make every update of a state write that index too.
 */
const IS_NEWEST_OF_LIVE = `operation <> 'DELETE' and exists (select 1 from entity
  where entity.collection = change.collection and entity.key = change.key and entity.position = change.position)`;

export async function readRange(
  database: Database,
  filterSql: FilterSql,
  range: Range,
): Promise<ChangeRow[]> {
  const parameters = new Parameters();
  const conditions = [`position > ${parameters.add(range.after)}`];
  if (range.through !== undefined) conditions.push(`position <= ${parameters.add(range.through)}`);
  const mode = range.snapshot ? 'snapshot' : 'log';
  conditions.push(...filterSql.ofFilter(range.filter ?? EVERYTHING, mode, parameters));
  if (range.snapshot) conditions.push(IS_NEWEST_OF_LIVE);
  const order = range.fromEnd ? 'desc' : 'asc';
  const rows = await database.read(
    `select ${CHANGE_COLUMNS} from change where ${conditions.join(' and ')} order by position ${order} ` +
      `limit ${parameters.add(range.limit)}`,
    parameters.values,
  );
  const changes = rows.map(changeOf);
  return range.fromEnd ? changes.reverse() : changes;
}

/** The changes at these places, in log order. */
export async function readAt(database: Database, positions: readonly Position[]): Promise<ChangeRow[]> {
  if (positions.length === 0) return [];
  const list =
    database.dialect === 'sqlite'
      ? 'in (select cast(value as integer) from json_each($1))'
      : 'in (select cast(value as bigint) from json_array_elements_text(cast($1 as json)))';
  const rows = await database.read(
    `select ${CHANGE_COLUMNS} from change where position ${list} order by position`,
    [JSON.stringify(positions.map(String))],
  );
  return rows.map(changeOf);
}

/** The changes of one entity, newest first, by following the chain of `previous` from `from`. */
export async function readHistory(database: Database, from: Position, limit: number): Promise<ChangeRow[]> {
  const columns = CHANGE_COLUMNS.split(', ');
  const rows = await database.read(
    `with recursive chain (${CHANGE_COLUMNS}, step) as (
       select ${CHANGE_COLUMNS}, 1 from change where position = $1
       union all
       select ${columns.map((name) => `c.${name}`).join(', ')}, chain.step + 1
       from chain join change as c on c.position = chain.previous where chain.step < $2)
     select ${CHANGE_COLUMNS} from chain order by step`,
    [from, limit],
  );
  return rows.map(changeOf);
}

/**
 * The place right before the first change recorded at or after `time`; the log's end where there is none.
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
    `select ${ENTITY_COLUMNS} from entity where collection = $1 and key = $2 and not deleted`,
    [collection, key],
  );
  return row ? entityOf(row) : null;
}

/** Which live entities to read, in the order of their keys (by code point). */
export interface EntityRange {
  readonly collection: string;
  readonly where: readonly FieldCondition[];
  /** Only keys behind this one. */
  readonly afterKey: string | null;
  readonly limit: number;
}

export async function readEntities(
  database: Database,
  filterSql: FilterSql,
  range: EntityRange,
): Promise<Entity[]> {
  const parameters = new Parameters();
  const conditions = [`collection = ${parameters.add(range.collection)}`, 'not deleted'];
  if (range.afterKey !== null) conditions.push(`key > ${parameters.add(range.afterKey)}`);
  conditions.push(...filterSql.ofConditions(range.where, parameters));
  const rows = await database.read(
    `select ${ENTITY_COLUMNS} from entity where ${conditions.join(' and ')} order by key ` +
      `limit ${parameters.add(range.limit)}`,
    parameters.values,
  );
  return rows.map(entityOf);
}

export interface CollectionCount {
  readonly name: string;
  readonly entityCount: number;
  readonly changeCount: number;
}

export interface SourceCount {
  readonly name: string;
  readonly changeCount: number;
  readonly lastChangeAt: number;
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

/** Where the log begins and ends. */
export interface Extent {
  readonly logId: string;
  /** The position of the newest change; 0 on an empty log. */
  readonly head: Position;
  /** The position of the oldest change that the log still holds. */
  readonly earliest: Position;
}

export async function readExtent(database: Database): Promise<Extent> {
  const [row] = await database.read('select log_id, position, earliest from log_head where one = 1');
  return extentOf(row);
}

export function extentOf(row: Row | undefined): Extent {
  if (!row) throw new Error('The table log_head holds no row; the database was not migrated.');
  return {
    logId: asText(row.log_id),
    head: asBigint(row.position),
    earliest: asBigint(row.earliest),
  };
}
