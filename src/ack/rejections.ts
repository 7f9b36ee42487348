import type { ConsumerState } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import { badInput, consumerNotFound, consumerTakenOver, notSent } from '../model/errors.js';
import { asNumber, asText } from '../platform/platform.js';
import type { Database, Transaction } from '../platform/platform.js';
import { backoffMs } from './backoff.js';
import type { Backoff } from './backoff.js';
import type { ConsumerRecord, ConsumerStore } from './consumer-store.js';
import { jsonList } from './json-list.js';
import { rejectionOf, rejectionSql } from './rejection-sql.js';
import type { HeldChange, RejectionRow, RejectionSql } from './rejection-sql.js';
import { fenceOf } from './session-id.js';
import type { Fence } from './session-id.js';
import type { Sessions } from './sessions.js';

/** Of one consumer's rejected changes, how many are how. */
export interface RejectionCount {
  readonly name: string;
  readonly waiting: number;
  readonly dead: number;
}

/** What a consumer could not process. */
export interface RejectedChange extends HeldChange {
  readonly reason: string;
  /** Milliseconds until it comes again; null: as the backoff says. */
  readonly retryMs: number | null;
  /** Whether it can have been sent in the log's order, which a change that comes again need not have been to this session. */
  readonly mayBeNew: boolean;
  /** Of the attempt that failed, where the consumer named it. */
  readonly ticket: bigint | null;
}

/**
 * What consumers could not process: it comes again, later and later, and is set aside as a dead letter after so many
 * attempts. Whatever is done here is one transaction that holds the consumer's row, so that two hubs do it one after the
 * other; times are the database's.
 */
export class Rejections {
  readonly #sql: RejectionSql;

  constructor(
    readonly database: Database,
    readonly store: ConsumerStore,
    readonly sessions: Sessions,
    readonly backoff: Backoff,
  ) {
    this.#sql = rejectionSql(database.dialect);
  }

