import type { Scope } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import { asBigint, asNumber, asText, nowSql, orNull } from '../platform/platform.js';
import type { Dialect, Row } from '../platform/platform.js';

/**
 * The number of a change's first delivery out of the log's order, also of one that only waited behind another or was
 * redriven: 1 says that the batch's cursor is a position in the log, and a consumer must be able to tell.
 */
const FIRST_REDELIVERY = 2;

/** A row of the table. */
export interface RejectionRow extends Rejection {
  readonly collection: string;
  readonly key: string;
  readonly state: 'WAITING' | 'DEAD' | 'SETTLED';
  readonly ticket: bigint;
  readonly seeks: bigint;
  readonly outEpoch: bigint | null;
}

/** A change as it is held back: what it is about, and how it stands against the consumer's filter. */
export interface HeldChange {
  readonly position: Position;
  readonly collection: string;
  readonly key: string;
  readonly scope: Scope;
}

const COLUMNS =
  'consumer, position, collection, key, scope, state, reason, attempts, next_attempt, ticket, seeks, next_attempt_at, ' +
  'out_epoch, at';

/** A list of changes as one parameter, JSON text. */
const LIST = {
  sqlite: (parameter: string) =>
    `select cast(value ->> 'position' as integer) as position, value ->> 'collection' as collection,
       value ->> 'key' as key, value ->> 'scope' as scope from json_each(${parameter})`,
  postgres: (parameter: string) =>
    `select * from json_to_recordset(cast(${parameter} as json))
       as entry (position bigint, collection text, key text, scope text)`,
};

/** A list of consumers and positions as one parameter, JSON text. */
const LETTERS = {
  sqlite: (parameter: string) =>
    `select cast(value ->> 'consumer' as integer), cast(value ->> 'position' as integer) from json_each(${parameter})`,
  postgres: (parameter: string) =>
    `select consumer, position from json_to_recordset(cast(${parameter} as json))
       as entry (consumer bigint, position bigint)`,
};

/** The statements about rejections; the same for both databases but for the clock and for how a list comes in. */
export type Statements = ReturnType<typeof statementsOf>;

/** $1 is the consumer's id throughout; each runs in a transaction that holds the consumer, unless it only reads. */
export const statementsOf = (dialect: Dialect) => ({
  ...statementsOfConsumers(nowSql(dialect)),
  ...statementsOfOperators(nowSql(dialect), LIST[dialect], LETTERS[dialect]),
  ...statementsOfSessions(nowSql(dialect), LIST[dialect]),
  ...statementsOfClaims(nowSql(dialect), LIST[dialect]),
});

type List = (parameter: string) => string;

/** What a consumer asks for. */
function statementsOfConsumers(now: string) {
  return {
    /** $2 position. */
    find: `select ${COLUMNS} from rejection where consumer = $1 and position = $2`,
    /** $1 to $8 as named, $9 ticket, $10 seeks, $11 when it is due; null: not. */
    put: `insert into rejection (consumer, position, collection, key, scope, state, reason, attempts, next_attempt,
        ticket, seeks, next_attempt_at, unheard, at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, ${FIRST_REDELIVERY}, $9, $10, $11, true, ${now})
      on conflict (consumer, position) do update set scope = excluded.scope, state = excluded.state,
        reason = excluded.reason, attempts = excluded.attempts, next_attempt = excluded.next_attempt,
        ticket = excluded.ticket, seeks = excluded.seeks, next_attempt_at = excluded.next_attempt_at,
        out_epoch = null, unheard = excluded.unheard, at = excluded.at
      returning ${COLUMNS}`,
    /** $2 position, $3 reason, $4 attempts, $5 ticket, $6 when it is due, $7 state. */
    reject: `update rejection set reason = $3, attempts = $4, next_attempt = next_attempt + 1, ticket = $5,
        next_attempt_at = $6, state = $7, out_epoch = null, at = ${now} where consumer = $1 and position = $2 returning ${COLUMNS}`,
    /** $2 collection, $3 key, $4 position: what waits behind it is dead with it. */
    killBehind: `update rejection set state = 'DEAD', next_attempt_at = null, out_epoch = null
      where consumer = $1 and collection = $2 and key = $3 and position > $4 and state = 'WAITING'`,
    /** $2 collection, $3 key: the first that waits is due now, unless it has a time. */
    head: `update rejection set next_attempt_at = ${now} where consumer = $1 and next_attempt_at is null
      and position = (select position from rejection where consumer = $1 and collection = $2 and key = $3
        and state = 'WAITING' order by position limit 1)`,
    /** $2 collection, $3 key: those behind the first are not due. (The sign keeps SQLite off the primary key.) */
    behind: `update rejection set next_attempt_at = null where consumer = $1 and collection = $2 and key = $3
      and next_attempt_at is not null
      and +position > (select position from rejection where consumer = $1 and collection = $2 and key = $3
        and state = 'WAITING' order by position limit 1)`,
    /** $2 position. */
    settle: `update rejection set state = 'SETTLED', next_attempt_at = null, out_epoch = null
      where consumer = $1 and position = $2`,
    /** $2 the consumer's cursor, $3 its seeks: settled ones that the cursor has passed, and of which nothing is unheard. */
    sweep: `delete from rejection where consumer = $1 and state = 'SETTLED'
      and (seeks <> $3 or (position <= $2 and not unheard))`,
  };
}

