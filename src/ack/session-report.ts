import type { Position } from '../model/cursor.js';
import type { LiveSession } from './live-session.js';
import type { Fence } from './session-id.js';

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
  readonly heard: bigint;
}

/** What a hub reports of a session. @param heard the newest operator action that all its sessions know of */
export const reportOf = (session: LiveSession, heard: bigint): SessionReport => {
  const { name, id, epoch, seeks, inFlight, sent, reach, covered } = session;
  return { name, id, epoch, seeks, inFlight, sent, reach, covered, heard };
};
