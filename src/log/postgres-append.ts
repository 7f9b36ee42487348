import { isDeepStrictEqual } from 'node:util';
import type { PoolClient, QueryResult } from 'pg';
import type { ChangeRow } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { commitUnknown, logUnavailable } from '../model/errors.js';
import { asBigint, asNumber, asText, isConnectionLost, orNull } from '../platform/platform.js';
import type { Parameter, PostgresDatabase, Row } from '../platform/platform.js';
import { effectsOf, pairKey, viewOf } from './append.js';
import type { Appended, Appender, AppendView, Effects, EntityState, Lookup, Plan } from './append.js';
import { arrayLiteral } from './array-literal.js';
import { CHANGE_COLUMNS, changeOf } from './rows.js';

/**
 * For how long, and with what pause, in milliseconds, the hub asks what became of a commit whose answer was lost. An attempt
 * that was begun takes as long as the database lets it.
 */
const ASK_MS = 5_000;
const ASK_PAUSE_MS = 200;

/**
 * Appends on PostgreSQL. The row lock on `log_head` makes positions gap-free in the order of commits, over all hubs: a
 * serial column would show a late commit behind a position that readers have passed. Two look-ups, one write and the
 * commit, whatever the number of changes.
 */
export class PostgresAppender implements Appender {
  constructor(readonly database: PostgresDatabase) {}

