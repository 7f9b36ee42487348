import { fenceOf } from '../ack/ack.js';
import type { ConsumerRecord, Consumers, PointOf } from '../ack/ack.js';
import { Change } from '../model/change.js';
import type { ChangeRow, Scope } from '../model/change.js';
import type { CursorContent, Position } from '../model/cursor.js';
import { badInput, notSent, sessionSilent } from '../model/errors.js';
import type { HubError } from '../model/errors.js';
import type { IdCodec } from '../model/ids.js';
import type { Notes } from '../model/notes.js';
import type { Database, Statement, Transaction } from '../platform/platform.js';
import type { View, VisibleDeadLetter } from '../view/view.js';
import { backoffMs } from './backoff.js';
import type { Backoff } from './backoff.js';
import { checkRequest } from './check-request.js';
import { checkOwn, lockedBy } from './own.js';
import { rejectionOf } from './statements.js';
import type { RejectionRow, Statements } from './statements.js';

/** What a consumer says of a change that it could not process. */
export interface RejectRequest {
  /** The change, or the cursor of the batch in which it was redelivered. */
  readonly content: CursorContent;
  readonly reason: string;
  /** Seconds until it is retried; null: as the backoff says. */
  readonly retryInSeconds: number | null;
  /** The session of the batch; null: not fenced. */
  readonly session: string | null;
  /** What the caller may see. */
  readonly view: View;
}

/** What this room reads of the log. */
export interface LogReads {
  readonly ids: IdCodec;
  /** The change at a position, or null. */
  changeAt(position: Position): Promise<ChangeRow | null>;
  /** Whether the change at a position is part of the snapshot as of `until`. */
  isInSnapshot(position: Position, until: Position): Promise<boolean>;
}

export interface RetryOptions {
  readonly pointOf: PointOf;
  readonly database: Database;
  readonly consumers: Consumers;
  readonly backoff: Backoff;
  readonly log: LogReads;
  readonly notes: Notes;
  /** 0 up to, not including, 1. */
  readonly chance: () => number;
}

/** What became of a rejection; `ask`: how far the session has sent must be known first, by the action of this number. */
type Decided =
  | { readonly consumer: ConsumerRecord; readonly rejection: RejectionRow; readonly isNew: boolean }
  | { readonly consumer: ConsumerRecord; readonly ask: bigint };

/** Takes rejections; see Retry.reject. */
export class Rejecter {
  constructor(
    readonly options: RetryOptions,
    readonly sql: Statements,
  ) {}

  async reject(name: string, request: RejectRequest): Promise<VisibleDeadLetter> {
    const { consumers, database, log } = this.options;
    const retryMs = checkRequest(request);
    const row = await log.changeAt(request.content.position);
    if (!row) throw notSent();
    await this.options.pointOf(request.content, 'change');
    const change = new Change(row);
    const letterOf = request.view.deadLetter(change);
    if (!letterOf) throw notSent();
    const leftOutOf = await this.#snapshotWithout(name, change);
    const decide = (asked: boolean): Promise<Decided> =>
      database.transact(() => this.#decide(name, request, { change, retryMs, asked, leftOutOf }));
    let decided = await decide(false);
    if ('ask' in decided) {
      // The hub of the session has to say how far it has sent by now.
      consumers.changed(decided.consumer, decided.ask);
      await consumers.heardBy(decided.consumer, decided.ask);
      decided = await decide(true);
    }
    if ('ask' in decided) throw notSent();
    const { consumer, rejection, isNew } = decided;
    consumers.changed(consumer);
    if (isNew) this.#note(consumer, rejection);
    // What was sent of the key already is held too before this answers, where the session is at this hub.
    await consumers.sessionOf(consumer)?.settled();
    return letterOf(rejection);
  }

  *#decide(name: string, request: RejectRequest, deciding: Deciding): Transaction<Decided> {
    const { content, session } = request;
    const fence = fenceOf(session);
    const { consumer, now } = yield* lockedBy(this.options.consumers, name, fence);
    checkOwn(consumer, content, fence, 'change');
    const [found] = yield { sql: this.sql.find, parameters: [consumer.id, content.position] };
    const before = found ? rejectionOf(found) : null;
    const known: Known = { consumer, now, reason: request.reason, retryMs: deciding.retryMs };
    if (before?.seeks !== consumer.seeks) return yield* this.#first(known, request, deciding);
    const attempts = attemptsOf(before, content.attempt?.ticket ?? null, consumer);
    if (attempts === null) return { consumer, rejection: before, isNew: false };
    const { change } = deciding;
    return {
      consumer,
      rejection: yield* this.#write(known, before, { change, scope: before.scope, attempts }),
      isNew: true,
    };
  }

  /** A change that was sent in the log's order, and not rejected before. */
  *#first(known: Known, { content, view }: RejectRequest, deciding: Deciding): Transaction<Decided> {
    const { consumer } = known;
    const { change, asked, leftOutOf } = deciding;
    const { position, attempt } = content;
    const sent = this.#sentTo(consumer);
    if (!asked && position > sent && this.#mayHaveSentMore(consumer))
      return { consumer, ask: yield* this.options.consumers.record(consumer.name) };
    checkNew({ position, ticket: attempt?.ticket ?? null, sent }, consumer);
    const scope =
      leftOutOf === consumer.snapshotUntil && leftOutOf !== null ? null : scopeFor(consumer, change, view);
    if (scope === null) throw notSent();
    const rejection = yield* this.#write(known, null, { change, scope, attempts: 1 });
    return { consumer, rejection, isNew: true };
  }

