import type { Position } from '../model/cursor.js';
import { mayPass } from '../model/errors.js';
import type { SessionRetryOptions } from '../retry/retry.js';
import type { Reader } from './reader.js';
import type { SessionOptions } from './session-options.js';
import type { SessionState } from './session-states.js';

/** What an anonymous look has in place of a consumer. */
export const NOBODY = { name: '', id: 0n, epoch: 0n, seeks: 0n, revision: 0n, paused: false };

/** A cursor that moved over this many changes without a match is worth a batch of its own, in catch-up. */
export const QUIET_CHANGES = 1_000n;
/** After the database did not answer, the next attempt waits this long, in milliseconds. */
const REST_MS = 500;
/** Changes read at once where a rejection's later changes are looked for. */
const PAGE = 1_000;

/** Where a session started, what it sees, and how far it has sent in the log's order. */
type SentSoFar = readonly [from: Pick<Reader, 'start' | 'lens'>, sent: Position];

/** The database did not answer: `onRested` is called after a while. */
export const resting = ({ timers }: Pick<SessionOptions, 'timers'>, onRested: () => void): SessionState => ({
  kind: 'resting',
  leave: timers.after(REST_MS, onRested),
});

/** Where the outlet is what has no room, it calls `onRoom` when it has. */
export const waiting = ({ outlet }: Pick<SessionOptions, 'outlet'>, onRoom: () => void): SessionState => ({
  kind: 'waiting',
  leave: outlet.hasRoom ? () => undefined : outlet.onRoom(onRoom),
});

/** Resolves when the feed has come to a position; tries again where the database does not answer, until it is abandoned. */
export async function cameTo(
  { feed, timers }: Pick<SessionOptions, 'feed' | 'timers'>,
  position: Position,
  isAbandoned: () => boolean,
): Promise<void> {
  while (!isAbandoned()) {
    try {
      return await feed.reached(position);
    } catch (error) {
      if (!mayPass(error)) throw error;
      await new Promise<void>((resolve) => void timers.after(REST_MS, resolve));
    }
  }
}

/** What a session's retry needs of the session. */
export const retryOptions = (
  options: SessionOptions,
  onNews: () => void,
  now: () => SentSoFar,
): SessionRetryOptions => {
  const { feed, holding, timers } = options;
  return {
    holding,
    timers,
    onNews,
    changesAt: (positions) => feed.changesAt(positions),
    sentAfter: async function* ({ position, collection, key }) {
      const [{ start, lens }, sent] = now();
      const playback = feed.play({ ...start, position }, lens.ofEntity(collection, key));
      for (let before = -1n; playback.position < sent && playback.position !== before;) {
        before = playback.position;
        const page = await playback.next(PAGE);
        const found = page.changes.filter((change) => change.position <= sent);
        if (found.length > 0) yield found;
      }
    },
  };
};