  /**
   * A change could not be processed. Durable when it answers. Asked twice about one attempt it counts once.
   * @param session the id that the batch carried: fences a session that was taken over. Default: not fenced
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER; BAD_USER_INPUT where it is acknowledged already
   */
  async reject(name: string, change: RejectedChange, session: string | null = null): Promise<Rejection> {
    const fence = fenceOf(session);
    const { consumer, rejection } = await this.database.transact(() => this.#reject(name, change, fence));
    this.sessions.changed(consumer);
    // What was sent of the key already is held too before this answers, where its session is at hand.
    await this.sessions.of(name)?.heard();
    return rejection;
  }

  /**
   * A change that came again is processed; a ticket of an attempt that is over settles nothing.
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER
   */
  async settle(
    name: string,
    { position, ticket }: { readonly position: Position; readonly ticket: bigint },
    session: string | null = null,
  ): Promise<ConsumerState> {
    const sql = this.#sql;
    const fence = fenceOf(session);
    const lock = (): Transaction<{ readonly consumer: ConsumerRecord; readonly now: number }> =>
      this.#locked(name, fence);
    const consumer = await this.database.transact(function* () {
      const { consumer } = yield* lock();
      const [row] = yield { sql: sql.find, parameters: [name, position] };
      const rejection = row && rejectionOf(row);
      const counts = rejection?.state === 'WAITING' && rejection.ticket === ticket;
      if (!counts || (fence && fence.seeks !== consumer.seeks)) return consumer;
      yield { sql: sql.settle, parameters: [name, position] };
      yield { sql: sql.sweep, parameters: [name, consumer.position, consumer.seeks] };
      yield { sql: sql.head, parameters: [name, rejection.collection, rejection.key] };
      return consumer;
    });
    return this.sessions.changed(consumer);
  }

  /**
   * Tries dead letters once more, their attempts counted from 0; answers how many.
   * @param positions null: all @throws HubError CONSUMER_NOT_FOUND
   */
  async redrive(name: string, positions: readonly Position[] | null): Promise<number> {
    const sql = this.#sql;
    const list = positions && jsonList(positions.map((position) => ({ position })));
    return this.#counted(name, function* ({ rejections, seeks }) {
      const rows = yield { sql: sql.redrive, parameters: [name, rejections, seeks, list] };
      yield { sql: sql.heads, parameters: [name] };
      return rows.length;
    });
  }

  /** Forgets dead letters; answers how many. @throws HubError CONSUMER_NOT_FOUND */
  async discard(name: string, positions: readonly Position[]): Promise<number> {
    const sql = this.#sql;
    const list = jsonList(positions.map((position) => ({ position })));
    return this.#counted(name, function* ({ position, seeks }) {
      const rows = yield { sql: sql.discard, parameters: [name, list] };
      yield { sql: sql.sweep, parameters: [name, position, seeks] };
      return rows.length;
    });
  }

  /** Dead letters behind a position, in log order. */
  async dead(name: string, after: Position, limit: number): Promise<Rejection[]> {
    return (await this.database.read(this.#sql.dead, [name, after, limit])).map(rejectionOf);
  }

  /** How many of each consumer's changes wait to come again, or to be over behind one that does, and how many are dead. */
  async counts(): Promise<readonly RejectionCount[]> {
    return (await this.database.read(this.#sql.counts)).map((row) => ({
      name: asText(row.name),
      waiting: asNumber(row.waiting),
      dead: asNumber(row.dead),
    }));
  }

  *#reject(
    name: string,
    change: RejectedChange,
    fence: Fence | null,
  ): Transaction<{ consumer: ConsumerRecord; rejection: RejectionRow }> {
    const { position, collection, key, scope, reason } = change;
    const { consumer, now } = yield* this.#locked(name, fence);
    const [found] = yield { sql: this.#sql.find, parameters: [name, position] };
    const before = found ? rejectionOf(found) : null;
    const counted = attemptsOf(before, change, consumer, fence);
    if (counted === null && before) return { consumer, rejection: before };
    const attempts = counted ?? 1;
    const dead = attempts >= consumer.maxAttempts;
    const wait = change.retryMs ?? backoffMs(attempts, this.backoff, Math.random());
    const next = dead ? null : now + wait;
    const state = dead ? 'DEAD' : 'WAITING';
    const { rejections, seeks } = consumer;
    const [row] = yield before?.seeks === seeks
      ? {
          sql: this.#sql.reject,
          parameters: [name, position, reason, attempts, rejections, next, state],
        }
      : {
          sql: this.#sql.put,
          parameters: [
            ...[name, position, collection, key, scope, state],
            ...[reason, attempts, rejections, seeks, next],
          ],
        };
    if (dead) yield { sql: this.#sql.killBehind, parameters: [name, collection, key, position] };
    yield { sql: this.#sql.head, parameters: [name, collection, key] };
    yield { sql: this.#sql.behind, parameters: [name, collection, key] };
    return { consumer, rejection: rejectionOf(row ?? {}) };
  }

  /** Takes hold of a consumer for something that happens to its rejections. */
  *#locked(
    name: string,
    fence: Fence | null,
  ): Transaction<{ readonly consumer: ConsumerRecord; readonly now: number }> {
    const locked = yield* this.store.lock(name, true);
    if (!locked) throw consumerNotFound(name);
    if (fence && fence.epoch !== locked.consumer.epoch) throw consumerTakenOver(name);
    return locked;
  }

  async #counted(name: string, work: (consumer: ConsumerRecord) => Transaction<number>): Promise<number> {
    const lock = (): Transaction<{ readonly consumer: ConsumerRecord; readonly now: number }> =>
      this.#locked(name, null);
    const { consumer, count } = await this.database.transact(function* () {
      const { consumer } = yield* lock();
      return { consumer, count: yield* work(consumer) };
    });
    this.sessions.changed(consumer);
    return count;
  }
}

/**
 * How often the change was tried when it is rejected now; null: nothing is new, it waits or is dead already.
 * @throws HubError BAD_USER_INPUT
 */
function attemptsOf(
  before: RejectionRow | null,
  { position, ticket, mayBeNew }: RejectedChange,
  consumer: ConsumerRecord,
  fence: Fence | null,
): number | null {
  const acknowledged = badInput(
    'change',
    'is acknowledged already; reject a change before you acknowledge it',
  );
  if (fence && fence.seeks !== consumer.seeks) {
    throw badInput('change', 'was sent before the consumer was sought elsewhere, and no longer counts');
  }
  if (before?.seeks !== consumer.seeks) {
    if (ticket !== null || position <= consumer.position) throw acknowledged;
    if (!mayBeNew) throw notSent();
    return 1;
  }
  if (before.state === 'SETTLED') throw acknowledged;
  const isOut = before.outEpoch === consumer.epoch && (ticket === null || ticket === before.ticket);
  return before.state === 'WAITING' && isOut ? before.attempts + 1 : null;
}
