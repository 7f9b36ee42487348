import type BetterSqlite3 from 'better-sqlite3';
import type { ChangeRow } from '../model/change.js';
import { asBigint, asNumber, asText, orNull } from '../platform/platform.js';
import type { Row, SqliteDatabase } from '../platform/platform.js';
import { effectsOf, pairKey, viewOf } from './append.js';
import type { Appended, Appender, AppendView, EntityState, Lookup, Plan } from './append.js';
import { CHANGE_COLUMNS, changeOf } from './rows.js';

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
    if (changes.length === 0) return { changes, value, head: view.head };
    const effects = effectsOf(changes, view);
    const { insertChange, upsertEntity, upsertCollection, upsertSource, moveHead } = this.#statements;
    for (const change of changes) insertChange.run(changeValues(change));
    for (const change of effects.newest) {
      const deleted = change.operation === 'DELETE' ? 1 : 0;
      const { collection, key, version, after, position, source, recordedAt } = change;
      upsertEntity.run(collection, key, version, after, deleted, position, source, recordedAt);
    }
    for (const one of effects.collections) upsertCollection.run(one.name, one.entities, one.changes);
    for (const one of effects.sources) upsertSource.run(one.name, one.changes, one.lastChangeAt);
    moveHead.run(effects.head, effects.recordedAt);
    return { changes, value, head: effects.head };
  }

  #view(lookup: Lookup): AppendView {
    const head = this.#statements.head.get() as Row;
    const entities = new Map<string, EntityState>();
    for (const { collection, key } of lookup.entities) {
      const row = this.#statements.entity.get(collection, key) as Row | undefined;
      if (row) entities.set(pairKey(collection, key), entityState(row));
    }
    const recorded = new Map<string, ChangeRow>();
    for (const { source, id } of lookup.ids) {
      const row = this.#statements.recorded.get(source, id) as Row | undefined;
      if (row) recorded.set(pairKey(source, id), changeOf(row));
    }
    return viewOf(asBigint(head.position), asNumber(head.recorded_at), entities, recorded);
  }
}

const entityState = (row: Row): EntityState => ({
  version: asNumber(row.version),
  data: orNull(row.data, asText),
  position: asBigint(row.position),
});

const changeValues = (change: ChangeRow): unknown[] => [
  change.position,
  change.previous,
  change.id,
  change.collection,
  change.key,
  change.version,
  change.operation,
  change.source,
  change.after,
  change.undo,
  change.digest,
  change.headers,
  change.occurredAt,
  change.recordedAt,
];

type Statements = Readonly<Record<StatementName, BetterSqlite3.Statement>>;
type StatementName = keyof typeof STATEMENTS;

const STATEMENTS = {
  head: 'select position, recorded_at from log_head where one = 1',
  entity: 'select version, data, position from entity where collection = ? and key = ?',
  recorded: `select ${CHANGE_COLUMNS} from change where source = ? and id = ?`,
  insertChange: `insert into change (${CHANGE_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  upsertEntity: `insert into entity (collection, key, version, data, deleted, position, source, updated_at)
    values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (collection, key) do update set version = excluded.version, data = excluded.data,
      deleted = excluded.deleted, position = excluded.position, source = excluded.source,
      updated_at = excluded.updated_at`,
  upsertCollection: `insert into collection_stat (name, entities, changes) values (?, ?, ?)
    on conflict (name) do update set entities = entities + excluded.entities, changes = changes + excluded.changes`,
  upsertSource: `insert into source_stat (name, changes, last_change_at) values (?, ?, ?)
    on conflict (name) do update set changes = changes + excluded.changes, last_change_at = excluded.last_change_at`,
  moveHead: 'update log_head set position = ?, recorded_at = ? where one = 1',
} as const;

const prepare = (handle: BetterSqlite3.Database): Statements =>
  Object.fromEntries(
    Object.entries(STATEMENTS).map(([name, sql]) => [name, handle.prepare(sql).safeIntegers(true)]),
  ) as Statements;
