import { sameFence } from '../ack/ack.js';
import type { ConsumerRecord, Consumers, Fence } from '../ack/ack.js';
import type { Scope } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { consumerTakenOver } from '../model/errors.js';
import { asBigint, asBoolean, asNumber, asText, jsonList, orNull } from '../platform/platform.js';
import type { Database, Transaction } from '../platform/platform.js';
import { rejectionOf } from './statements.js';
import type { HeldChange, Statements } from './statements.js';

/** The reason of a change that was never tried, and waits or died only because of another one. */
const BEHIND = 'An earlier change of the same key was rejected; this one waits behind it.';

/** The session that asks, as it is at the moment: its consumer's name and its fence. */
export interface Holder extends Fence {
  readonly name: string;
}

/** One redelivery. */
export interface DueAttempt {
  readonly position: Position;
  readonly scope: Scope;
  /** 2, 3 … */
  readonly attempt: number;
  readonly ticket: bigint;
}

/** A rejection whose later changes may have been sent by a session that had not heard of it. */
export interface Unheard {
  readonly position: Position;
  readonly collection: string;
  readonly key: string;
}

/** What a session does not know of its own claims. */
export interface OpenClaims {
  /** The number of a claim that was not answered: what it took, if it did, is known to nobody. */
  readonly lost: number | null;
  /** What was claimed, and is not sent yet. */
  readonly claimed: readonly Position[];
}

/** What a session has to know of its consumer's rejections. */
export interface Outlook {
  /** Whether anything waits: later changes of the same keys are then to be held. */
  readonly waits: boolean;
  /** Up to here some changes are not to be sent in the log's order, though nothing may wait: they are dead or settled. */
  readonly last: Position | null;
  /** Milliseconds until the next attempt is due; null: none is planned. */
  readonly dueIn: number | null;
  /** Attempts that are out to this session, those that are claimed and not sent yet included. */
  readonly out: number;
  /** Of what was claimed and not sent yet, what may still be sent; to the rest something was done. */
  readonly claimed: readonly Position[];
  readonly unheard: readonly Unheard[];
}

/**
 * What sessions ask and change about the rejections of their consumers. Only the session that owns its consumer changes
 * anything.
 */
export class Holding {
  constructor(
    readonly database: Database,
    readonly consumers: Consumers,
    readonly sql: Statements,
  ) {}

