import type { StateKind } from '../../../src/deliver/session-states.js';
import { changeAt } from '../../contract/support/parts.js';
import { QUIET, SessionStand, settle, UNAVAILABLE } from './session-stand.js';

export const WAITS = { ...QUIET, waits: true };
export const DUE = { ...WAITS, dueIn: 0 };
export const attempt = (
  position: bigint,
  number = 2,
): { position: bigint; scope: 'WITHIN'; attempt: number; ticket: bigint } => ({
  position,
  scope: 'WITHIN',
  attempt: number,
  ticket: BigInt(number) * 10n,
});

/** Holds back the answer to everything that the session asks from now on. */
export function holdAll({ feed, holding }: SessionStand): void {
  for (const calls of [feed.pages, feed.reaches, feed.lookups]) calls.held = true;
  for (const calls of [holding.outlooks, holding.holds, holding.claims, holding.holdsSent]) calls.held = true;
}

/** A session that is in a state, with all its questions held back. */
export const INTO: Readonly<Record<StateKind, () => Promise<SessionStand>>> = {
  opening: async () => {
    const stand = new SessionStand();
    holdAll(stand);
    stand.session.run();
    await settle();
    return stand;
  },
  looking: async () => {
    const stand = await INTO.live();
    stand.session.recheck();
    return stand;
  },
  redelivering: async () => {
    const stand = await INTO.looking();
    (await stand.holding.outlooks.one()).answer(DUE);
    await settle();
    return stand;
  },
  reading: async () => {
    const stand = await INTO.live();
    // Its lane could not send it these.
    stand.feed.changes.push(changeAt(1n), changeAt(2n));
    stand.session.fellBehind(0n);
    await settle();
    return stand;
  },
  waiting: async () => {
    const stand = new SessionStand();
    stand.outlet.hasRoom = false;
    stand.session.run();
    await settle();
    holdAll(stand);
    return stand;
  },
  live: async () => {
    const stand = await SessionStand.running();
    holdAll(stand);
    return stand;
  },
  resting: async () => {
    const stand = await INTO.looking();
    (await stand.holding.outlooks.one()).fail(UNAVAILABLE);
    await settle();
    return stand;
  },
  ended: async () => {
    const stand = await INTO.live();
    stand.session.end(null);
    return stand;
  },
};
