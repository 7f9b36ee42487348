import type { ConsumerState } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import type { ChangeFilter } from '../model/filter.js';
import { asBigint, asBoolean, asNumber, asText, orNull } from '../platform/platform.js';
import type { Database, Parameter, Row } from '../platform/platform.js';

/** A session that was not reported for this long, in milliseconds, is no longer connected: its hub died. */
const SILENT_MS = 7_000;

const COLUMNS = [
  'name',
  'epoch',
  'position',
  'filter',
  'max_attempts',
  'paused',
  'created_at',
  'acknowledged_at',
  'in_flight',
];

/** A consumer with the number of its newest session. */
export interface ConsumerRecord extends ConsumerState {
  readonly epoch: bigint;
  /** The log's end when the record was read. */
  readonly head: Position;
}

/** What a new consumer is made of. */
export interface NewConsumer {
  readonly name: string;
  readonly filter: ChangeFilter;
  readonly position: Position;
  readonly maxAttempts: number;
}

/** What a hub says of a session that it holds. */
export interface SessionReport {
  readonly name: string;
  readonly epoch: bigint;
  readonly inFlight: number;
}

/**
 * The statements of this room, one round trip each. The text is the same for both databases but for the clock and for
 * how a list comes in; every statement answers whole records.
 */
export class ConsumerStore {
  readonly #now: string;
  readonly #columns: string;

  constructor(readonly database: Database) {
    this.#now =
      database.dialect === 'sqlite'
        ? `cast(unixepoch('subsec') * 1000 as integer)`
        : 'cast(extract(epoch from clock_timestamp()) * 1000 as bigint)';
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
    const { name, filter, position, maxAttempts } = consumer;
    return this.#one(
      `insert into consumer (name, epoch, position, filter, max_attempts, paused, created_at, in_flight)
       values ($1, 0, $2, $3, $4, $5, ${this.#now}, 0) on conflict (name) do nothing`,
      [name, position, JSON.stringify(filter), maxAttempts, false],
    );
  }

  delete(name: string): Promise<ConsumerRecord | null> {
    return this.#one('delete from consumer where name = $1', [name]);
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
   * Moves consumers forward: each up to its place, never back, and not at all where the place is beyond the log's end.
   * Answers those that there are.
   */
  acknowledge(places: ReadonlyMap<string, Position>): Promise<ConsumerRecord[]> {
    const within = 'p.position <= (select h.position from log_head as h where h.one = 1)';
    const forward = `p.position > consumer.position and ${within}`;
    return this.#each(
      `update consumer set
         position = case when ${forward} then p.position else consumer.position end,
         acknowledged_at = case when ${forward} then ${this.#now} else consumer.acknowledged_at end`,
      [...places].map(([name, position]) => ({ name, position, value: 0 })),
      'consumer.name = p.name',
    );
  }

  /** Writes what a hub reports of its sessions; answers those that it still owns. */
  report(reports: readonly SessionReport[]): Promise<ConsumerRecord[]> {
    return this.#each(
      `update consumer set in_flight = p.value, reported_at = ${this.#now}`,
      reports.map(({ name, epoch, inFlight }) => ({ name, position: epoch, value: inFlight })),
      'consumer.name = p.name and consumer.epoch = p.position',
    );
  }

  async #one(sql: string, parameters: readonly Parameter[]): Promise<ConsumerRecord | null> {
    const [row] = await this.database.write(`${sql} returning ${this.#columns}`, parameters);
    return row ? recordOf(row) : null;
  }

  /**
   * Runs one update over a list of (name, position, value), as one statement. On PostgreSQL the rows are locked in the
   * order of their names first: two hubs that write the same consumers would otherwise lock each other out.
   */
  async #each(update: string, list: readonly ListEntry[], join: string): Promise<ConsumerRecord[]> {
    const text = JSON.stringify(list, (_name, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    const returning = `returning ${this.#columns}`;
    const rows = await this.database.write(
      this.database.dialect === 'sqlite'
        ? `${update} from ${SQLITE_LIST} as p where ${join} ${returning}`
        : `with p as materialized (
             select l.* from ${POSTGRES_LIST} join consumer as c on c.name = l.name order by c.name for update of c)
           ${update} from p where ${join} ${returning}`,
      [text],
    );
    return rows.map(recordOf);
  }
}

interface ListEntry {
  readonly name: string;
  readonly position: bigint;
  readonly value: number;
}

const SQLITE_LIST = `(select value ->> 'name' as name, cast(value ->> 'position' as integer) as position,
  value ->> 'value' as value from json_each($1))`;
const POSTGRES_LIST = 'json_to_recordset(cast($1 as json)) as l (name text, position bigint, value int)';

function recordOf(row: Row): ConsumerRecord {
  const position = asBigint(row.position);
  const head = asBigint(row.head);
  return {
    name: asText(row.name),
    epoch: asBigint(row.epoch),
    position,
    head,
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
