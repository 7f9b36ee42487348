/**
 * The log: every change, durable and in order, and the newest state of every entity.
 *
 * It promises:
 * - positions are 1, 2, 3 … in the order of commits, without gaps, over all hubs on one database;
 * - what an append answered survives a crash of the hub and of the database;
 * - the change, the entity's new state and the counts become visible together;
 * - recordedAt never goes back along the log;
 * - a log that lost changes, as a restored one has, is known as another one and gets a new id.
 *
 * Concurrency: appends of all hubs run one after another (the lock on `log_head`); within a hub the caller sends one at a
 * time and groups what arrives meanwhile. Reads run beside them and see whole appends only.
 */
import type { ChangeRow } from '../model/change.js';
import type { Timers } from '../model/clock.js';
import { CursorCodec } from '../model/cursor.js';
import type { Position } from '../model/cursor.js';
import { IdCodec } from '../model/ids.js';
import type { Entity } from '../model/entity.js';
import { logUnavailable } from '../model/errors.js';
import { EVERYTHING } from '../model/filter.js';
import type { CollectionCount, SourceCount } from '../model/status.js';
import type { Database, TableSet } from '../platform/platform.js';
import type { Appended, Appender, AppendView, EntityKey, Lookup, Plan } from './append.js';
import { logEntities } from './entities.js';
import { postgresFilterSql, sqliteFilterSql } from './filter-sql.js';
import type { FilterSql } from './filter-sql.js';
import { readFollowing } from './following.js';
import type { Following } from './following.js';
import { readExtent } from './head.js';
import type { Extent } from './head.js';
import { follow, LogReplaced, mayContinue } from './identity.js';
import { CreateLog1790000000001 } from './migrations.js';
import type { Page } from './page.js';
import { PostgresAppender } from './postgres-append.js';
import { Points } from './points.js';
import * as read from './read.js';
import { SnapshotReader } from './snapshot.js';
import type { SnapshotPage, SnapshotRange } from './snapshot.js';
import { SqliteAppender } from './sqlite-append.js';
import { addFilterFunctions } from './sqlite-functions.js';
import { verify } from './verify.js';
import type { Verification, VerifyOptions } from './verify.js';

export { LEFT_OUT, pairKey } from './append.js';
export { GENESIS_HASH, seal } from './chain.js';
export { LOG_SQL } from './head.js';
export { LogReplaced } from './identity.js';
export type { Appended, AppendView, EntityKey, Lookup, SourceKey } from './append.js';
export { PAGE_BYTES } from './page.js';
export type { Page } from './page.js';
export type { Verification, VerifyOptions } from './verify.js';

/** The tables of this room. */
export const logTables: TableSet = {
  entities: logEntities,
  migrations: [CreateLog1790000000001],
};

/** The log of one migrated database. */
export class Log {
  readonly #appender: Appender;
  readonly #filterSql: FilterSql;
  readonly #snapshots: SnapshotReader;
  /** The newest change that this hub knows to be committed; see `guard`. */
  #newest: () => ChangeRow | null = () => null;

  private constructor(
    readonly database: Database,
    /** The log's UUID: new for a new or a restored log. */
    readonly id: string,
    /** Writes and reads this log's cursors. */
    readonly cursors: CursorCodec,
    /** Writes and reads the ids of what is in this log. */
    readonly ids: IdCodec,
    /** What cursors and times come to in this log. */
    readonly points: Points,
    timers: Timers,
  ) {
    if (database.dialect === 'sqlite') {
      addFilterFunctions(database);
      this.#appender = new SqliteAppender(database);
      this.#filterSql = sqliteFilterSql;
    } else {
      this.#appender = new PostgresAppender(database, timers);
      this.#filterSql = postgresFilterSql;
    }
    this.#snapshots = new SnapshotReader(database, this.#filterSql);
  }

  static async open(database: Database, timers: Timers): Promise<Log> {
    const { logId } = await readExtent(database);
    const cursors = new CursorCodec(logId);
    return new Log(database, logId, cursors, new IdCodec(logId), new Points(database, cursors), timers);
  }

  /**
   * Appends what `plan` decides while the log is locked; see Appender. Nothing is appended to a log that has lost what this
   * hub knows of it: the hub is about to find that out by `follow`.
   */
  append<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Promise<Appended<T>> {
    return this.#appender.append(lookup, (view) => {
      if (!mayContinue(view, this.#newest())) throw logUnavailable(new LogReplaced(this.id));
      return plan(view);
    });
  }

