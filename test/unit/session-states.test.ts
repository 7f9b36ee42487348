import type { SessionEvent, StateKind } from '../../src/deliver/session-states.js';
import { attempt, INTO, WAITS } from './support/session-into.js';
import { QUIET, settle, UNAVAILABLE } from './support/session-stand.js';
import type { SessionStand } from './support/session-stand.js';

/** What ends the work of a state, well or not. */
const WORK: Partial<Record<StateKind, (stand: SessionStand, error: Error | null) => Promise<void>>> = {
  opening: async ({ feed }, error) => over(await feed.reaches.one(), undefined, error),
  looking: async ({ holding }, error) => over(await holding.outlooks.one(), QUIET, error),
  reading: async ({ feed }, error) => over(await feed.pages.one(), undefined, error),
  redelivering: async ({ holding, feed }, error) => {
    over(await holding.claims.one(), [], error);
    if (error === null) over(await feed.lookups.one(), undefined, null);
  },
};

function over<T>(
  call: { answer(value: T): void; fail(error: unknown): void },
  value: T,
  error: Error | null,
): void {
  if (error) call.fail(error);
  else call.answer(value);
}

const HAPPENS: Readonly<Record<SessionEvent, (stand: SessionStand) => unknown>> = {
  done: (stand) => WORK[stand.session.state]?.(stand, null),
  failed: (stand) => WORK[stand.session.state]?.(stand, UNAVAILABLE),
  room: ({ outlet, session }) => {
    outlet.hasRoom = true;
    for (const wake of [...outlet.wakes]) wake();
    session.acknowledged(0n);
  },
  news: ({ session }) => session.recheck(),
  behind: ({ session }) => session.fellBehind(0n),
  rested: ({ timers }) => timers.advance(500),
  sought: (stand) => stand.seek(0n),
  end: ({ session }) => session.end(null),
};

/** Where each event leads from each state, in a hub whose log is empty; null: it does not happen in this state. */
const LEADS: Readonly<Record<StateKind, Readonly<Record<SessionEvent, StateKind | null>>>> = {
  opening: {
    ...{ done: 'live', failed: 'opening', room: 'opening', news: 'opening' },
    ...{ behind: null, rested: 'opening', sought: 'opening', end: 'ended' },
  },
  looking: {
    ...{ done: 'live', failed: 'resting', room: 'looking', news: 'looking' },
    ...{ behind: null, rested: 'looking', sought: 'opening', end: 'ended' },
  },
  redelivering: {
    ...{ done: 'live', failed: 'resting', room: 'redelivering', news: 'redelivering' },
    ...{ behind: null, rested: 'redelivering', sought: 'opening', end: 'ended' },
  },
  reading: {
    ...{ done: 'live', failed: 'resting', room: 'reading', news: 'reading' },
    ...{ behind: null, rested: 'reading', sought: 'opening', end: 'ended' },
  },
  waiting: {
    ...{ done: null, failed: null, room: 'live', news: 'looking' },
    ...{ behind: null, rested: 'waiting', sought: 'opening', end: 'ended' },
  },
  live: {
    ...{ done: null, failed: null, room: 'live', news: 'looking' },
    ...{ behind: 'live', rested: 'live', sought: 'opening', end: 'ended' },
  },
  resting: {
    ...{ done: null, failed: null, room: 'resting', news: 'resting' },
    ...{ behind: null, rested: 'looking', sought: 'opening', end: 'ended' },
  },
  ended: {
    ...{ done: null, failed: null, room: 'ended', news: 'ended' },
    ...{ behind: null, rested: 'ended', sought: 'ended', end: 'ended' },
  },
};

const STATES = Object.keys(LEADS) as StateKind[];
const WORKING: readonly StateKind[] = ['opening', 'looking', 'redelivering', 'reading'];

describe('the states of a session', () => {
  describe.each(STATES)('that is %s', (state) => {
    const events = Object.entries(LEADS[state]).flatMap(([event, next]) =>
      next === null ? [] : [[event as SessionEvent, next] as const],
    );
    it.each(events)('on %s comes to be %s', async (event, next) => {
      const stand = await INTO[state]();
      expect(stand.session.state).toBe(state);
      await HAPPENS[event](stand);
      await settle();
      expect(stand.session.state).toBe(next);
      expect(stand.defects).toEqual([]);
    });

    it('sends nothing, asks for nothing and leaves nothing behind once it is ended', async () => {
      const stand = await INTO[state]();
      const sent = stand.outlet.log;
      stand.session.end(null);
      await settle();
      const { feed, holding } = stand;
      const calls = [feed.pages, feed.reaches, feed.lookups, holding.outlooks, holding.holds, holding.claims];
      const asked = calls.map(({ all }) => all.length);
      // What was under way ends later.
      for (const { answer } of feed.reaches.waiting.splice(0)) answer(undefined);
      for (const { answer } of feed.pages.waiting.splice(0)) answer(undefined);
      for (const { answer } of holding.claims.waiting.splice(0)) answer([attempt(1n)]);
      for (const { answer } of holding.outlooks.waiting.splice(0)) answer({ ...WAITS, dueIn: 60_000 });
      for (const wake of stand.outlet.wakes) wake();
      await settle();
      for (const { answer } of feed.lookups.waiting.splice(0)) answer(undefined);
      await settle();
      stand.commit('a');
      stand.session.acknowledged(1n);
      await settle();
      expect(stand.outlet.log).toEqual(sent);
      expect(stand.endings).toEqual([null]);
      expect(stand.left).toBe(stand.joined);
      expect(stand.outlet.cancelled).toBe(stand.outlet.wakes.length);
      expect(stand.pendingTimers).toBe(0);
      stand.timers.advance(100_000);
      await settle();
      expect(stand.outlet.log).toEqual(sent);
      expect(calls.slice(0, 2).map(({ all }) => all.length)).toEqual(asked.slice(0, 2));
      expect(stand.defects).toEqual([]);
    });
  });

  it.each(WORKING)('ends with an error and tells of it where its work is defective: %s', async (state) => {
    const stand = await INTO[state]();
    const defect = new TypeError('a defect');
    await WORK[state]?.(stand, defect);
    await settle();
    expect(stand.session.state).toBe('ended');
    expect(stand.defects).toEqual([defect]);
    expect(stand.endings).toEqual([expect.objectContaining({ code: 'LOG_UNAVAILABLE' })]);
  });
});