/** What an operator asks for. */
function statementsOfOperators(now: string, list: List, letters: List) {
  return {
    counts: `select consumer, sum(case state when 'WAITING' then 1 else 0 end) as waiting,
        sum(case state when 'DEAD' then 1 else 0 end) as dead
      from rejection where state <> 'SETTLED' group by consumer`,
    /** `head` and `behind` for every key. */
    heads: `update rejection set next_attempt_at =
        case when rejection.position = h.head then coalesce(rejection.next_attempt_at, ${now}) else null end
      from (select collection, key, min(position) as head from rejection
        where consumer = $1 and state = 'WAITING' group by collection, key) as h
      where rejection.consumer = $1 and rejection.state = 'WAITING'
        and rejection.collection = h.collection and rejection.key = h.key
        and (rejection.next_attempt_at is not null or rejection.position = h.head)`,
    /** $2 list of dead letters. */
    discard: `update rejection set state = 'SETTLED' where consumer = $1 and state = 'DEAD'
      and position in (select l.position from (${list('$2')}) as l) returning position`,
    /** $2 ticket, $3 seeks, $4 list of dead letters, null: all. */
    redrive: `update rejection set state = 'WAITING', attempts = 0, next_attempt = ${FIRST_REDELIVERY}, ticket = $2,
        seeks = $3, next_attempt_at = null, out_epoch = null
      where consumer = $1 and state = 'DEAD'
        and (cast($4 as text) is null or position in (select l.position from (${list('$4')}) as l))
      returning position`,
    /** $1 list of consumers and positions: what is dead or may yet become so. */
    letters: `select ${COLUMNS} from rejection where state <> 'SETTLED' and (consumer, position) in (${letters('$1')})`,
    /** $2 after this position, $3 how many at most. */
    dead: `select ${COLUMNS} from rejection where consumer = $1 and state = 'DEAD' and position > $2
      order by position limit $3`,
  };
}

/** What happens to all of a consumer's rejections at once. */
export const CLEANUPS = {
  deleted: 'delete from rejection where consumer = $1',
  /** What was sent before a seek no longer counts; dead letters stay. */
  sought: `delete from rejection where consumer = $1 and state <> 'DEAD'`,
  /** … and nothing that was sent is to be held behind them any more. */
  forgotten: 'update rejection set unheard = false where consumer = $1 and unheard',
};

