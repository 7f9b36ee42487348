import type { Scope } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import { asBigint, asNumber, asText, orNull } from '../platform/platform.js';
import type { Dialect, Row } from '../platform/platform.js';
import { nowSql } from './database-clock.js';

/** A line of the table. */
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
  'consumer, position, collection, key, scope, state, reason, attempts, ticket, seeks, next_attempt_at, out_epoch, at';

/** A list of changes as one parameter, JSON text. */
const LIST = {
  sqlite: (parameter: string) =>
    `select cast(value ->> 'position' as integer) as position, value ->> 'collection' as collection,
       value ->> 'key' as key, value ->> 'scope' as scope from json_each(${parameter})`,
  postgres: (parameter: string) =>
    `select * from json_to_recordset(cast(${parameter} as json))
       as entry (position bigint, collection text, key text, scope text)`,
};

/** The statements about rejections; the same for both databases but for the clock and for how a list comes in. */
export type RejectionSql = ReturnType<typeof rejectionSql>;

export const rejectionSql = (dialect: Dialect) => ({
  ...statementsOfConsumers(nowSql(dialect)),
  ...statementsOfOperators(nowSql(dialect), LIST[dialect]),
  ...statementsOfSessions(nowSql(dialect), LIST[dialect]),
});

type List = (parameter: string) => string;

/** What a consumer asks for. */
function statementsOfConsumers(now: string) {
  return {
    /** $1 consumer, $2 position. */
    find: `select ${COLUMNS} from rejection where consumer = $1 and position = $2`,
    /** $1 to $10 as named. */
    put: `insert into rejection (consumer, position, collection, key, scope, state, reason, attempts, ticket, seeks,
        next_attempt_at, unheard, at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true, ${now})
      on conflict (consumer, position) do update set scope = excluded.scope, state = excluded.state,
        reason = excluded.reason, attempts = excluded.attempts, ticket = excluded.ticket, seeks = excluded.seeks,
        next_attempt_at = excluded.next_attempt_at, out_epoch = null, unheard = excluded.unheard, at = excluded.at
      returning ${COLUMNS}`,
    /** $1 consumer, $2 position, $3 reason, $4 attempts, $5 ticket, $6 next attempt, $7 state. */
    reject: `update rejection set reason = $3, attempts = $4, ticket = $5, next_attempt_at = $6, state = $7,
        out_epoch = null, at = ${now} where consumer = $1 and position = $2 returning ${COLUMNS}`,
    /** $1 consumer, $2 collection, $3 key, $4 position: what waits behind it is dead with it. */
    killBehind: `update rejection set state = 'DEAD', next_attempt_at = null, out_epoch = null
      where consumer = $1 and collection = $2 and key = $3 and position > $4 and state = 'WAITING'`,
    /** $1 consumer, $2 collection, $3 key: the first that waits gets a time, now unless it has one. */
    head: `update rejection set next_attempt_at = ${now} where consumer = $1 and next_attempt_at is null
      and position = (select position from rejection where consumer = $1 and collection = $2 and key = $3
        and state = 'WAITING' order by position limit 1)`,
    /** $1 consumer, $2 collection, $3 key: those behind the first have none. (The sign keeps SQLite off the primary key.) */
    behind: `update rejection set next_attempt_at = null where consumer = $1 and collection = $2 and key = $3
      and next_attempt_at is not null
      and +position > (select position from rejection where consumer = $1 and collection = $2 and key = $3
        and state = 'WAITING' order by position limit 1)`,
    /** $1 consumer, $2 position. */
    settle: `update rejection set state = 'SETTLED', next_attempt_at = null, out_epoch = null, unheard = false
      where consumer = $1 and position = $2`,
    /** $1 consumer, $2 its cursor, $3 seeks: the cursor has passed them. */
    sweep: `delete from rejection where consumer = $1 and state = 'SETTLED' and (position <= $2 or seeks <> $3)`,
  };
}

