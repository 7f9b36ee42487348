import type { Scope } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { consumerTakenOver } from '../model/errors.js';
import { asBigint, asBoolean, asNumber, asText, orNull } from '../platform/platform.js';
import type { Database, Transaction } from '../platform/platform.js';
import type { ConsumerRecord, ConsumerStore } from './consumer-store.js';
import { jsonList } from './json-list.js';
import { rejectionOf, rejectionSql } from './rejection-sql.js';
import type { HeldChange, RejectionSql } from './rejection-sql.js';
import type { Fence } from './session-id.js';
import type { Sessions } from './sessions.js';

/** What is said of a change that was never tried, and waits or died only because of another one. */
const BEHIND = 'An earlier change of the same key was rejected; this one waits behind it.';

/**
 * The attempt with which a change comes aside of the log's order for the first time, also one that only waited behind
 * another or was redriven: 1 says that the batch's cursor is a place in the log, and a consumer must be able to tell.
 */
const FIRST_AGAIN = 2;

/** Whose session asks, as it knows itself. */
export interface Holder extends Fence {
  readonly name: string;
}

/** One delivery of a change that comes again. */
export interface DueAttempt {
  readonly position: Position;
  readonly scope: Scope;
  /** 2, 3 … */
  readonly attempt: number;
  readonly ticket: bigint;
}

/** What a session has to know of its consumer's rejections. */
export interface Outlook {
  /** Whether anything waits: later changes of the same keys are then to be held. */
  readonly waits: boolean;
  /** Up to here some changes are not to be delivered as ever, though nothing may wait: they are dead or done with. */
  readonly last: Position | null;
  /** Milliseconds until the next attempt is due; null: none is planned. */
  readonly dueIn: number | null;
  /** Attempts that are out to this session, and not settled. */
  readonly out: number;
  /** Rejections whose later changes may have been sent by a session that had not heard of them. */
  readonly unheard: readonly {
    readonly position: Position;
    readonly collection: string;
    readonly key: string;
  }[];
}

/**
 * What a session does about the changes that its consumer rejected: it looks what there is, holds back what has to wait,
 * and takes what is due. Only the session that owns the consumer changes anything.
 */
export class Redeliveries {
  readonly #sql: RejectionSql;

  constructor(
    readonly database: Database,
    readonly store: ConsumerStore,
    readonly sessions: Sessions,
  ) {
    this.#sql = rejectionSql(database.dialect);
  }

  /** What a session has to know; see Outlook. */
  async outlook({ name, epoch }: Holder): Promise<Outlook> {
    const sql = this.#sql;
    const [[row], unheard] = await this.database.transact(function* () {
      const outlook = yield { sql: sql.outlook, parameters: [name, epoch] };
      const news = yield { sql: sql.unheard, parameters: [name] };
      return [outlook, news];
    });
    return {
      waits: asBoolean(row?.waits),
      last: orNull(row?.last, asBigint),
      dueIn: orNull(row?.due_in, asNumber),
      out: asNumber(row?.is_out),
      unheard: unheard.map(({ position, collection, key }) => ({
        position: asBigint(position),
        collection: asText(collection),
        key: asText(key),
      })),
    };
  }

  /**
   * Holds, of changes that are about to be sent, those whose key waits; answers the places of those that are not to be sent
   * now.
   * @throws HubError CONSUMER_TAKEN_OVER where the session no longer owns the consumer, or it was sought elsewhere
   */
  async hold(holder: Holder, changes: readonly HeldChange[]): Promise<ReadonlySet<Position>> {
    const { name } = holder;
    const sql = this.#sql;
    const list = jsonList(changes);
    return this.#held(holder, function* ({ rejections, seeks }) {
      yield { sql: sql.hold, parameters: [name, list, 'WAITING', BEHIND, rejections, seeks] };
      const rows = yield { sql: sql.leftOut, parameters: [name, list, seeks] };
      return new Set(rows.map((row) => asBigint(row.position)));
    });
  }

  /**
   * Holds changes that were sent though an earlier one of their key, `cause`, had been rejected by then.
   * @throws HubError as `hold`
   */
  async holdSent(holder: Holder, cause: Position, changes: readonly HeldChange[]): Promise<void> {
    const { name } = holder;
    const sql = this.#sql;
    await this.#held(holder, function* ({ rejections, seeks }) {
      const [row] = yield { sql: sql.find, parameters: [name, cause] };
      if (row && changes.length > 0) {
        // What waits behind a dead letter is dead with it.
        const { state } = rejectionOf(row);
        yield { sql: sql.holdAll, parameters: [name, jsonList(changes), state, BEHIND, rejections, seeks] };
      }
      yield { sql: sql.heard, parameters: [name, cause] };
    });
  }

  /** What is due goes out to the session, `limit` at most; nothing where it does not own the consumer. */
  async claim({ name, epoch }: Holder, limit: number): Promise<DueAttempt[]> {
    const { claim } = this.#sql;
    const rows = await this.database.transact(function* () {
      const claimed = yield { sql: claim, parameters: [name, epoch, limit] };
      return claimed;
    });
    return rows.map((row) => ({
      position: asBigint(row.position),
      scope: asText(row.scope) as Scope,
      attempt: Math.max(FIRST_AGAIN, asNumber(row.attempts) + 1),
      ticket: asBigint(row.ticket),
    }));
  }

  /** Something that only the session which owns the consumer may do; another is told what became of the consumer. */
  async #held<T>(
    { name, epoch, seeks }: Holder,
    work: (consumer: ConsumerRecord) => Transaction<T>,
  ): Promise<T> {
    const lock = (): ReturnType<ConsumerStore['lock']> => this.store.lock(name, false);
    const result = await this.database.transact(function* () {
      const locked = yield* lock();
      const owns = locked?.consumer.epoch === epoch && locked.consumer.seeks === seeks;
      return owns ? { done: yield* work(locked.consumer) } : null;
    });
    if (result) return result.done;
    await this.sessions.touched(name);
    throw consumerTakenOver(name);
  }
}
