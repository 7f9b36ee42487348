import { ackTables } from '../../../src/ack/ack.js';
import { Log, logTables } from '../../../src/log/log.js';
import type { ChangeRow } from '../../../src/model/change.js';
import { systemClock, systemTimers } from '../../../src/model/clock.js';
import type { Clock } from '../../../src/model/clock.js';
import type { Limits } from '../../../src/model/limits.js';
import { retryTables } from '../../../src/retry/retry.js';
import { silent } from '../../../src/model/telemetry.js';
import type { Telemetry } from '../../../src/model/telemetry.js';
import { openDatabase } from '../../../src/platform/platform.js';
import type { Database } from '../../../src/platform/platform.js';
import { Publisher } from '../../../src/publish/publish.js';
import type { PublishAnswer } from '../../../src/publish/publish.js';
import type { DatabaseKind, OwnDatabase } from '../../support/databases.js';
import { limitsWith } from './parts.js';

/** Connects to a database and does nothing else with it. */
export const connect = (url: string, queryMs?: number): Promise<Database> =>
  openDatabase(url, [logTables, ackTables, retryTables], {
    poolSize: 4,
    timers: systemTimers,
    onLost: () => undefined,
    ...(queryMs === undefined ? {} : { queryMs }),
  });

/** One hub's view of the database: its own connections, its own log. */
export interface Opened {
  readonly database: Database;
  readonly log: Log;
  /** A room that works on the database: it is closed before the database is. */
  readonly closing: <T extends Closable>(room: T) => T;
}

interface Closable {
  close(): Promise<void>;
}

/** What a publisher of a test may be told; the rest is as in a hub that was told nothing. */
export interface PublisherParts {
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  readonly onAppended?: ConstructorParameters<typeof Publisher>[0]['onAppended'];
}

export const publisherOf = (log: Log, parts: PublisherParts = {}): Publisher =>
  new Publisher({
    log,
    limits: limitsWith(parts.limits),
    clock: parts.clock ?? systemClock,
    timers: systemTimers,
    telemetry: parts.telemetry ?? silent,
    onAppended: parts.onAppended ?? (() => undefined),
  });

/** A change as a test writes it: an UPSERT of `{"n":1}` in quakes, but for the parts given. */
export type ChangeParts = Partial<Parameters<Publisher['publish']>[0]['changes'][number]>;

export function publishTo(
  publisher: Publisher,
  changes: readonly ChangeParts[],
  { source = 'crm', atomic = false } = {},
): Promise<PublishAnswer> {
  return publisher.publish({
    source,
    atomic,
    changes: changes.map((parts) => {
      const data = parts.write === 'DELETE' ? undefined : { n: 1 };
      return { collection: 'quakes', key: 'q1', write: 'UPSERT', data, ...parts };
    }),
  });
}

/** A migrated database of a suite's own, on which any number of hubs may open their rooms. */
export class Stand implements Opened {
  readonly #opened: Database[] = [];
  readonly #rooms: Closable[] = [];

  private constructor(
    readonly own: OwnDatabase,
    readonly database: Database,
    readonly log: Log,
  ) {
    this.#opened.push(database);
  }

  static async create(kind: DatabaseKind): Promise<Stand> {
    const own = await kind.create();
    const database = await connect(own.url);
    await database.migrate();
    return new Stand(own, database, await Log.open(database, systemTimers));
  }

  /** What another hub has: the same database, connections and statements of its own. */
  async another(): Promise<Opened> {
    const database = await connect(this.own.url);
    this.#opened.push(database);
    return { database, log: await Log.open(database, systemTimers), closing: this.closing };
  }

  readonly closing = <T extends Closable>(room: T): T => {
    this.#rooms.push(room);
    return room;
  };

  /** Every change there is, in log order. */
  async all(): Promise<readonly ChangeRow[]> {
    return (await this.log.changes({ after: 0n, limit: 1_000_000, maxBytes: Number.MAX_SAFE_INTEGER })).rows;
  }

  async drop(): Promise<void> {
    for (const room of this.#rooms.splice(0)) await room.close();
    for (const database of this.#opened.splice(0)) await database.close();
    await this.own.drop();
  }
}
