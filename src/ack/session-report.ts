import type { SessionPhase } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { lagBehind, secondsSince } from './consumer-record.js';
import type { ConsumerRecord } from './consumer-record.js';
import type { LiveSession } from './live-session.js';
import type { Fence } from './session-id.js';

/** Where a session is. */
export interface SessionPlace {
  /** The name of its hub. */
  readonly hub: string;
  /** The peer of its socket; null where there is none. */
  readonly remoteAddress: string | null;
}

/** What a session is in when it begins. */
export const FIRST_PHASE: SessionPhase = 'CATCHING_UP';

/** What is known of a session when it ends. */
export interface EndedSession extends Fence {
  /** The cursor of the newest batch that it sent in the log's order since the last seek … */
  readonly sent: Position;
  /** … and the furthest that it ever sent. */
  readonly reach: Position;
  /** Up to here everything is acknowledged or left out by the filter; see LiveSession. */
  readonly covered: Position;
}

/** What a hub says of a session that it holds. */
export interface SessionReport extends EndedSession {
  readonly name: string;
  readonly inFlight: number;
  readonly phase: SessionPhase;
  readonly heard: bigint;
}

/** What a hub reports of a session. @param heard the newest operator action that all its sessions know of */
export const reportOf = (session: LiveSession, heard: bigint): SessionReport => {
  const { name, id, epoch, seeks, inFlight, sent, reach, covered, phase } = session;
  return { name, id, epoch, seeks, inFlight, sent, reach, covered, phase, heard };
};

/** A consumer as it is now, by the session that owns it and that this hub holds: it knows more than was last reported. */
export function presentOf(consumer: ConsumerRecord, session: LiveSession): ConsumerRecord {
  const { inFlight, sent, covered, openSince, phase } = session;
  const behind = covered > consumer.position ? covered : consumer.position;
  const unsent = covered >= consumer.head ? null : consumer.openSince;
  return {
    ...consumer,
    ...{ inFlight, sent, connected: true, lag: lagBehind(behind, consumer.head) },
    lagSeconds: secondsSince(openSince ?? unsent, consumer.now),
    session: consumer.session && { ...consumer.session, state: phase },
  };
}