  *#write(
    { consumer, now, reason, retryMs }: Known,
    current: RejectionRow | null,
    { change, scope, attempts }: Counted,
  ): Transaction<RejectionRow> {
    const { position, collection, key } = change.row;
    const { id, revision, seeks } = consumer;
    const dead = attempts >= consumer.maxAttempts;
    const due = dead ? null : now + this.#waitOf(retryMs, attempts);
    const state = dead ? 'DEAD' : 'WAITING';
    const statement: Statement = current
      ? { sql: this.sql.reject, parameters: [id, position, reason, attempts, revision, due, state] }
      : {
          sql: this.sql.put,
          parameters: [
            ...[id, position, collection, key, scope, state],
            ...[reason, attempts, revision, seeks, due],
          ],
        };
    const [row] = yield statement;
    if (dead) yield { sql: this.sql.killBehind, parameters: [id, collection, key, position] };
    yield { sql: this.sql.head, parameters: [id, collection, key] };
    yield { sql: this.sql.behind, parameters: [id, collection, key] };
    return rejectionOf(row ?? {});
  }

  async #snapshotWithout(name: string, { row }: Change): Promise<Position | null> {
    const until = (await this.options.consumers.find(name))?.snapshotUntil ?? null;
    if (until === null || row.position > until) return null;
    return (await this.options.log.isInSnapshot(row.position, until)) ? null : until;
  }

  /** How far the session that owns a consumer is known to have sent. */
  #sentTo(consumer: ConsumerRecord): Position {
    const local = this.options.consumers.sessionOf(consumer);
    return local && local.sent > consumer.sent ? local.sent : consumer.sent;
  }

  /** Whether a session at another hub has perhaps sent more than that hub last reported. */
  #mayHaveSentMore(consumer: ConsumerRecord): boolean {
    return consumer.connected && this.options.consumers.sessionOf(consumer) === null;
  }

  /** Not the reason: consumers write data into it. */
  #note({ name }: ConsumerRecord, { position, attempts, dead }: RejectionRow): void {
    const fields = { consumer: name, position: `${position}`, attempts };
    if (dead) this.options.notes.warn(fields, 'a change became a dead letter');
    else this.options.notes.info(fields, 'a change was rejected');
  }

  #waitOf(retryMs: number | null, attempts: number): number {
    return retryMs ?? backoffMs(attempts, this.options.backoff, this.options.chance());
  }
}

interface Deciding {
  readonly change: Change;
  /** Milliseconds; null: as the backoff says. */
  readonly retryMs: number | null;
  /** Whether the hub of the session has said how far it has sent, or cannot say. */
  readonly asked: boolean;
  /** The end of the consumer's snapshot that the change lies in, and is no part of; null: there is none. */
  readonly leftOutOf: Position | null;
}

/** The consumer as the transaction locked it, the database's time, and what the consumer says. */
interface Known {
  readonly consumer: ConsumerRecord;
  readonly now: number;
  readonly reason: string;
  readonly retryMs: number | null;
}

interface Counted {
  readonly change: Change;
  readonly scope: Scope;
  /** How often it was tried, with this time. */
  readonly attempts: number;
}

/** How a change stands against the filter of a consumer; null where the consumer does not get it. */
function scopeFor(
  { filter, snapshotUntil, notBefore }: ConsumerRecord,
  change: Change,
  view: View,
): Scope | null {
  const inSnapshot = snapshotUntil !== null && change.row.position <= snapshotUntil;
  return view.lens(filter, notBefore).see(change, inSnapshot ? 'snapshot' : 'log')?.scope ?? null;
}

/** What is known of a change that was not rejected before. */
interface NewRejection {
  readonly position: Position;
  /** Of the attempt that failed, where the consumer named one. */
  readonly ticket: bigint | null;
  /** How far the session that owns the consumer has sent, in the log's order. */
  readonly sent: Position;
}

/** @throws HubError BAD_USER_INPUT where it was not sent, or is acknowledged already; LOG_UNAVAILABLE where that is not known */
function checkNew({ position, ticket, sent }: NewRejection, consumer: ConsumerRecord): void {
  if (ticket !== null || position <= consumer.position) throw acknowledged();
  if (position <= sent) return;
  throw consumer.silent ? sessionSilent(consumer.name) : notSent();
}

/**
 * How often the change was tried when it is rejected again; null: nothing is new, it waits or is dead already.
 * @throws HubError BAD_USER_INPUT where it is acknowledged already
 */
function attemptsOf(current: RejectionRow, ticket: bigint | null, consumer: ConsumerRecord): number | null {
  if (current.state === 'SETTLED') throw acknowledged();
  const isOut = current.outEpoch === consumer.epoch && (ticket === null || ticket === current.ticket);
  return current.state === 'WAITING' && isOut ? current.attempts + 1 : null;
}

const acknowledged = (): HubError =>
  badInput('change', 'is acknowledged already; reject a change before you acknowledge it');
