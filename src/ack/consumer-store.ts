import type { ConsumerState, StartPlace } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import type { ChangeFilter } from '../model/filter.js';
import { asBigint, asBoolean, asNumber, asText, orNull } from '../platform/platform.js';
import type { Database, Parameter, Row, Transaction } from '../platform/platform.js';
import { nowSql } from './database-clock.js';
import { jsonList } from './json-list.js';
import type { Fence } from './session-id.js';

/** A session that was not reported for this long, in milliseconds, is no longer connected: its hub died. */
const SILENT_MS = 7_000;

const COLUMNS = [
  ...['name', 'epoch', 'position', 'snapshot_until', 'seeks', 'filter', 'max_attempts', 'paused'],
  ...['created_at', 'acknowledged_at', 'in_flight', 'rejections'],
];

/** A consumer with what only hubs need to know of it. */
export interface ConsumerRecord extends ConsumerState, StartPlace, Fence {
  /** The log's end when the record was read. */
  readonly head: Position;
  /** Counts what happened to its rejections. */
  readonly rejections: bigint;
}

/** What a new consumer is made of. */
export interface NewConsumer extends StartPlace {
  readonly name: string;
  readonly filter: ChangeFilter;
  readonly maxAttempts: number;
}

/** What a hub says of a session that it holds. */
export interface SessionReport {
  readonly name: string;
  readonly epoch: bigint;
  readonly inFlight: number;
}

/** One acknowledgement; where it comes with a session's fence it counts only while that session owns the consumer. */
export interface Acknowledgement {
  readonly name: string;
  readonly position: Position;
  readonly fence: Fence | null;
}

/**
 * The statements of this room, one round trip each. The text is the same for both databases but for the clock and for
 * how a list comes in; every statement answers whole records.
 */
export class ConsumerStore {
  readonly #now: string;
  readonly #columns: string;

  constructor(readonly database: Database) {
    this.#now = nowSql(database.dialect);
    this.#columns =
      COLUMNS.map((name) => `consumer.${name}`).join(', ') +
      `, (consumer.reported_at is not null and consumer.reported_at > ${this.#now} - ${SILENT_MS}) as connected, ` +
      '(select h.position from log_head as h where h.one = 1) as head';
  }

  async find(name: string): Promise<ConsumerRecord | null> {
    const [row] = await this.database.read(`select ${this.#columns} from consumer where name = $1`, [name]);
    return row ? recordOf(row) : null;
  }

  async list(): Promise<ConsumerRecord[]> {
    return (await this.database.read(`select ${this.#columns} from consumer order by name`)).map(recordOf);
  }

