import type { ChangeRow } from '../model/change.js';
import type { Parameter } from '../platform/platform.js';
import type { Effects } from './append.js';
import { arrayLiteral } from './array-literal.js';
import {
  CHANGE_COLUMNS,
  changeBytesSql,
  COLLECTION_COLUMNS,
  ENTITY_COLUMNS,
  namesOf,
  overwriteSql,
  SOURCE_COLUMNS,
} from './columns.js';
import type { Column } from './columns.js';

/**
 * The statements of an append. Lists come in as arrays, one a column: a statement's text does not depend on how many rows
 * it reads or writes.
 */

/** Whether a row fits into the bytes ($3) together with those before it; the first one does. */
const FITS = '(upto <= $3 or upto = bytes)';

/**
 * Entities by collection ($1) and key ($2), in that order; one that does not fit comes without its data.
 * `limit 1` keeps PostgreSQL from planning a join over the whole table while the table is small.
 */
export const ENTITIES = `select collection, key, version, position, ${FITS} as fits,
    case when ${FITS} then data end as data
  from (select e.*, sum(e.bytes) over (order by k.n) as upto
    from unnest($1::text[], $2::text[]) with ordinality as k (collection, key, n)
    cross join lateral (select collection, key, version, position, data, coalesce(octet_length(data), 0) as bytes
      from entity where collection = k.collection and key = k.key limit 1) as e) as found`;

/** Changes by source ($1) and source_id ($2), in that order; one that does not fit comes without its texts. */
export const RECORDED = `select ${CHANGE_COLUMNS.map(({ name, large }) =>
  large ? `case when ${FITS} then ${name} end as ${name}` : name,
).join(', ')}, ${FITS} as fits
  from (select c.*, sum(c.bytes) over (order by k.n) as upto
    from unnest($1::text[], $2::text[]) with ordinality as k (source, source_id, n)
    cross join lateral (select ${namesOf(CHANGE_COLUMNS)}, ${changeBytesSql()} as bytes
      from change where source = k.source and source_id = k.source_id limit 1) as c) as found`;

export const AT_ENDS = `select ${namesOf(CHANGE_COLUMNS)} from change where position between $1 and $2
  order by position`;

/** The columns of what an append writes, each an array, in the order of its parameters. */
const WRITTEN = [CHANGE_COLUMNS, ENTITY_COLUMNS, COLLECTION_COLUMNS, SOURCE_COLUMNS] as const;
const FIRST_OF = WRITTEN.map((_, i) => WRITTEN.slice(0, i).reduce((sum, columns) => sum + columns.length, 1));
const HEAD = WRITTEN.reduce((sum, columns) => sum + columns.length, 1);

/** An insert of the rows that parameters give as arrays, all columns in order. */
function insertSql(table: string, index: 0 | 1 | 2 | 3): string {
  const columns: readonly Column<never>[] = WRITTEN[index];
  const first = FIRST_OF[index] ?? 0;
  const arrays = columns.map(({ type }, i) => `$${first + i}::${type}[]`);
  return `insert into ${table} (${namesOf(columns)}) select * from unnest(${arrays.join(', ')})`;
}

/** Writes changes, states, counts and the log's end. */
export const APPEND = `with
  appended as (${insertSql('change', 0)}),
  newest as (${insertSql('entity', 1)}
    on conflict (collection, key) do update set ${overwriteSql(ENTITY_COLUMNS)}),
  collections as (${insertSql('collection_stat as s', 2)}
    on conflict (name) do update set entities = s.entities + excluded.entities, changes = s.changes + excluded.changes),
  sources as (${insertSql('source_stat as s', 3)}
    on conflict (name) do update set changes = s.changes + excluded.changes, last_change_at = excluded.last_change_at)
  update log_head set position = $${HEAD}, hash = $${HEAD + 1}, recorded_at = $${HEAD + 2} where one = 1`;

/** The parameters of APPEND. */
export const appendParameters = (changes: readonly ChangeRow[], effects: Effects): Parameter[] => [
  ...arraysOf(CHANGE_COLUMNS, changes),
  ...arraysOf(ENTITY_COLUMNS, effects.newest),
  ...arraysOf(COLLECTION_COLUMNS, effects.collections),
  ...arraysOf(SOURCE_COLUMNS, effects.sources),
  effects.head,
  effects.headHash,
  effects.recordedAt,
];

const arraysOf = <S>(columns: readonly Column<S>[], rows: readonly S[]): string[] =>
  columns.map(({ of }) => arrayLiteral(rows.map(of)));