  /**
   * What a session has to know. A claim that was not answered is given up: what it took is due again.
   * @throws HubError CONSUMER_TAKEN_OVER where it no longer owns the consumer
   */
  outlook(holder: Holder, open: OpenClaims): Promise<Outlook> {
    const { sql } = this;
    return this.#held(holder, function* ({ id, epoch, seeks }) {
      if (open.lost !== null) yield { sql: sql.giveUp, parameters: [id, epoch, open.lost] };
      const claimed = open.claimed.length === 0 ? [] : yield* stillClaimed(sql, { id, epoch }, open.claimed);
      const [row] = yield { sql: sql.outlook, parameters: [id, epoch, seeks] };
      const unheard = yield { sql: sql.unheard, parameters: [id, seeks] };
      return {
        waits: asBoolean(row?.waits),
        last: orNull(row?.last, asBigint),
        dueIn: orNull(row?.due_in, asNumber),
        out: asNumber(row?.is_out),
        claimed,
        unheard: unheard.map(({ position, collection, key }) => ({
          position: asBigint(position),
          collection: asText(collection),
          key: asText(key),
        })),
      };
    });
  }

  /**
   * Holds, of changes that are about to be sent, those whose key waits; answers the positions of those that are not to be
   * sent in the log's order.
   * @throws HubError CONSUMER_TAKEN_OVER where the session no longer owns the consumer, or the consumer was sought
   */
  hold(holder: Holder, changes: readonly HeldChange[]): Promise<ReadonlySet<Position>> {
    const { sql } = this;
    const list = listOf(changes);
    return this.#held(holder, function* ({ id, revision, seeks }) {
      yield { sql: sql.hold, parameters: [id, list, 'WAITING', BEHIND, revision, seeks] };
      const rows = yield { sql: sql.leftOut, parameters: [id, list, seeks] };
      return new Set(rows.map((row) => asBigint(row.position)));
    });
  }

  /**
   * Holds changes that were sent though an earlier one of their key, `cause`, had been rejected by then. They wait, and where
   * the cause is dead they are dead with it; where it is settled, as one that was discarded at once, they are due.
   * @throws HubError as `hold`
   */
  holdSent(holder: Holder, cause: Unheard, changes: readonly HeldChange[]): Promise<void> {
    const { sql } = this;
    return this.#held(holder, function* ({ id, revision, seeks }) {
      const [row] = yield { sql: sql.find, parameters: [id, cause.position] };
      if (row) {
        const state = rejectionOf(row).state === 'DEAD' ? 'DEAD' : 'WAITING';
        yield { sql: sql.holdAll, parameters: [id, listOf(changes), state, BEHIND, revision, seeks] };
        yield { sql: sql.head, parameters: [id, cause.collection, cause.key] };
        yield { sql: sql.behind, parameters: [id, cause.collection, cause.key] };
      }
    });
  }

  /** All that was sent behind a rejection is held. @throws HubError as `hold` */
  heard(holder: Holder, cause: Unheard): Promise<void> {
    const { sql } = this;
    return this.#held(holder, function* ({ id, seeks, position }) {
      yield { sql: sql.heard, parameters: [id, cause.position] };
      yield { sql: sql.sweep, parameters: [id, position, seeks] };
    });
  }

  /**
   * What is due goes out to the session, `limit` at most; nothing while the consumer is paused.
   * @param number the session's number of this claim, which no other claim of the session has
   * @throws HubError as `hold`; a claim that was not answered may have been made
   */
  claim(holder: Holder, number: number, limit: number): Promise<DueAttempt[]> {
    const { sql } = this;
    return this.#held(holder, function* ({ id, epoch, paused }) {
      if (paused) return [];
      const rows = yield { sql: sql.claim, parameters: [id, epoch, number, limit] };
      return rows.map((row) => ({
        position: asBigint(row.position),
        scope: asText(row.scope) as Scope,
        attempt: asNumber(row.next_attempt),
        ticket: asBigint(row.ticket),
      }));
    });
  }

  /** Something that only the session which owns the consumer may do; any other is told what became of the consumer. */
  async #held<T>(holder: Holder, work: (consumer: ConsumerRecord) => Transaction<T>): Promise<T> {
    const { consumers } = this;
    const { name } = holder;
    const result = await this.database.transact(function* () {
      const locked = yield* consumers.lock(name, false);
      if (!locked || !sameFence(locked.consumer, holder)) return null;
      return { consumer: locked.consumer, done: yield* work(locked.consumer) };
    });
    if (result === null) {
      await consumers.touched(name);
      throw consumerTakenOver(name);
    }
    consumers.changed(result.consumer);
    return result.done;
  }
}

/** Of what a session claimed and has not sent, what is still its to send; the rest is out to nobody. */
function* stillClaimed(
  sql: Statements,
  { id, epoch }: Pick<ConsumerRecord, 'id' | 'epoch'>,
  positions: readonly Position[],
): Transaction<Position[]> {
  const parameters = [id, epoch, jsonList(positions.map((position) => ({ position })))];
  yield { sql: sql.giveBack, parameters };
  const rows = yield { sql: sql.claimed, parameters };
  return rows.map((row) => asBigint(row.position));
}

/** Changes as one parameter. What comes may be more than a plain object, and JSON would leave out what it derives. */
const listOf = (changes: readonly HeldChange[]): string =>
  jsonList(changes.map(({ position, collection, key, scope }) => ({ position, collection, key, scope })));
