import { isDeepStrictEqual } from 'node:util';
import type { QueryResult } from 'pg';
import type { ChangeRow } from '../model/change.js';
import type { Timers } from '../model/clock.js';
import { commitUnknown, logUnavailable } from '../model/errors.js';
import { asBigint, asBoolean, asNumber, asText, isConnectionLost, orNull } from '../platform/platform.js';
import type { PostgresConnection, PostgresDatabase, Row } from '../platform/platform.js';
import { effectsOf, endOf, LEFT_OUT, pairKey, recordedIn, viewOf } from './append.js';
import type { Appended, Appender, AppendView, EntityState, Found, LogEnd, Lookup, Plan } from './append.js';
import { arrayLiteral } from './array-literal.js';
import { changeOf, sizeOf } from './columns.js';
import { APPEND, appendParameters, AT_ENDS, ENTITIES, RECORDED } from './postgres-sql.js';

/** One statement writes changes of about so many characters at most: the driver copies its parameters several times. */
const STATEMENT_SIZE = 4 * 1_024 * 1_024;
/**
 * For how long, and with what pause, in milliseconds, the hub asks whether a commit whose answer was lost took effect. An
 * attempt that was begun takes as long as the database lets it.
 */
const ASK_MS = 5_000;
const ASK_PAUSE_MS = 200;

/**
 * Appends on PostgreSQL. The row lock on `log_head` makes positions gap-free in the order of commits, over all hubs: a
 * serial column would show a late commit behind a position that readers have passed. Two look-ups, one write and the
 * commit, whatever the number of changes; large groups are written by several statements.
 */
export class PostgresAppender implements Appender {
  constructor(
    readonly database: PostgresDatabase,
    readonly timers: Timers,
  ) {}

  append<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Promise<Appended<T>> {
    return this.database.withConnection(async (connection) => {
      try {
        return await this.#appendOn(connection, lookup, plan);
      } catch (error) {
        await connection.rollback();
        throw error;
      }
    });
  }

  async #appendOn<T>(
    connection: PostgresConnection,
    lookup: Lookup,
    plan: (view: AppendView) => Plan<T>,
  ): Promise<Appended<T>> {
    const head = await lockHead(connection);
    const view = await this.#view(connection, head, lookup);
    const { changes, value } = plan(view);
    if (changes.length === 0) {
      await connection.query('rollback');
      return { changes, value, end: endOf(view), actions: view.actions };
    }
    let end: LogEnd = view;
    for (const part of partsOf(changes)) {
      const effects = effectsOf(part, end);
      await this.database.run(connection, APPEND, appendParameters(part, effects));
      end = effects;
    }
    try {
      await connection.query('commit');
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      await this.#askWhetherCommitted(changes, error);
    }
    return { changes, value, end: endOf(end), actions: view.actions };
  }

  async #view(connection: PostgresConnection, head: Row, lookup: Lookup): Promise<AppendView> {
    const recorded = await this.#recorded(connection, lookup);
    const entities = await this.#entities(connection, lookup.entities(recordedIn(recorded)), lookup.maxBytes);
    return viewOf(head, entities, recorded);
  }

  async #recorded(
    connection: PostgresConnection,
    { sourceIds, maxBytes }: Lookup,
  ): Promise<Found<ChangeRow>> {
    const found: Found<ChangeRow> = new Map();
    if (sourceIds.length === 0) return found;
    const sources = arrayLiteral(sourceIds.map((one) => one.source));
    const ids = arrayLiteral(sourceIds.map((one) => one.sourceId));
    for (const row of await this.database.run(connection, RECORDED, [sources, ids, maxBytes])) {
      const change = changeOf(row);
      found.set(pairKey(change.source, change.sourceId), asBoolean(row.fits) ? change : LEFT_OUT);
    }
    return found;
  }

  async #entities(
    connection: PostgresConnection,
    entities: ReturnType<Lookup['entities']>,
    maxBytes: number,
  ): Promise<Found<EntityState>> {
    const found: Found<EntityState> = new Map();
    if (entities.length === 0) return found;
    const collections = arrayLiteral(entities.map((one) => one.collection));
    const keys = arrayLiteral(entities.map((one) => one.key));
    for (const row of await this.database.run(connection, ENTITIES, [collections, keys, maxBytes])) {
      const state = {
        version: asNumber(row.version),
        data: orNull(row.data, asText),
        position: asBigint(row.position),
      };
      found.set(pairKey(asText(row.collection), asText(row.key)), asBoolean(row.fits) ? state : LEFT_OUT);
    }
    return found;
  }

  /**
   * The connection was lost during the commit. Once another transaction holds the lock on `log_head`, the lost one is over,
   * and its positions in the log tell whether it was committed. All of what it wrote is compared: the same
   * sourceIds, sent again through another hub, may be at the same positions by now, and not be what was planned here.
   * @throws HubError LOG_UNAVAILABLE when it was not recorded, or when it cannot be known.
   */
  async #askWhetherCommitted(changes: readonly ChangeRow[], cause: unknown): Promise<void> {
    const until = this.timers.now() + ASK_MS;
    while (this.timers.now() < until) {
      try {
        if (await this.#holds(changes)) return;
        throw logUnavailable(cause);
      } catch (error) {
        if ((error as { cause?: unknown }).cause === cause) throw error;
        await new Promise<void>((resolve) => void this.timers.after(ASK_PAUSE_MS, resolve));
      }
    }
    throw commitUnknown(cause);
  }

  #holds(changes: readonly ChangeRow[]): Promise<boolean> {
    return this.database.withConnection(async (connection) => {
      await lockHead(connection);
      const ends = [changes[0]?.position ?? null, changes.at(-1)?.position ?? null];
      const rows = await this.database.run(connection, AT_ENDS, ends);
      await connection.rollback();
      return isDeepStrictEqual(rows.map(changeOf), changes);
    });
  }
}

async function lockHead(connection: PostgresConnection): Promise<Row> {
  // Two statements in one message: the answer to a message of several is a list, which pg's types do not say.
  const results = (await connection.query(
    'begin; select position, hash, recorded_at, actions from log_head where one = 1 for update',
  )) as unknown as QueryResult<Row>[];
  const row = results[1]?.rows[0];
  if (!row) throw new Error('The table log_head holds no row; the database was not migrated.');
  return row;
}

/** Cuts changes into lists of about STATEMENT_SIZE, in order. */
function partsOf(changes: readonly ChangeRow[]): ChangeRow[][] {
  const parts: ChangeRow[][] = [];
  let part: ChangeRow[] = [];
  let size = 0;
  for (const change of changes) {
    if (size >= STATEMENT_SIZE || part.length === 0) {
      parts.push((part = []));
      size = 0;
    }
    part.push(change);
    size += sizeOf(change);
  }
  return parts;
}