  /** Makes a consumer; null where the name is taken. */
  insert(consumer: NewConsumer): Promise<ConsumerRecord | null> {
    const { name, filter, position, snapshotUntil, maxAttempts } = consumer;
    return this.#one(
      `insert into consumer (name, epoch, position, snapshot_until, seeks, filter, max_attempts, paused, created_at,
         in_flight)
       values ($1, 0, $2, $3, 0, $4, $5, $6, ${this.#now}, 0) on conflict (name) do nothing`,
      [name, position, snapshotUntil, JSON.stringify(filter), maxAttempts, false],
    );
  }

  delete(name: string): Promise<ConsumerRecord | null> {
    return this.#with(
      'delete from consumer where name = $1',
      [name],
      'delete from rejection where consumer = $1',
    );
  }

  /** Puts a consumer elsewhere; what was sent before no longer counts, and of what was rejected only dead letters stay. */
  seek(name: string, { position, snapshotUntil }: StartPlace): Promise<ConsumerRecord | null> {
    return this.#with(
      `update consumer set position = $2, snapshot_until = $3, seeks = seeks + 1, rejections = rejections + 1
       where name = $1`,
      [name, position, snapshotUntil],
      `delete from rejection where consumer = $1 and state <> 'DEAD'`,
    );
  }

  /**
   * Takes hold of a consumer in a transaction: until it ends nobody else changes the consumer or its rejections.
   * Answers the consumer, null where there is none, and the database's time.
   * @param touch whether something is to happen to its rejections
   */
  *lock(name: string, touch: boolean): Transaction<{ consumer: ConsumerRecord; now: number } | null> {
    const columns = `${this.#columns}, ${this.#now} as now`;
    const sqlite = this.database.dialect === 'sqlite';
    const sql = touch
      ? `update consumer set rejections = rejections + 1 where name = $1 returning ${columns}`
      : `select ${columns} from consumer where name = $1 ${sqlite ? '' : 'for update'}`;
    const [row] = yield { sql, parameters: [name] };
    return row ? { consumer: recordOf(row), now: asNumber(row.now) } : null;
  }

  setPaused(name: string, paused: boolean): Promise<ConsumerRecord | null> {
    return this.#one('update consumer set paused = $2 where name = $1', [name, paused]);
  }

  /** Begins a session: from now on it owns the consumer. A filter that is given replaces the kept one. */
  beginSession(name: string, filter: ChangeFilter | null): Promise<ConsumerRecord | null> {
    return this.#one(
      `update consumer set epoch = epoch + 1, in_flight = 0, reported_at = ${this.#now},
         filter = coalesce(cast($2 as text), filter) where name = $1`,
      [name, filter && JSON.stringify(filter)],
    );
  }

  /** Ends a session, unless a newer one took over. */
  async endSession(name: string, epoch: bigint): Promise<void> {
    await this.#one('update consumer set in_flight = 0, reported_at = null where name = $1 and epoch = $2', [
      name,
      epoch,
    ]);
  }

  /**
   * Moves consumers forward, each to the furthest place that counts: not beyond the log's end, and not from a session that
   * was taken over. Answers the consumers that there are.
   */
  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<ConsumerRecord[]> {
    const counts =
      'l.position <= (select h.position from log_head as h where h.one = 1) and ' +
      '(l.epoch is null or (l.epoch = o.epoch and l.seeks = o.seeks))';
    return this.#each(
      acknowledgements.map(({ name, position, fence }) => ({
        ...{ name, position },
        ...(fence ? { epoch: fence.epoch, seeks: fence.seeks } : {}),
      })),
      `select o.name, max(case when ${counts} then l.position else o.position end) as position
       from l join o on o.name = l.name group by o.name`,
      `update consumer set
         position = case when p.position > consumer.position then p.position else consumer.position end,
         acknowledged_at = case when p.position > consumer.position then ${this.#now} else consumer.acknowledged_at end`,
    );
  }

  /** Writes what a hub reports of its sessions; answers those that it still owns. */
  report(reports: readonly SessionReport[]): Promise<ConsumerRecord[]> {
    return this.#each(
      reports.map(({ name, epoch, inFlight }) => ({ name, epoch, position: BigInt(inFlight) })),
      'select o.name, l.position from l join o on o.name = l.name and o.epoch = l.epoch',
      `update consumer set in_flight = p.position, reported_at = ${this.#now}`,
    );
  }

  async #one(sql: string, parameters: readonly Parameter[]): Promise<ConsumerRecord | null> {
    const [row] = await this.database.write(`${sql} returning ${this.#columns}`, parameters);
    return row ? recordOf(row) : null;
  }

  /** The same, with another statement about the same consumer in one transaction. */
  #with(sql: string, parameters: readonly Parameter[], also: string): Promise<ConsumerRecord | null> {
    const { database } = this;
    const returning = `${sql} returning ${this.#columns}`;
    return database.transact(function* () {
      const [row] = yield { sql: returning, parameters };
      yield { sql: also, parameters: parameters.slice(0, 1) };
      return row ? recordOf(row) : null;
    });
  }

  /**
   * Runs one update over a list: `l` is the list, `o` the consumers it names as they are now, and `pick` says what of both
   * becomes `p`, from which the update takes its values. On PostgreSQL `o` is locked in the order of names first: two hubs
   * that write the same consumers would otherwise lock each other out, and what `o` says would be old.
   */
  async #each(list: readonly ListEntry[], pick: string, update: string): Promise<ConsumerRecord[]> {
    const sqlite = this.database.dialect === 'sqlite';
    const rows = await this.database.write(
      `with l as materialized (${sqlite ? SQLITE_LIST : POSTGRES_LIST}),
         o as materialized (select name, epoch, seeks, position from consumer where name in (select name from l)
           order by name ${sqlite ? '' : 'for update'}),
         p as materialized (${pick})
       ${update} from p where consumer.name = p.name returning ${this.#columns}`,
      [jsonList(list)],
    );
    return rows.map(recordOf);
  }
}

interface ListEntry {
  readonly name: string;
  readonly position: bigint;
  readonly epoch?: bigint;
  readonly seeks?: bigint;
}

const SQLITE_LIST = `select value ->> 'name' as name, cast(value ->> 'position' as integer) as position,
  cast(value ->> 'epoch' as integer) as epoch, cast(value ->> 'seeks' as integer) as seeks from json_each($1)`;
const POSTGRES_LIST = `select * from json_to_recordset(cast($1 as json))
  as entry (name text, position bigint, epoch bigint, seeks bigint)`;

function recordOf(row: Row): ConsumerRecord {
  const position = asBigint(row.position);
  const head = asBigint(row.head);
  return {
    name: asText(row.name),
    epoch: asBigint(row.epoch),
    seeks: asBigint(row.seeks),
    position,
    snapshotUntil: orNull(row.snapshot_until, asBigint),
    head,
    rejections: asBigint(row.rejections),
    lag: Number(head > position ? head - position : 0n),
    filter: JSON.parse(asText(row.filter)) as ChangeFilter,
    maxAttempts: asNumber(row.max_attempts),
    inFlight: asNumber(row.in_flight),
    connected: asBoolean(row.connected),
    paused: asBoolean(row.paused),
    createdAt: asNumber(row.created_at),
    acknowledgedAt: orNull(row.acknowledged_at, asNumber),
  };
}
