import type { Cancel } from '../model/clock.js';
import type { SessionPhase } from '../model/consumer.js';

/**
 * The states of a session, each with what belongs to it alone.
 *
 *   opening ──▶ (looking | redelivering | reading | waiting | live), whichever is next ──▶ … ──▶ ended
 *
 * - opening: the first, empty batch is being sent, and the feed comes to the session's position;
 * - looking: what waits of rejected changes is re-read;
 * - redelivering: rejected changes that are due are claimed, read and sent;
 * - reading: a page is read from the playback, and what may be of it is sent;
 * - waiting: the session is paused, or its window or its socket is full; it costs nothing but its position;
 * - live: its lane sends to it;
 * - resting: the database did not answer; the session goes on after a while;
 * - ended.
 *
 * The states from opening to reading have work under way, one piece at a time. A session that is sought goes to opening from
 * every state, and what the abandoned work brings is dropped.
 */
export type SessionState =
  | { readonly kind: 'opening' }
  | { readonly kind: 'looking' }
  | { readonly kind: 'redelivering' }
  | { readonly kind: 'reading' }
  /** `leave`: ends the wait for room in the socket. */
  | { readonly kind: 'waiting'; readonly leave: Cancel }
  /** `leave`: takes the session out of its lane. */
  | { readonly kind: 'live'; readonly leave: Cancel }
  /** `leave`: ends the timer. */
  | { readonly kind: 'resting'; readonly leave: Cancel }
  | { readonly kind: 'ended' };

export type StateKind = SessionState['kind'];

/** What operators are told of a state. */
export function phaseOf(kind: StateKind, paused: boolean): SessionPhase {
  if (paused) return 'PAUSED';
  if (kind === 'waiting') return 'WAITING';
  return kind === 'live' ? 'LIVE' : 'CATCHING_UP';
}

/**
 * What happens to a session:
 * - done, failed: the state's work ended; the database does not answer;
 * - room: there may be room again: something was acknowledged, the socket has drained, the consumer was resumed;
 * - news: something was done to the consumer, or a redelivery is due;
 * - behind: the lane has sent something that the session could not take;
 * - rested: the time to rest is over;
 * - sought: the consumer was sought;
 * - end: the session is over.
 */
export type SessionEvent = 'done' | 'failed' | 'room' | 'news' | 'behind' | 'rested' | 'sought' | 'end';

/** `next`: to whichever state is next by what the session knows; `stay`: nothing changes; else: to this state. */
export type Transition = 'next' | 'stay' | 'opening' | 'resting' | 'ended';

const WORKING = {
  done: 'next',
  failed: 'resting',
  // The work looks at it again when it is done.
  room: 'stay',
  news: 'stay',
  behind: 'stay',
  rested: 'stay',
  sought: 'opening',
  end: 'ended',
} as const;

/** Work of an earlier state may end, and a call-back of one may come, in any later one: there it changes nothing. */
const IDLE = {
  ...WORKING,
  done: 'stay',
  failed: 'stay',
} as const;

/** What becomes of a session in a state when something happens. */
export const TRANSITIONS: Readonly<Record<StateKind, Readonly<Record<SessionEvent, Transition>>>> = {
  opening: WORKING,
  looking: WORKING,
  redelivering: WORKING,
  reading: WORKING,
  waiting: { ...IDLE, room: 'next', news: 'next' },
  // Room means nothing to a session in its lane: it has room, or it would not be there.
  live: { ...IDLE, news: 'next', behind: 'next' },
  resting: { ...IDLE, rested: 'next' },
  ended: {
    done: 'stay',
    failed: 'stay',
    room: 'stay',
    news: 'stay',
    behind: 'stay',
    rested: 'stay',
    sought: 'stay',
    end: 'stay',
  },
};
