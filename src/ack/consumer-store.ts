import type { StartPoint } from '../model/consumer.js';
import { BEGINNING } from '../model/cursor.js';
import type { Point } from '../model/cursor.js';
import type { ChangeFilter } from '../model/filter.js';
import { asNumber, jsonList, nowSql } from '../platform/platform.js';
import type { Database, Parameter, Transaction } from '../platform/platform.js';
import { CONSUMER_COLUMNS, recordOf } from './consumer-record.js';
import type { ConsumerRecord } from './consumer-record.js';
import { LIST } from './list.js';
import type { ListEntry } from './list.js';
import type { Fence } from './session-id.js';
import { FIRST_PHASE } from './session-report.js';
import type { EndedSession, SessionPlace, SessionReport } from './session-report.js';

/** A session that was not reported for this long, in milliseconds, is no longer connected: its hub died. */
const SILENT_MS = 7_000;

/** What this room's statements need of the log, whose tables they do not name themselves: SQL that the log gives. */
export interface LogSql {
  /** An expression: the position of the newest change. */
  readonly head: string;
  /** An expression: how many operator actions were recorded. */
  readonly actions: string;
  /** A statement that counts one more action and returns the count as `actions`. */
  readonly countAction: string;
  /** An expression: when the first change after a position was recorded, null where there is none. */
  readonly recordedAfter: (position: string) => string;
}

/** What a new consumer is made of. */
export interface NewConsumer extends StartPoint {
  readonly name: string;
  readonly filter: ChangeFilter;
  readonly maxAttempts: number;
}

/** One acknowledgement; where it comes with a session's fence it counts only while that session owns the consumer. */
export interface Acknowledgement extends Point {
  readonly name: string;
  readonly fence: Fence | null;
}

/** A consumer that a transaction holds, and the database's time in milliseconds since 1970. */
export interface LockedConsumer {
  readonly consumer: ConsumerRecord;
  readonly now: number;
}

/**
 * The statements of this room, one round trip each. The text is the same for both databases but for the clock and for
 * how a list comes in; every statement answers whole records.
 */
export class ConsumerStore {
  readonly #now: string;
  readonly #columns: string;

  constructor(
    readonly database: Database,
    readonly log: LogSql,
  ) {
    this.#now = nowSql(database.dialect);
    this.#columns =
      CONSUMER_COLUMNS.map((name) => `consumer.${name}`).join(', ') +
      `, (consumer.reported_at is not null and consumer.reported_at > ${this.#now} - ${SILENT_MS}) as connected, ` +
      `(consumer.reported_at is not null and consumer.reported_at <= ${this.#now} - ${SILENT_MS}) as silent, ` +
      `${log.head} as head, ${log.actions} as actions, ` +
      `${log.recordedAfter('consumer.position')} as open_since, ${this.#now} as now`;
  }

  async find(name: string): Promise<ConsumerRecord | null> {
    const [row] = await this.database.read(`select ${this.#columns} from consumer where name = $1`, [name]);
    return row ? recordOf(row) : null;
  }

  /** The consumers of these ids that there are, in no order. */
  async those(consumers: readonly Pick<ConsumerRecord, 'id'>[]): Promise<ConsumerRecord[]> {
    const list = LIST[this.database.dialect];
    const ids = jsonList(consumers.map(({ id }) => ({ id })));
    return (
      await this.database.read(
        `select ${this.#columns} from consumer where id in (select id from (${list}) as l)`,
        [ids],
      )
    ).map(recordOf);
  }

  async list(): Promise<ConsumerRecord[]> {
    return (await this.database.read(`select ${this.#columns} from consumer order by name`)).map(recordOf);
  }

