import type { SessionPhase } from '../model/consumer.js';
import type { Point, Position } from '../model/cursor.js';
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
  /** Up to here everything is acknowledged or left out by the filter; see LiveSession. Null: that is not known. */
  readonly covered: Point | null;
}

/** What a hub says of a session that it holds. */
export interface SessionReport extends EndedSession {
  readonly name: string;
  readonly inFlight: number;
  readonly phase: SessionPhase;
  readonly heard: bigint;
}

/** The hashes of changes, by position, as far as they are known. */
export type Hashes = ReadonlyMap<Position, string>;

/** Looks up hashes; positions that the log does not hold are left out. @throws HubError LOG_UNAVAILABLE */
export type HashesAt = (positions: readonly Position[]) => Promise<Hashes>;

/** Hashes that one report looks up, at most. */
const HASHES_AT_ONCE = 1_000;

/** The hashes of what sessions have covered; of too many, some come with a later report. */
export async function coveredHashes(sessions: readonly LiveSession[], hashesAt: HashesAt): Promise<Hashes> {
  const covered = new Set(sessions.map((session) => session.covered).filter((position) => position > 0n));
  return covered.size === 0 ? new Map() : hashesAt([...covered].slice(0, HASHES_AT_ONCE));
}

/** What is known of a session that ends now. */
export const endOf = (session: LiveSession, hashes: Hashes): EndedSession => {
  const { id, epoch, seeks, sent, reach, covered } = session;
  const hash = hashes.get(covered);
  return { id, epoch, seeks, sent, reach, covered: hash === undefined ? null : { position: covered, hash } };
};

/** What a hub reports of a session. @param heard the newest operator action that all its sessions know of */
export const reportOf = (session: LiveSession, heard: bigint, hashes: Hashes): SessionReport => ({
  ...endOf(session, hashes),
  name: session.name,
  inFlight: session.inFlight,
  phase: session.phase,
  heard,
});

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