  /** Where the log begins and ends now. */
  extent(): Promise<Extent> {
    return readExtent(this.database);
  }

  /**
   * The same, once it is sure that the log is still the one that this hub opened and saw `newest` in as its newest change
   * (null: it saw it empty). @throws LogReplaced
   */
  follow(newest: ChangeRow | null): Promise<Extent> {
    return follow(this.database, { id: this.id, newest });
  }

  /**
   * From now on the log must hold `newest()`. An append checks that the log has not lost it, and every new connection to
   * PostgreSQL is asked before anything is read or written through it: after a failover nothing goes to a copy that lost
   * changes. SQLite has no connections that come and go.
   * @param onReplaced told, for every such connection, that the database holds another log
   */
  guard(newest: () => ChangeRow | null, onReplaced: (error: LogReplaced) => void): void {
    this.#newest = newest;
    if (this.database.dialect === 'sqlite') return;
    this.database.verifyConnections(async (connection) => {
      try {
        await follow(connection, { id: this.id, newest: newest() });
      } catch (error) {
        if (error instanceof LogReplaced) onReplaced(error);
        throw error;
      }
    });
  }

  /** Changes of a range in log order; as many of them as `limit` and `maxBytes` allow. */
  changes(range: read.Range): Promise<Page<ChangeRow>> {
    return read.readRange(this.database, this.#filterSql, range);
  }

  /** The first changes after a position, with the count of operator actions that precede them. */
  following(after: Position, limit: number): Promise<Following> {
    return readFollowing(this.database, after, limit);
  }

  /** A part of a snapshot; see SnapshotReader. */
  snapshot(range: SnapshotRange): Promise<SnapshotPage> {
    return this.#snapshots.read(range);
  }

  /** Whether the change at a position is part of the snapshot of the log as it was when it ended at `until`. */
  async isInSnapshot(position: Position, until: Position): Promise<boolean> {
    const selection = { filter: EVERYTHING, any: null };
    const range = { after: position - 1n, through: position, until, selection, limit: 1 };
    return (await this.snapshot(range)).rows.length > 0;
  }

  /** The change at a place, or null. */
  async changeAt(position: Position): Promise<ChangeRow | null> {
    const { rows } = await this.changesAt([position]);
    return rows[0] ?? null;
  }

  /**
   * The changes at these positions, in log order; positions that hold none are passed over.
   * @param maxBytes bytes of after, undo and headers at most, but for the first change; default: PAGE_BYTES
   */
  changesAt(positions: readonly Position[], maxBytes?: number): Promise<Page<ChangeRow>> {
    return read.readAt(this.database, positions, maxBytes);
  }

  /**
   * Changes of one entity, newest first, from the one at `from` back; `limit` at most.
   * @param maxBytes as of `changesAt`
   */
  history(from: Position, limit: number, maxBytes?: number): Promise<Page<ChangeRow>> {
    return read.readHistory(this.database, from, limit, maxBytes);
  }

  /** One live entity, or null. */
  entity(collection: string, key: string): Promise<Entity | null> {
    return read.readEntity(this.database, collection, key);
  }

  /**
   * Live entities by collection and key, in the order of these; ones that are not there are passed over.
   * @param maxBytes bytes of data at most, but for the first entity; default: PAGE_BYTES
   */
  entitiesAt(keys: readonly EntityKey[], maxBytes?: number): Promise<Page<read.SizedEntity>> {
    return read.readEntitiesAt(this.database, keys, maxBytes);
  }

  /** Live entities of a collection in the order of their keys; as many of them as `limit` and `maxBytes` allow. */
  entities(range: read.EntityRange): Promise<Page<Entity>> {
    return read.readEntities(this.database, this.#filterSql, range);
  }

  /** Checks the log against its chain of hashes; see `verify`. @throws HubError LOG_UNAVAILABLE */
  verify(options: VerifyOptions = {}): Promise<Verification> {
    return verify(this.database, this.#filterSql, options);
  }

  /** Collections by name, with counts that the append keeps. */
  collections(): Promise<CollectionCount[]> {
    return read.readCollections(this.database);
  }

  /** Sources by name, with counts that the append keeps. */
  sources(): Promise<SourceCount[]> {
    return read.readSources(this.database);
  }
}