/** What a session that delivers asks for. */
function statementsOfSessions(now: string, list: List) {
  /** $2 list, $3 state, $4 reason, $5 ticket, $6 seeks; a row from before a seek is replaced. */
  const insert = (condition: string): string =>
    `insert into rejection (consumer, position, collection, key, scope, state, reason, attempts, next_attempt, ticket,
       seeks, unheard, at)
     select cast($1 as bigint), l.position, l.collection, l.key, l.scope, cast($3 as text), cast($4 as text),
       0, ${FIRST_REDELIVERY}, cast($5 as bigint), cast($6 as bigint), false, ${now}
     from (${list('$2')}) as l where ${condition}
     on conflict (consumer, position) do update set scope = excluded.scope, state = excluded.state,
       reason = excluded.reason, attempts = excluded.attempts, next_attempt = excluded.next_attempt,
       ticket = excluded.ticket, seeks = excluded.seeks, next_attempt_at = null, out_epoch = null, unheard = false, at = excluded.at
     where rejection.seeks <> excluded.seeks`;
  return {
    /** As `insert`: where an earlier change of the same key waits. */
    hold: insert(
      `exists (select 1 from rejection as r where r.consumer = $1 and r.collection = l.collection and r.key = l.key
         and r.state = 'WAITING' and r.position < l.position)`,
    ),
    /** As `insert`: whatever waits. */
    holdAll: insert('true'),
    /** $2 list, $3 seeks: those of the list that are not to be delivered in the log's order. */
    leftOut: `select position from rejection where consumer = $1 and seeks = $3
      and position in (select l.position from (${list('$2')}) as l)`,
    /** $2 epoch, $3 seeks. */
    outlook: `select
        exists (select 1 from rejection where consumer = $1 and state = 'WAITING') as waits,
        (select min(next_attempt_at) from rejection where consumer = $1 and state = 'WAITING'
          and next_attempt_at is not null and (out_epoch is null or out_epoch <> $2)) - ${now} as due_in,
        (select count(*) from rejection where consumer = $1 and out_epoch = $2 and state = 'WAITING') as is_out,
        (select position from rejection where consumer = $1 and seeks = $3 order by position desc limit 1) as last`,
    /** $2 seeks: rejections that no session has heard of. */
    unheard: `select position, collection, key from rejection
      where consumer = $1 and unheard and seeks = $2 order by position limit 100`,
    /** $2 position. */
    heard: 'update rejection set unheard = false where consumer = $1 and position = $2',
  };
}

/** What a session that redelivers asks for. */
function statementsOfClaims(now: string, list: List) {
  return {
    /** $2 epoch, $3 the claim's number, $4 how many at most: what is due goes out to this session. */
    claim: `update rejection set out_epoch = $2, out_claim = $3 where consumer = $1 and position in (
        select position from rejection where consumer = $1 and state = 'WAITING' and next_attempt_at <= ${now}
          and (out_epoch is null or out_epoch <> $2) order by next_attempt_at, position limit $4)
      returning position, scope, next_attempt, ticket`,
    /** $2 epoch, $3 the claim's number: what it took is due again, with the same attempt and ticket. */
    giveUp: `update rejection set out_epoch = null
      where consumer = $1 and out_epoch = $2 and out_claim = $3 and state = 'WAITING'`,
    /** $2 epoch, $3 list of what it claimed and did not send: what is no longer the first of its key is out to nobody … */
    giveBack: `update rejection set out_epoch = null
      where consumer = $1 and out_epoch = $2 and state = 'WAITING' and next_attempt_at is null
        and position in (select l.position from (${list('$3')}) as l)`,
    /** … and these may still be sent. */
    claimed: `select position from rejection where consumer = $1 and out_epoch = $2 and state = 'WAITING'
      and position in (select l.position from (${list('$3')}) as l)`,
  };
}

export function rejectionOf(row: Row): RejectionRow {
  const state = asText(row.state) as RejectionRow['state'];
  return {
    consumer: asBigint(row.consumer),
    position: asBigint(row.position),
    collection: asText(row.collection),
    key: asText(row.key),
    scope: asText(row.scope) as Scope,
    state,
    dead: state === 'DEAD',
    reason: asText(row.reason),
    attempts: asNumber(row.attempts),
    ticket: asBigint(row.ticket),
    seeks: asBigint(row.seeks),
    nextAttemptAt: orNull(row.next_attempt_at, asNumber),
    outEpoch: orNull(row.out_epoch, asBigint),
    at: asNumber(row.at),
  };
}