/** What an operator asks for. */
function statementsOfOperators(now: string, list: List) {
  return {
    counts: `select consumer as name, sum(case state when 'WAITING' then 1 else 0 end) as waiting,
        sum(case state when 'DEAD' then 1 else 0 end) as dead
      from rejection where state <> 'SETTLED' group by consumer`,
    /** $1 consumer: both, for every key. */
    heads: `update rejection set next_attempt_at =
        case when rejection.position = h.head then coalesce(rejection.next_attempt_at, ${now}) else null end
      from (select collection, key, min(position) as head from rejection
        where consumer = $1 and state = 'WAITING' group by collection, key) as h
      where rejection.consumer = $1 and rejection.state = 'WAITING'
        and rejection.collection = h.collection and rejection.key = h.key
        and (rejection.next_attempt_at is not null or rejection.position = h.head)`,
    /** $1 consumer, $2 list of dead letters. */
    discard: `update rejection set state = 'SETTLED', unheard = false where consumer = $1 and state = 'DEAD'
      and position in (select l.position from (${list('$2')}) as l) returning position`,
    /** $1 consumer, $2 ticket, $3 seeks, $4 list of dead letters, null: all. */
    redrive: `update rejection set state = 'WAITING', attempts = 0, ticket = $2, seeks = $3, next_attempt_at = null,
        out_epoch = null, unheard = false
      where consumer = $1 and state = 'DEAD'
        and (cast($4 as text) is null or position in (select l.position from (${list('$4')}) as l))
      returning position`,
    /** $1 consumer, $2 after this position, $3 how many at most. */
    dead: `select ${COLUMNS} from rejection where consumer = $1 and state = 'DEAD' and position > $2
      order by position limit $3`,
  };
}

/** What a session that delivers asks for. */
function statementsOfSessions(now: string, list: List) {
  /** $1 consumer, $2 list, $3 state, $4 reason, $5 ticket, $6 seeks; what is there of an older seek gives way. */
  const insert = (condition: string): string =>
    `insert into rejection (consumer, position, collection, key, scope, state, reason, attempts, ticket, seeks,
       unheard, at)
     select cast($1 as text), l.position, l.collection, l.key, l.scope, cast($3 as text), cast($4 as text),
       0, cast($5 as bigint), cast($6 as bigint), false, ${now}
     from (${list('$2')}) as l where ${condition}
     on conflict (consumer, position) do update set scope = excluded.scope, state = excluded.state,
       reason = excluded.reason, attempts = excluded.attempts, ticket = excluded.ticket, seeks = excluded.seeks,
       next_attempt_at = null, out_epoch = null, unheard = false, at = excluded.at
     where rejection.seeks <> excluded.seeks`;
  return {
    /** As `insert`: where an earlier change of the same key waits. */
    hold: insert(
      `exists (select 1 from rejection as r where r.consumer = $1 and r.collection = l.collection and r.key = l.key
         and r.state = 'WAITING' and r.position < l.position)`,
    ),
    /** As `insert`: whatever waits. */
    holdAll: insert('true'),
    /** $1 consumer, $2 list, $3 seeks: those of the list that are not to be delivered as ever. */
    leftOut: `select position from rejection where consumer = $1 and seeks = $3
      and position in (select l.position from (${list('$2')}) as l)`,
    /** $1 consumer, $2 epoch, $3 how many at most: what is due goes out to this session. */
    claim: `update rejection set out_epoch = $2 where consumer = $1 and position in (
        select position from rejection where consumer = $1 and state = 'WAITING' and next_attempt_at <= ${now}
          and (out_epoch is null or out_epoch <> $2) order by next_attempt_at, position limit $3)
        and exists (select 1 from consumer where name = $1 and epoch = $2 and not paused)
      returning position, scope, attempts, ticket`,
    /** $1 consumer, $2 epoch. */
    outlook: `select
        exists (select 1 from rejection where consumer = $1 and state = 'WAITING') as waits,
        (select min(next_attempt_at) from rejection where consumer = $1 and state = 'WAITING'
          and next_attempt_at is not null and (out_epoch is null or out_epoch <> $2)) - ${now} as due_in,
        (select count(*) from rejection where consumer = $1 and out_epoch = $2) as is_out,
        (select position from rejection where consumer = $1
          and seeks = (select seeks from consumer where name = $1) order by position desc limit 1) as last`,
    /** $1 consumer: rejections that no session has heard of. */
    unheard: `select r.position, r.collection, r.key from rejection as r join consumer as c on c.name = r.consumer
      where r.consumer = $1 and r.unheard and r.seeks = c.seeks order by r.position limit 100`,
    /** $1 consumer, $2 position. */
    heard: 'update rejection set unheard = false where consumer = $1 and position = $2',
  };
}

export function rejectionOf(row: Row): RejectionRow {
  const state = asText(row.state) as RejectionRow['state'];
  return {
    consumer: asText(row.consumer),
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
