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
import { CursorCodec } from '../model/cursor.js';
import type { Position } from '../model/cursor.js';
import type { Entity } from '../model/entity.js';
import { HubError } from '../model/errors.js';
import type { Database, TableSet } from '../platform/platform.js';
import type { Appended, Appender, AppendView, Lookup, Plan } from './append.js';
import { logEntities } from './entities.js';
import { postgresFilterSql, sqliteFilterSql } from './filter-sql.js';
import type { FilterSql } from './filter-sql.js';
import { follow } from './identity.js';
import { CreateLog1790000000000 } from './migrations.js';
import { PostgresAppender } from './postgres-append.js';
import * as read from './read.js';
import { SqliteAppender } from './sqlite-append.js';
import { addFilterFunctions } from './sqlite-functions.js';

export { pairKey } from './append.js';
export { LogReplaced } from './identity.js';
export type { Appended, AppendView, EntityKey, EntityState, Lookup, Plan, SourceId } from './append.js';
export type { CollectionCount, EntityRange, Extent, Range, SourceCount } from './read.js';

/** The tables of this room. */
export const logTables: TableSet = {
  entities: logEntities,
  migrations: [CreateLog1790000000000],
};

/** The log of one migrated database. */
export class Log {
  readonly #appender: Appender;
  readonly #filterSql: FilterSql;

  private constructor(
    readonly database: Database,
    /** The log's UUID: new for a new or a restored log. */
    readonly id: string,
    /** Writes and reads this log's cursors. */
    readonly cursors: CursorCodec,
  ) {
    if (database.dialect === 'sqlite') {
      addFilterFunctions(database);
      this.#appender = new SqliteAppender(database);
      this.#filterSql = sqliteFilterSql;
    } else {
      this.#appender = new PostgresAppender(database);
      this.#filterSql = postgresFilterSql;
    }
  }

  static async open(database: Database): Promise<Log> {
    const { logId } = await read.readExtent(database);
    return new Log(database, logId, new CursorCodec(logId));
  }

  /** Appends what `plan` decides while the log is locked; see Appender. */
  append<T>(lookup: Lookup, plan: (view: AppendView) => Plan<T>): Promise<Appended<T>> {
    return this.#appender.append(lookup, plan);
  }

  /** Where the log begins and ends now. */
  extent(): Promise<read.Extent> {
    return read.readExtent(this.database);
  }

  /**
   * The same, once it is sure that the log is still the one that this hub opened and saw `newest` in as its newest change
   * (null: it saw it empty). @throws LogReplaced
   */
  follow(newest: ChangeRow | null): Promise<read.Extent> {
    return follow(this.database, { id: this.id, newest });
  }

  /** Changes of a range in log order. */
  changes(range: read.Range): Promise<ChangeRow[]> {
    return read.readRange(this.database, this.#filterSql, range);
  }

  /** The change at a place, or null. */
  async changeAt(position: Position): Promise<ChangeRow | null> {
    const [change] = await this.changesAt([position]);
    return change ?? null;
  }

  /** The changes at these places, in log order; places that hold none are passed over. */
  changesAt(positions: readonly Position[]): Promise<ChangeRow[]> {
    return read.readAt(this.database, positions);
  }

  /** Changes of one entity, newest first, from the one at `from` back; `limit` at most. */
  history(from: Position, limit: number): Promise<ChangeRow[]> {
    return read.readHistory(this.database, from, limit);
  }

  /** One live entity, or null. */
  entity(collection: string, key: string): Promise<Entity | null> {
    return read.readEntity(this.database, collection, key);
  }

  /** Live entities of a collection in the order of their keys. */
  entities(range: read.EntityRange): Promise<Entity[]> {
    return read.readEntities(this.database, this.#filterSql, range);
  }

  /** Collections by name, with counts that the append keeps. */
  collections(): Promise<read.CollectionCount[]> {
    return read.readCollections(this.database);
  }

  /** Sources by name, with counts that the append keeps. */
  sources(): Promise<read.SourceCount[]> {
    return read.readSources(this.database);
  }

  /** The place after which every change was recorded at or after `time` (milliseconds since 1970). */
  async placeBefore(time: number): Promise<Position> {
    const { earliest, head } = await this.extent();
    return read.placeBefore(this.database, time, earliest, head);
  }

  /**
   * Checks a place that a reader wants to start after. `place` names the argument.
   * @throws HubError CURSOR_EXPIRED where the log no longer holds what comes after it, CURSOR_AHEAD where it is beyond
   *   the log's end.
   */
  async checkStart(position: Position, place: string): Promise<Position> {
    const { earliest, head } = await this.extent();
    if (position < earliest - 1n) {
      throw new HubError(
        'CURSOR_EXPIRED',
        `${place}: the log no longer reaches back to this cursor; start again with SNAPSHOT.`,
        { path: place, earliest: this.cursors.encode(earliest - 1n) },
      );
    }
    if (position > head) throw cursorAhead(place);
    return position;
  }
}

/** The cursor names a place that does not exist yet. */
export const cursorAhead = (place: string): HubError =>
  new HubError('CURSOR_AHEAD', `${place}: is beyond the end of the log; send a cursor that the hub gave.`, {
    path: place,
  });
