/**
 * Retrying: the changes that consumers could not process.
 *
 * A rejected change is redelivered, later and later, and becomes a dead letter after so many attempts; later changes of its
 * key wait behind it, durably, before a cursor can pass them, and other keys go on. So nothing grows in memory however much
 * waits, and other consumers know nothing of it.
 *
 * The states of one change, for one consumer:
 *
 *   sent in the log's order ── reject ──▶ DUE
 *   to be sent, or sent, while an earlier change of its key waits ──▶ HELD
 *
 *   HELD ── nothing earlier of its key waits any more ──▶ DUE ── a session takes it ──▶ OUT ── acknowledge ──▶ SETTLED
 *     ▲                                                    ▲                             │
 *     │                                                    └──── reject, attempts left ──┤
 *     └── redrive (or to DUE) ── DEAD ◀── reject, the last attempt ──────────────────────┘
 *                                 │  ▲
 *                                 │  └── HELD, when the change that it waits behind dies
 *                                 └── discard ──▶ SETTLED ── the cursor has passed it ──▶ gone
 *
 * The queue of one key: all that waits (HELD, DUE, OUT), by position; only the first has a time at which it is due. Behind a
 * dead letter nothing waits: what waited behind it when it died is dead with it, later changes of the key are delivered.
 *
 * The words:
 * - held: waits behind an earlier change of its key; due: its time has come, or will; out: sent, and not settled;
 * - attempt: the number of a redelivery, 2, 3 …; attempts: how often a change was tried and rejected;
 * - ticket: the consumer's revision when an attempt was planned. It tells the redeliveries of one change apart, also where
 *   attempts count from the start again: a late acknowledgement of an earlier one settles nothing;
 * - unheard: a rejection of which the session that owns the consumer, at whichever hub, has not heard. It may have sent later
 *   changes of the key; when it hears, or the next session begins, these are held as well.
 *
 * Concurrency: whatever is changed here is changed in a transaction that holds the consumer's row, so that two hubs do it one
 * after the other. Times are the database's.
 */
