import type { ConsumerSession, ConsumerState, SessionPhase, StartPoint } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import type { ChangeFilter } from '../model/filter.js';
import { asBigint, asBoolean, asNumber, asText, orNull } from '../platform/platform.js';
import type { Row } from '../platform/platform.js';
import { sessionId } from './session-id.js';
import type { Fence } from './session-id.js';

/** The columns of `consumer` that make a record. */
export const CONSUMER_COLUMNS = [
  ...[
    'id',
    'name',
    'epoch',
    'position',
    'hash',
    'snapshot_until',
    'not_before',
    'seeks',
    'revision',
    'filter',
    'max_attempts',
  ],
  ...['paused', 'created_at', 'acknowledged_at', 'in_flight', 'sent', 'reach', 'heard'],
  ...['session_hub', 'session_since', 'session_address', 'session_state'],
];

/** A consumer with what only hubs need to know of it. */
export interface ConsumerRecord extends ConsumerState, StartPoint, Fence {
  /** The log's end when the record was read. */
  readonly head: Position;
  /** Counts what is done to it besides sessions and acknowledgements. */
  readonly revision: bigint;
  /** Whether its session did not end, and its hub has not reported it for a while: the hub died, or cannot reach the database. */
  readonly silent: boolean;
  /** How far its session had sent when its hub last reported. */
  readonly sent: Position;
  /** The furthest cursor that any session of it ever sent, as far as it was reported; see the column. */
  readonly reach: Position;
  /** The number of the newest operator action that the session knew of then. */
  readonly heard: bigint;
  /** The number of the newest operator action when the record was read. */
  readonly actions: bigint;
  /** When the first change after the position was recorded, in milliseconds since 1970; null: there is none. */
  readonly openSince: number | null;
  /** The database's time when the record was read, in milliseconds since 1970. */
  readonly now: number;
}

/**
 * The furthest position that may be acknowledged as far as the record tells. While a session is connected at a hub, and after
 * a hub died, more may have been sent than was reported: the log's end is the bound. Otherwise it is what was ever sent.
 */
export function sentAtMost(consumer: ConsumerRecord): Position {
  return consumer.connected || consumer.silent ? consumer.head : everSent(consumer);
}

/** The furthest position that any session is known to have sent, or that the cursor has passed. */
export const everSent = ({ reach, position }: ConsumerRecord): Position =>
  reach > position ? reach : position;

/** Changes behind a position, up to the log's end. */
export const lagBehind = (position: Position, head: Position): number =>
  Number(head > position ? head - position : 0n);

/** Seconds since a time until another, both in milliseconds since 1970 and perhaps of different clocks; null: none. */
export const secondsSince = (since: number | null, now: number): number =>
  since === null ? 0 : Math.max(0, now - since) / 1_000;

/** The session of a row that says that one is connected. */
const sessionOf = (row: Row, fence: Fence): ConsumerSession => ({
  id: sessionId(fence),
  hub: asText(row.session_hub),
  since: asNumber(row.session_since),
  remoteAddress: orNull(row.session_address, asText),
  state: asText(row.session_state) as SessionPhase,
});

export function recordOf(row: Row): ConsumerRecord {
  const position = asBigint(row.position);
  const head = asBigint(row.head);
  const fence = { id: asBigint(row.id), epoch: asBigint(row.epoch), seeks: asBigint(row.seeks) };
  const openSince = orNull(row.open_since, asNumber);
  const now = asNumber(row.now);
  const connected = asBoolean(row.connected);
  return {
    ...fence,
    name: asText(row.name),
    revision: asBigint(row.revision),
    position,
    hash: asText(row.hash),
    snapshotUntil: orNull(row.snapshot_until, asBigint),
    notBefore: orNull(row.not_before, asNumber),
    head,
    sent: asBigint(row.sent),
    reach: asBigint(row.reach),
    heard: asBigint(row.heard),
    actions: asBigint(row.actions),
    lag: lagBehind(position, head),
    lagSeconds: secondsSince(openSince, now),
    openSince,
    now,
    filter: JSON.parse(asText(row.filter)) as ChangeFilter,
    maxAttempts: asNumber(row.max_attempts),
    inFlight: asNumber(row.in_flight),
    connected,
    session: connected ? sessionOf(row, fence) : null,
    silent: asBoolean(row.silent),
    paused: asBoolean(row.paused),
    createdAt: asNumber(row.created_at),
    acknowledgedAt: orNull(row.acknowledged_at, asNumber),
  };
}