  append<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Promise<Appended<T>> {
    return this.database.withConnection(async (connection) => {
      try {
        return await this.#appendOn(connection, lookup, plan);
      } catch (error) {
        if (!isConnectionLost(error)) await connection.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  async #appendOn<T>(
    connection: PoolClient,
    lookup: Lookup,
    plan: (view: AppendView) => Plan<T>,
  ): Promise<Appended<T>> {
    const head = await lockHead(connection);
    const view = await this.#view(connection, head, lookup);
    const { changes, value } = plan(view);
    if (changes.length === 0) {
      await connection.query('rollback');
      return { changes, value, head: view.head };
    }
    const effects = effectsOf(changes, view);
    await this.database.run(connection, APPEND, appendParameters(changes, effects));
    try {
      await connection.query('commit');
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await this.#askWhetherCommitted(changes, error);
    }
    return { changes, value, head: effects.head };
  }

  async #view(connection: PoolClient, head: Row, lookup: Lookup): Promise<AppendView> {
    const entities = new Map<string, EntityState>();
    const recorded = new Map<string, ChangeRow>();
    const keys = lookup.entities;
    const collections = arrayLiteral(keys.map((one) => one.collection));
    const rows = await this.database.run(connection, ENTITIES, [
      collections,
      arrayLiteral(keys.map((one) => one.key)),
    ]);
    for (const row of rows) {
      entities.set(pairKey(asText(row.collection), asText(row.key)), {
        version: asNumber(row.version),
        data: orNull(row.data, asText),
        position: asBigint(row.position),
      });
    }
    if (lookup.ids.length > 0) {
      const sources = arrayLiteral(lookup.ids.map((one) => one.source));
      const ids = arrayLiteral(lookup.ids.map((one) => one.id));
      for (const row of await this.database.run(connection, RECORDED, [sources, ids])) {
        const change = changeOf(row);
        recorded.set(pairKey(change.source, change.id), change);
      }
    }
    return viewOf(asBigint(head.position), asNumber(head.recorded_at), entities, recorded);
  }

  /**
   * The connection broke during the commit. Whoever holds the lock on `log_head` next knows that the lost transaction
   * is over, one way or the other, so looking at its places then tells which. All of what it wrote is compared: the same
   * ids, sent again through another hub, may stand at the same places by now, and not be what was planned here.
   * @throws HubError LOG_UNAVAILABLE when it was not recorded, or when nobody can tell.
   */
  async #askWhetherCommitted(changes: readonly ChangeRow[], cause: unknown): Promise<void> {
    const until = performance.now() + ASK_MS;
    while (performance.now() < until) {
      try {
        if (await this.#holds(changes)) return;
        throw logUnavailable(cause);
      } catch (error) {
        if ((error as { cause?: unknown }).cause === cause) throw error;
        await new Promise((resolve) => setTimeout(resolve, ASK_PAUSE_MS));
      }
    }
    throw commitUnknown(cause);
  }

  #holds(changes: readonly ChangeRow[]): Promise<boolean> {
    return this.database.withConnection(async (connection) => {
      await lockHead(connection);
      const places = [changes[0]?.position ?? null, changes.at(-1)?.position ?? null];
      const rows = await this.database.run(connection, AT_PLACES, places);
      await connection.query('rollback');
      return isDeepStrictEqual(rows.map(changeOf), changes);
    });
  }
}

async function lockHead(connection: PoolClient): Promise<Row> {
  // Two statements in one message: the answer to a message of several is a list, which pg's types do not say.
  const results = (await connection.query(
    'begin; select position, recorded_at from log_head where one = 1 for update',
  )) as unknown as QueryResult<Row>[];
  const row = results[1]?.rows[0];
  if (!row) throw new Error('The table log_head holds no row; the database was not migrated.');
  return row;
}

/** `limit 1` keeps PostgreSQL from planning a join over the whole table while the table is small. */
const ENTITIES = `select e.collection, e.key, e.version, e.data, e.position
  from unnest($1::text[], $2::text[]) as k (collection, key)
  cross join lateral (select * from entity where collection = k.collection and key = k.key limit 1) as e`;

const RECORDED = `select c.*
  from unnest($1::text[], $2::text[]) as k (source, id)
  cross join lateral (select ${CHANGE_COLUMNS} from change where source = k.source and id = k.id limit 1) as c`;

const AT_PLACES = `select ${CHANGE_COLUMNS} from change where position between $1 and $2 order by position`;

const APPEND = `with
  appended as (
    insert into change (${CHANGE_COLUMNS})
    select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[],
      $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[])),
  newest as (
    insert into entity (collection, key, version, data, deleted, position, source, updated_at)
    select collection, key, version, after, operation = 'DELETE', position, source, recorded_at
    from unnest($15::text[], $16::text[], $17::int[], $18::text[], $19::text[], $20::bigint[], $21::text[], $22::bigint[])
      as n (collection, key, version, after, operation, position, source, recorded_at)
    on conflict (collection, key) do update set version = excluded.version, data = excluded.data,
      deleted = excluded.deleted, position = excluded.position, source = excluded.source,
      updated_at = excluded.updated_at),
  collections as (
    insert into collection_stat as s (name, entities, changes)
    select * from unnest($23::text[], $24::bigint[], $25::bigint[])
    on conflict (name) do update set entities = s.entities + excluded.entities, changes = s.changes + excluded.changes),
  sources as (
    insert into source_stat as s (name, changes, last_change_at)
    select * from unnest($26::text[], $27::bigint[], $28::bigint[])
    on conflict (name) do update set changes = s.changes + excluded.changes, last_change_at = excluded.last_change_at)
  update log_head set position = $29, recorded_at = $30 where one = 1`;

function appendParameters(changes: readonly ChangeRow[], effects: Effects): Parameter[] {
  const list = (read: (change: ChangeRow) => string | number | Position | null): string =>
    arrayLiteral(changes.map(read));
  const newest = (read: (change: ChangeRow) => string | number | Position | null): string =>
    arrayLiteral(effects.newest.map(read));
  return [
    ...[list((c) => c.position), list((c) => c.previous), list((c) => c.id), list((c) => c.collection)],
    ...[list((c) => c.key), list((c) => c.version), list((c) => c.operation), list((c) => c.source)],
    ...[list((c) => c.after), list((c) => c.undo), list((c) => c.digest), list((c) => c.headers)],
    ...[list((c) => c.occurredAt), list((c) => c.recordedAt)],
    ...[newest((c) => c.collection), newest((c) => c.key), newest((c) => c.version), newest((c) => c.after)],
    ...[
      newest((c) => c.operation),
      newest((c) => c.position),
      newest((c) => c.source),
      newest((c) => c.recordedAt),
    ],
    arrayLiteral(effects.collections.map((one) => one.name)),
    arrayLiteral(effects.collections.map((one) => one.entities)),
    arrayLiteral(effects.collections.map((one) => one.changes)),
    arrayLiteral(effects.sources.map((one) => one.name)),
    arrayLiteral(effects.sources.map((one) => one.changes)),
    arrayLiteral(effects.sources.map((one) => one.lastChangeAt)),
    effects.head,
    effects.recordedAt,
  ];
}