import { fenceOf } from '../ack/ack.js';
import type { LockedConsumer } from '../ack/ack.js';
import type { ConsumerState } from '../model/consumer.js';
import type { CursorContent, Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import { badInput } from '../model/errors.js';
import type { IdCodec } from '../model/ids.js';
import { asBigint, asNumber, jsonList } from '../platform/platform.js';
import type { TableSet, Transaction } from '../platform/platform.js';
import type { VisibleDeadLetter } from '../view/view.js';
import { retryEntities } from './entities.js';
import { Holding } from './holding.js';
import { CreateRejection1800000000002 } from './migrations.js';
import { checkOwn, lockedBy } from './own.js';
import { Rejecter } from './reject.js';
import type { RejectRequest, RetryOptions } from './reject.js';
import { CLEANUPS, rejectionOf, statementsOf } from './statements.js';
import type { Statements } from './statements.js';

export type { Holder, Holding, OpenClaims } from './holding.js';
export { SessionRetry } from './session-retry.js';
export type { Redelivered, SessionRetryOptions } from './session-retry.js';

/** The tables of this room. */
export const retryTables: TableSet = {
  entities: retryEntities,
  migrations: [CreateRejection1800000000002],
};

/** How many of one consumer's changes wait, and how many are dead letters. */
export interface RejectionCount {
  /** The consumer's id. */
  readonly consumer: bigint;
  readonly waiting: number;
  readonly dead: number;
}

export class Retry {
  /** What sessions do about the changes that their consumers rejected. */
  readonly holding: Holding;
  readonly #sql: Statements;
  readonly #rejecter: Rejecter;

  constructor(readonly options: RetryOptions) {
    const { database, consumers } = options;
    this.#sql = statementsOf(database.dialect);
    this.holding = new Holding(database, consumers, this.#sql);
    this.#rejecter = new Rejecter(options, this.#sql);
    consumers.onCleanup(function* ({ id }, why) {
      yield { sql: CLEANUPS[why], parameters: [id] };
      if (why === 'sought') yield { sql: CLEANUPS.forgotten, parameters: [id] };
    });
  }

  /**
   * A change could not be processed. Durable when it answers. Asked twice about one attempt it counts once.
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER; BAD_USER_INPUT where the change was not sent to the consumer,
   *   is acknowledged already, or a value is not allowed
   */
  reject(name: string, request: RejectRequest): Promise<VisibleDeadLetter> {
    return this.#rejecter.reject(name, request);
  }

  /**
   * Acknowledges a cursor: that of a redelivery settles the redelivered change, any other moves the consumer's cursor.
   * Durable when it answers.
   * @param session the session's id that the batch carried; null: not fenced
   * @throws HubError as Consumers.acknowledge; BAD_USER_INPUT where the cursor is of a redelivery to another consumer
   */
  acknowledge(name: string, content: CursorContent, session: string | null): Promise<ConsumerState> {
    return content.attempt
      ? this.#settle(name, content, session)
      : this.options.consumers.acknowledge(name, content, session);
  }

  /** A redelivered change is processed; the cursor of an attempt that is over settles nothing. */
  async #settle(name: string, content: CursorContent, session: string | null): Promise<ConsumerState> {
    const sql = this.#sql;
    const fence = fenceOf(session);
    const { position, attempt } = content;
    if (content.mark !== null) await this.options.pointOf(content, 'cursor');
    const lock = (): Transaction<LockedConsumer> => lockedBy(this.options.consumers, name, fence);
    const settled = await this.options.database.transact(function* () {
      const { consumer } = yield* lock();
      checkOwn(consumer, content, null, 'cursor');
      const { id } = consumer;
      const [row] = yield { sql: sql.find, parameters: [id, position] };
      const rejection = row && rejectionOf(row);
      const counts = rejection?.state === 'WAITING' && rejection.ticket === attempt?.ticket;
      if (!counts || (fence && fence.seeks !== consumer.seeks)) return consumer;
      yield { sql: sql.settle, parameters: [id, position] };
      yield { sql: sql.sweep, parameters: [id, consumer.position, consumer.seeks] };
      yield { sql: sql.head, parameters: [id, rejection.collection, rejection.key] };
      return consumer;
    });
    return this.options.consumers.changed(settled);
  }

  /**
   * Tries dead letters once more, their attempts counted from 0; answers how many. Once it answers, later changes of their
   * keys wait behind them at every hub.
   * @param ids null: all
   * @throws HubError CONSUMER_NOT_FOUND; BAD_USER_INPUT where an id is not one of the consumer's
   */
  async redrive(name: string, ids: readonly string[] | null): Promise<number> {
    const sql = this.#sql;
    const { consumers, database, log } = this.options;
    const lock = (): Transaction<LockedConsumer> => lockedBy(consumers, name, null);
    const { consumer, count, action } = await database.transact(function* () {
      const { consumer } = yield* lock();
      const { id, revision, seeks } = consumer;
      const list = ids && positionList(log.ids, ids, id);
      const rows = yield { sql: sql.redrive, parameters: [id, revision, seeks, list] };
      if (rows.length === 0) return { consumer, count: 0, action: null };
      yield { sql: sql.heads, parameters: [id] };
      return { consumer, count: rows.length, action: yield* consumers.record(name) };
    });
    consumers.changed(consumer, action);
    if (action !== null) await consumers.heardBy(consumer, action);
    return count;
  }

  /**
   * Forgets dead letters; answers how many.
   * @throws HubError CONSUMER_NOT_FOUND; BAD_USER_INPUT where an id is not one of the consumer's
   */
  async discard(name: string, ids: readonly string[]): Promise<number> {
    const sql = this.#sql;
    const { consumers, database, log } = this.options;
    const lock = (): Transaction<LockedConsumer> => lockedBy(consumers, name, null);
    const { consumer, count } = await database.transact(function* () {
      const { consumer } = yield* lock();
      const { id, position, seeks } = consumer;
      const rows = yield { sql: sql.discard, parameters: [id, positionList(log.ids, ids, id)] };
      yield { sql: sql.sweep, parameters: [id, position, seeks] };
      return { consumer, count: rows.length };
    });
    consumers.changed(consumer);
    return count;
  }

  /** Dead letters of a consumer after a position, in log order. */
  async dead(consumer: bigint, after: Position, limit: number): Promise<Rejection[]> {
    return (await this.options.database.read(this.#sql.dead, [consumer, after, limit])).map(rejectionOf);
  }

  /** Rejections by consumer and position, in no order: dead letters, and what is or will be retried. */
  async those(letters: readonly Pick<Rejection, 'consumer' | 'position'>[]): Promise<Rejection[]> {
    const list = jsonList(letters.map(({ consumer, position }) => ({ consumer, position })));
    return (await this.options.database.read(this.#sql.letters, [list])).map(rejectionOf);
  }

  /** Counts of all consumers that have any. */
  async counts(): Promise<readonly RejectionCount[]> {
    return (await this.options.database.read(this.#sql.counts)).map((row) => ({
      consumer: asBigint(row.consumer),
      waiting: asNumber(row.waiting),
      dead: asNumber(row.dead),
    }));
  }
}

/** @throws HubError BAD_USER_INPUT that names the first id that is not one of the consumer's */
const positionList = (codec: IdCodec, ids: readonly string[], consumer: bigint): string =>
  jsonList(
    ids.map((id, i) => {
      const ref = codec.decode(id);
      if (ref?.type === 'DeadLetter' && ref.consumer === consumer) return { position: ref.position };
      throw badInput(`ids[${i}]`, "is not an id of this consumer's dead letters");
    }),
  );
