import type BetterSqlite3 from 'better-sqlite3';
import type { ChangeRow } from '../model/change.js';
import { asBigint, asNumber, asText, orNull } from '../platform/platform.js';
import type { Row, SqliteDatabase } from '../platform/platform.js';
import { effectsOf, endOf, LEFT_OUT, pairKey, recordedIn, viewOf } from './append.js';
import type { Appended, Appender, AppendView, EntityState, Found, Lookup, Plan } from './append.js';
import {
  CHANGE_COLUMNS,
  changeBytesSql,
  changeOf,
  COLLECTION_COLUMNS,
  ENTITY_COLUMNS,
  namesOf,
  overwriteSql,
  SOURCE_COLUMNS,
} from './columns.js';
import type { Column, Value } from './columns.js';

/**
 * Appends on SQLite. The whole transaction is one synchronous function on the one handle that writes, so nothing of this
 * process can interleave; `begin immediate` keeps other processes out from the first read on.
 */
export class SqliteAppender implements Appender {
  readonly #statements: Statements;

  constructor(readonly database: SqliteDatabase) {
    this.#statements = prepare(database.writer);
  }

  append<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Promise<Appended<T>> {
    // A promise that is made from the outcome, so that a refusal rejects as it does on the other database.
    return new Promise((resolve) => {
      resolve(this.database.transaction(() => this.#appendLocked(lookup, plan)));
    });
  }

  #appendLocked<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Appended<T> {
    const view = this.#view(lookup);
    const { changes, value } = plan(view);
    if (changes.length === 0) return { changes, value, end: endOf(view), actions: view.actions };
    const effects = effectsOf(changes, view);
    const { insertChange, upsertEntity, upsertCollection, upsertSource, moveHead } = this.#statements;
    for (const change of changes) insertChange.run(valuesOf(CHANGE_COLUMNS, change));
    for (const change of effects.newest) upsertEntity.run(valuesOf(ENTITY_COLUMNS, change));
    for (const one of effects.collections) upsertCollection.run(valuesOf(COLLECTION_COLUMNS, one));
    for (const one of effects.sources) upsertSource.run(valuesOf(SOURCE_COLUMNS, one));
    moveHead.run(effects.head, effects.headHash, effects.recordedAt);
    return { changes, value, end: endOf(effects), actions: view.actions };
  }

  #view(lookup: Lookup): AppendView {
    const head = this.#statements.head.get() as Row;
    const recorded = this.#recorded(lookup);
    const entities = this.#entities(lookup.entities(recordedIn(recorded)), lookup.maxBytes);
    return viewOf(head, entities, recorded);
  }

  #recorded({ sourceIds, maxBytes }: Lookup): Found<ChangeRow> {
    const found: Found<ChangeRow> = new Map();
    let total = 0;
    for (const { source, sourceId } of sourceIds) {
      const row = this.#statements.recorded.get(source, sourceId) as Row | undefined;
      if (!row) continue;
      const isFirst = total === 0;
      total += asNumber(row.bytes);
      const fits = isFirst || total <= maxBytes;
      const change = fits ? changeOf(this.#statements.changeAt.get(row.position) as Row) : LEFT_OUT;
      found.set(pairKey(source, sourceId), change);
    }
    return found;
  }

  #entities(keys: ReturnType<Lookup['entities']>, maxBytes: number): Found<EntityState> {
    const found: Found<EntityState> = new Map();
    let total = 0;
    for (const { collection, key } of keys) {
      const room = total === 0 ? Number.MAX_SAFE_INTEGER : maxBytes - total;
      const row = this.#statements.entity.get(room, collection, key) as Row | undefined;
      if (!row) continue;
      const bytes = asNumber(row.bytes);
      total += bytes;
      found.set(pairKey(collection, key), bytes <= room ? entityState(row) : LEFT_OUT);
    }
    return found;
  }
}

const entityState = (row: Row): EntityState => ({
  version: asNumber(row.version),
  data: orNull(row.data, asText),
  position: asBigint(row.position),
});

const valuesOf = <S>(columns: readonly Column<S>[], from: S): Value[] => columns.map(({ of }) => of(from));

/** An insert of one row, all of its columns in order. */
const insertSql = (table: string, columns: readonly Column<never>[]): string =>
  `insert into ${table} (${namesOf(columns)}) values (${columns.map(() => '?').join(', ')})`;

type Statements = Readonly<Record<StatementName, BetterSqlite3.Statement>>;
type StatementName = keyof typeof STATEMENTS;

const STATEMENTS = {
  head: 'select position, hash, recorded_at, actions from log_head where one = 1',
  // A text that is too large is not read, only measured.
  entity: `select version, position, coalesce(octet_length(data), 0) as bytes,
    case when octet_length(data) <= ? then data end as data from entity where collection = ? and key = ?`,
  recorded: `select position, ${changeBytesSql()} as bytes from change where source = ? and source_id = ?`,
  changeAt: `select ${namesOf(CHANGE_COLUMNS)} from change where position = ?`,
  insertChange: insertSql('change', CHANGE_COLUMNS),
  upsertEntity: `${insertSql('entity', ENTITY_COLUMNS)}
    on conflict (collection, key) do update set ${overwriteSql(ENTITY_COLUMNS)}`,
  upsertCollection: `${insertSql('collection_stat', COLLECTION_COLUMNS)}
    on conflict (name) do update set entities = entities + excluded.entities, changes = changes + excluded.changes`,
  upsertSource: `${insertSql('source_stat', SOURCE_COLUMNS)}
    on conflict (name) do update set changes = changes + excluded.changes, last_change_at = excluded.last_change_at`,
  moveHead: 'update log_head set position = ?, hash = ?, recorded_at = ? where one = 1',
} as const;

const prepare = (handle: BetterSqlite3.Database): Statements =>
  Object.fromEntries(
    Object.entries(STATEMENTS).map(([name, sql]) => [name, handle.prepare(sql).safeIntegers(true)]),
  ) as Statements;