  /** Makes a consumer; null where the name is taken. */
  insert(consumer: NewConsumer): Promise<ConsumerRecord | null> {
    const { name, filter, position, hash, snapshotUntil, notBefore, maxAttempts } = consumer;
    return this.#one(
      `insert into consumer (name, epoch, position, hash, snapshot_until, not_before, seeks, revision, filter, max_attempts,
         paused, created_at, in_flight, sent, reach, heard)
       values ($1, 0, $2, $8, $3, $7, 0, 0, $4, $5, $6, ${this.#now}, 0, $2, $2, 0) on conflict (name) do nothing`,
      [name, position, snapshotUntil, JSON.stringify(filter), maxAttempts, false, notBefore, hash],
    );
  }

  *delete(name: string): Transaction<ConsumerRecord | null> {
    return yield* this.#revise('delete from consumer where name = $1', [name]);
  }

  /** Puts a consumer elsewhere; what was sent before no longer counts. */
  *seek(
    name: string,
    { position, hash, snapshotUntil, notBefore }: StartPoint,
  ): Transaction<ConsumerRecord | null> {
    return yield* this.#revise(
      `update consumer set position = $2, hash = $5, snapshot_until = $3, not_before = $4, seeks = seeks + 1,
         revision = revision + 1, sent = $2
       where name = $1`,
      [name, position, snapshotUntil, notBefore, hash],
    );
  }

  *setPaused(name: string, paused: boolean): Transaction<ConsumerRecord | null> {
    return yield* this.#revise('update consumer set paused = $2, revision = revision + 1 where name = $1', [
      name,
      paused,
    ]);
  }

  /**
   * Holds a consumer in a transaction: until it ends nobody else changes the consumer or what belongs to it. Answers null
   * where there is none.
   * @param revise whether something is to be done to it
   */
  *lock(name: string, revise: boolean): Transaction<LockedConsumer | null> {
    const columns = this.#columns;
    const sqlite = this.database.dialect === 'sqlite';
    const sql = revise
      ? `update consumer set revision = revision + 1 where name = $1 returning ${columns}`
      : `select ${columns} from consumer where name = $1 ${sqlite ? '' : 'for update'}`;
    const [row] = yield { sql, parameters: [name] };
    return row ? { consumer: recordOf(row), now: asNumber(row.now) } : null;
  }

  /**
   * Begins a session: from now on it owns the consumer. A filter that is given replaces the kept one. Where an older session
   * did not end in order, its hub may have sent more than it reported, at most up to the log's end as it is now.
   */
  beginSession(
    name: string,
    filter: ChangeFilter | null,
    { hub, remoteAddress }: SessionPlace,
  ): Promise<ConsumerRecord | null> {
    return this.#one(
      `update consumer set epoch = epoch + 1, in_flight = 0, reported_at = ${this.#now}, sent = position, heard = 0,
         reach = case when reported_at is null then reach else ${this.log.head} end,
         session_hub = $3, session_since = ${this.#now}, session_address = $4, session_state = $5,
         filter = coalesce(cast($2 as text), filter) where name = $1`,
      [name, filter && JSON.stringify(filter), hub, remoteAddress, FIRST_PHASE],
    );
  }

  /** Ends a session, as `report`. Where a newer one took over, it only says how far it ever sent. */
  async endSession({ id, epoch, seeks, sent, reach, covered }: EndedSession): Promise<void> {
    const moves = `epoch = $2 and seeks = $3 and $6 > position and $6 <= ${this.log.head}`;
    await this.#one(
      `update consumer set in_flight = case when epoch = $2 then 0 else in_flight end,
         reported_at = case when epoch = $2 then null else reported_at end,
         sent = case when epoch = $2 and seeks = $3 and $4 > sent then $4 else sent end,
         reach = case when $5 > reach then $5 else reach end,
         hash = case when ${moves} then cast($7 as text) else hash end,
         position = case when ${moves} then $6 else position end
       where id = $1`,
      [id, epoch, seeks, sent, reach, covered?.position ?? BEGINNING, covered?.hash ?? ''],
    );
  }

  /**
   * Moves consumers forward, each to the furthest position that counts: not beyond the log's end, nor beyond what was ever
   * sent where that is known (see `sentAtMost`), and not from a session that was taken over. Answers the consumers that there
   * are.
   */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<ConsumerRecord[]> {
    const counts =
      `l.position <= ${this.log.head} and (l.position <= o.reach or o.reported_at is not null) and ` +
      '(l.id is null or (l.id = o.id and l.epoch = o.epoch and l.seeks = o.seeks))';
    return this.#each(
      acknowledgements.map(({ name, position, hash, fence }) => ({ name, position, hash, ...fence })),
      `select id, position, hash from (
         select *, row_number() over (partition by id order by position desc) as nth from (
           select o.id, case when ${counts} then l.position else 0 end as position, l.hash
           from l join o on o.name = l.name) as counted) as ranked where nth = 1`,
      `update consumer set
         position = case when p.position > consumer.position then p.position else consumer.position end,
         hash = case when p.position > consumer.position then p.hash else consumer.hash end,
         acknowledged_at = case when p.position > consumer.position then ${this.#now} else consumer.acknowledged_at end`,
    );
  }

  /**
   * Writes what a hub reports of its sessions; answers the consumers that they still own. A cursor moves over what the filter
   * left out, in the same write; not on behalf of a session that lost its consumer, or for what it passed before a seek.
   */
  report(reports: readonly SessionReport[]): Promise<ConsumerRecord[]> {
    return this.#each(
      reports.map(({ name, id, epoch, seeks, inFlight, sent, reach, covered, phase, heard }) => ({
        ...{ name, id, epoch, seeks, position: sent, reach, phase, heard, hash: covered?.hash ?? '' },
        ...{ covered: covered?.position ?? BEGINNING, in_flight: inFlight },
      })),
      `select o.id, l.in_flight, l.heard, l.reach, l.phase, l.hash, case when l.seeks = o.seeks then l.position else 0 end as sent,
         case when l.seeks = o.seeks and l.covered <= ${this.log.head} then l.covered else 0 end as covered
       from l join o on o.id = l.id and o.epoch = l.epoch`,
      // Reports of one session may overtake each other.
      `update consumer set in_flight = p.in_flight, reported_at = ${this.#now}, session_state = p.phase,
         sent = case when p.sent > consumer.sent then p.sent else consumer.sent end,
         position = case when p.covered > consumer.position then p.covered else consumer.position end,
         hash = case when p.covered > consumer.position then p.hash else consumer.hash end,
         reach = case when p.reach > consumer.reach then p.reach else consumer.reach end,
         heard = case when p.heard > consumer.heard then p.heard else consumer.heard end`,
    );
  }

  *#revise(sql: string, parameters: readonly Parameter[]): Transaction<ConsumerRecord | null> {
    const [row] = yield { sql: `${sql} returning ${this.#columns}`, parameters };
    return row ? recordOf(row) : null;
  }

  async #one(sql: string, parameters: readonly Parameter[]): Promise<ConsumerRecord | null> {
    const [row] = await this.database.write(`${sql} returning ${this.#columns}`, parameters);
    return row ? recordOf(row) : null;
  }

  /**
   * Runs one update over a list: `l` is the list, `o` the consumers it names as they are now, and `pick` says what of both
   * becomes `p`, from which the update takes its values. On PostgreSQL `o` is locked in the order of names first: two hubs
   * that write the same consumers would otherwise lock each other out, and what `o` says would be old.
   */
  async #each(list: readonly ListEntry[], pick: string, update: string): Promise<ConsumerRecord[]> {
    const sqlite = this.database.dialect === 'sqlite';
    const rows = await this.database.write(
      `with l as materialized (${LIST[this.database.dialect]}),
         o as materialized (select id, name, epoch, seeks, position, reach, reported_at from consumer where name in (select name from l)
           order by name ${sqlite ? '' : 'for update'}),
         p as materialized (${pick})
       ${update} from p where consumer.id = p.id returning ${this.#columns}`,
      [jsonList(list)],
    );
    return rows.map(recordOf);
  }
}
