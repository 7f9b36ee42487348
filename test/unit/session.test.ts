import { logDamaged } from '../../src/model/errors.js';
import type { OpenClaims } from '../../src/retry/retry.js';
import { changeAt } from '../contract/support/parts.js';
import { attempt, DUE, INTO, WAITS } from './support/session-into.js';
import { QUIET, SessionStand, settle, UNAVAILABLE } from './support/session-stand.js';

describe('a session', () => {
  it('sends an empty batch at once, then what the log holds, and then what its lane brings', async () => {
    const stand = await SessionStand.running(['a', 'b', 'c', 'd']);
    expect(stand.outlet.log).toEqual(['0:', '3:1 2 3', '4:4']);
    stand.commit('a', 'b', 'c', 'd', 'e');
    expect(stand.outlet.log.slice(3)).toEqual(['7:5 6 7', '9:8 9']);
    expect(new Set(stand.outlet.sessions)).toEqual(new Set(['7.1.0']));
    expect([stand.session.sent, stand.session.inFlight]).toEqual([9n, 9]);
  });

  it('is full while its window keeps it waiting, and not while its socket or a pause does', async () => {
    const stand = await SessionStand.running(Array.from({ length: 12 }, () => 'a'));
    expect([stand.session.state, stand.session.inFlight, stand.session.isFull]).toEqual([
      'waiting',
      10,
      true,
    ]);
    stand.revise(true);
    expect(stand.session.isFull).toBe(false);
    stand.revise(false);
    stand.outlet.hasRoom = false;
    stand.session.acknowledged(1n);
    await settle();
    expect([stand.session.state, stand.session.isFull]).toEqual(['waiting', false]);
  });

  it('changes nothing when a call-back for room comes after it has joined its lane again', async () => {
    const stand = await SessionStand.running(['a']);
    stand.outlet.hasRoom = false;
    stand.commit('b');
    await settle();
    expect(stand.session.state).toBe('waiting');
    stand.outlet.hasRoom = true;
    stand.session.acknowledged(1n);
    await settle();
    expect(stand.session.state).toBe('live');
    const { pages } = stand.feed;
    const reads = pages.all.length;
    stand.commit('c');
    for (const wake of stand.outlet.wakes) wake();
    stand.commit('d');
    for (const wake of stand.outlet.wakes) wake();
    await settle();
    expect([stand.session.state, stand.joined - stand.left, pages.all.length]).toEqual(['live', 1, reads]);
    expect(stand.outlet.log).toEqual(['0:', '1:1', '2:2', '3:3', '4:4']);
  });

  it('goes on after what its lane has sent when it leaves its lane for news', async () => {
    const stand = await SessionStand.running(['a']);
    stand.commit('b', 'c');
    stand.session.recheck();
    stand.commit('d');
    await settle();
    expect(stand.session.state).toBe('live');
    expect(stand.outlet.log).toEqual(['0:', '1:1', '3:2 3', '4:4']);
  });

  it('paused while a page is read, sends it after it is resumed, and not before', async () => {
    const stand = await INTO.reading();
    stand.revise(true);
    (await stand.feed.pages.one()).answer(undefined);
    (await stand.holding.holds.one()).answer(new Set());
    await settle();
    expect([stand.session.state, stand.outlet.log]).toEqual(['looking', ['0:']]);
    (await stand.holding.outlooks.one()).answer(QUIET);
    await settle();
    stand.session.acknowledged(0n);
    expect([stand.session.state, stand.outlet.log]).toEqual(['waiting', ['0:']]);
    stand.revise(false);
    (await stand.holding.outlooks.one()).answer(QUIET);
    (await stand.feed.pages.one()).answer(undefined);
    await settle();
    expect([stand.session.state, stand.outlet.log]).toEqual(['live', ['0:', '2:1 2']]);
  });

  it('paused in its lane, gets what was committed meanwhile after it is resumed', async () => {
    const stand = await SessionStand.running(['a']);
    stand.revise(true);
    stand.commit('b');
    await settle();
    stand.commit('c');
    await settle();
    expect([stand.session.state, stand.outlet.log]).toEqual(['waiting', ['0:', '1:1']]);
    stand.revise(false);
    await settle();
    expect([stand.session.state, stand.outlet.log]).toEqual(['live', ['0:', '1:1', '3:2 3']]);
  });

  it('sends a page that was read while its socket filled once there is room again, and not before', async () => {
    const stand = await INTO.reading();
    stand.outlet.hasRoom = false;
    (await stand.feed.pages.one()).answer(undefined);
    await settle();
    expect([stand.session.state, stand.outlet.log]).toEqual(['waiting', ['0:']]);
    stand.feed.pages.held = false;
    stand.outlet.hasRoom = true;
    stand.outlet.wakes.at(-1)?.();
    await settle();
    expect([stand.session.state, stand.outlet.log]).toEqual(['live', ['0:', '2:1 2']]);
  });

  it('re-reads a page where news came while its changes were being held', async () => {
    const stand = await SessionStand.running([], {}, { revision: 1n });
    stand.holding.outlooks.auto = () => WAITS;
    stand.session.recheck();
    await settle();
    stand.holding.holds.held = true;
    stand.commit('a', 'b');
    const first = await stand.holding.holds.one();
    stand.session.recheck();
    first.answer(new Set());
    await settle();
    expect(stand.outlet.log).toEqual(['0:']);
    const second = await stand.holding.holds.one();
    expect(stand.holding.outlooks.all).toHaveLength(3);
    expect(second.arguments).toEqual(first.arguments);
    second.answer(new Set([2n]));
    await settle();
    expect(stand.outlet.log).toEqual(['0:', '2:1']);
  });

  describe('that is sought', () => {
    it('while it reads, drops the page and goes on from the new position', async () => {
      const stand = await INTO.reading();
      stand.seek(1n);
      (await stand.feed.pages.one()).answer(undefined);
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '1:']);
      // What was read before the seek is not held under the session as it is after it.
      expect(stand.holding.holds.waiting.map((call) => call.arguments)).toEqual([]);
      (await stand.feed.reaches.one()).answer(undefined);
      (await stand.holding.outlooks.one()).answer(QUIET);
      (await stand.feed.pages.one()).answer(undefined);
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '1:', '2:2']);
      expect(stand.outlet.sessions.at(-1)).toBe('7.1.1');
      expect(stand.session.inFlight).toBe(1);
    });

    it.each(['before', 'after'])(
      'while it claims, sends nothing of what was claimed: the answer comes %s the session is live again',
      async (when) => {
        const stand = await INTO.redelivering();
        stand.feed.changes.push(changeAt(1n), changeAt(2n));
        stand.seek(2n);
        stand.feed.pages.held = false;
        for (const calls of [stand.feed.lookups, stand.holding.outlooks, stand.holding.holds])
          calls.held = false;
        const claim = await stand.holding.claims.one();
        const reach = await stand.feed.reaches.one();
        const answers = [() => claim.answer([attempt(1n)]), () => reach.answer(undefined)];
        for (const answer of when === 'before' ? answers : answers.reverse()) {
          answer();
          await settle();
        }
        stand.commit('c');
        await settle();
        stand.session.recheck();
        await settle();
        expect(stand.outlet.log).toEqual(['0:', '2:', '3:3']);
        expect([stand.session.state, stand.session.inFlight]).toEqual(['live', 1]);
      },
    );

    it('while what it claimed is read, sends nothing of it', async () => {
      const stand = await INTO.redelivering();
      stand.feed.changes.push(changeAt(1n, { key: 'a' }));
      (await stand.holding.claims.one()).answer([attempt(1n)]);
      const lookup = await stand.feed.lookups.one();
      stand.seek(1n);
      for (const calls of [stand.feed.reaches, stand.holding.outlooks]) calls.held = false;
      lookup.answer(undefined);
      await settle();
      stand.session.recheck();
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '1:']);
      expect([stand.session.state, stand.session.inFlight]).toEqual(['live', 0]);
    });
  });

  describe('with redeliveries', () => {
    /** Two changes were sent, and the first of them is due again. */
    async function due(): Promise<SessionStand> {
      const stand = await SessionStand.running(['a', 'b']);
      stand.holding.outlooks.auto = () => DUE;
      stand.holding.claims.auto = () => [attempt(1n)];
      return stand;
    }
    const afterwards = (stand: SessionStand): void => {
      stand.holding.outlooks.auto = () => ({ ...WAITS, out: 1 });
    };

    it('sends them alone, and they take room', async () => {
      const stand = await due();
      stand.holding.claims.held = true;
      stand.session.recheck();
      (await stand.holding.claims.one()).answer([attempt(1n)]);
      afterwards(stand);
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '2:1 2', 'again 1#2']);
      expect([stand.session.state, stand.session.inFlight, stand.session.sent]).toEqual(['live', 3, 2n]);
    });

    it('does not lose them when it is paused between claiming and reading', async () => {
      const stand = await due();
      stand.feed.lookups.held = true;
      stand.session.recheck();
      const lookup = await stand.feed.lookups.one();
      stand.revise(true);
      afterwards(stand);
      lookup.answer(undefined);
      await settle();
      expect([stand.session.state, stand.outlet.log]).toEqual(['waiting', ['0:', '2:1 2']]);
      stand.feed.lookups.held = false;
      stand.revise(false);
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '2:1 2', 'again 1#2']);
      expect(stand.holding.claims.all).toHaveLength(1);
      expect(stand.session.inFlight).toBe(3);
    });

    it('does not lose or repeat them when they cannot be read', async () => {
      const stand = await due();
      stand.feed.lookups.held = true;
      stand.session.recheck();
      (await stand.feed.lookups.one()).fail(UNAVAILABLE);
      await settle();
      expect(stand.session.state).toBe('resting');
      afterwards(stand);
      stand.feed.lookups.held = false;
      stand.timers.advance(500);
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '2:1 2', 'again 1#2']);
      expect(stand.holding.claims.all).toHaveLength(1);
    });

    it('gives up a claim that was not answered before it does anything else, and claims anew', async () => {
      const stand = await due();
      stand.holding.claims.held = true;
      stand.session.recheck();
      (await stand.holding.claims.one()).fail(UNAVAILABLE);
      // What the claim took is out to the session until it is given up: nothing is due by then.
      stand.holding.outlooks.auto = (_holder: unknown, { lost }: OpenClaims) =>
        lost === null ? { ...WAITS, out: 1 } : DUE;
      stand.session.recheck();
      await settle();
      stand.timers.advance(500);
      (await stand.holding.claims.one()).answer([attempt(1n)]);
      stand.holding.outlooks.auto = () => ({ ...WAITS, out: 1 });
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '2:1 2', 'again 1#2']);
      const [lost, ...others] = stand.holding.outlooks.all
        .map(([, open]) => (open as OpenClaims).lost)
        .filter((number) => number !== null);
      expect([lost, others]).toEqual([stand.holding.claims.all[0]?.[1], []]);
    });

    it('takes the answer to a claim that a seek abandoned for no answer to a later one', async () => {
      const stand = await due();
      stand.holding.claims.held = true;
      stand.session.recheck();
      const abandoned = await stand.holding.claims.one();
      stand.seek(2n);
      const lost = await stand.holding.claims.one();
      abandoned.answer([attempt(1n)]);
      await settle();
      lost.fail(UNAVAILABLE);
      await settle();
      stand.timers.advance(500);
      await settle();
      const numbers = stand.holding.claims.all.map(([, number]) => number);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect((stand.holding.outlooks.all.at(-1)?.[1] as OpenClaims).lost).toBe(numbers[1]);
    });

    it('sends nothing of what it claimed that something was done to meanwhile', async () => {
      const stand = await due();
      stand.feed.lookups.held = true;
      stand.session.recheck();
      const lookup = await stand.feed.lookups.one();
      // An earlier change of its key was redriven: it waits behind that one, and is out to nobody.
      stand.holding.outlooks.auto = () => ({ ...WAITS, claimed: [] });
      stand.session.recheck();
      lookup.answer(undefined);
      await settle();
      expect(stand.outlet.log).toEqual(['0:', '2:1 2']);
      expect([stand.session.state, stand.session.inFlight]).toEqual(['live', 2]);
      expect((stand.holding.outlooks.all.at(-1)?.[1] as OpenClaims).claimed).toEqual([1n]);
    });

    it('sends no more of them once one has ended it', async () => {
      const stand = await due();
      stand.holding.claims.auto = () => [attempt(1n), attempt(2n)];
      stand.outlet.onSend = () => stand.session.end(null);
      stand.session.recheck();
      await settle();
      expect([stand.session.state, stand.outlet.log]).toEqual(['ended', ['0:', '2:1 2', 'again 1#2']]);
      expect(stand.endings).toEqual([null]);
    });

    it('tells of one defect where one of them cannot be printed', async () => {
      const stand = await due();
      stand.holding.claims.auto = () => [attempt(1n), attempt(2n)];
      stand.outlet.failing = new Error('a render that throws');
      stand.session.recheck();
      await settle();
      expect(stand.defects).toEqual([stand.outlet.failing]);
      expect(stand.endings).toEqual([expect.objectContaining({ code: 'LOG_UNAVAILABLE' })]);
    });
  });

  it('ends with the reason where trying again cannot help', async () => {
    const stand = await INTO.reading();
    const damaged = logDamaged(new Error('database disk image is malformed'));
    (await stand.feed.pages.one()).fail(damaged);
    await settle();
    expect([stand.session.state, stand.endings, stand.defects]).toEqual(['ended', [damaged], [damaged]]);
  });

  describe('whose database does not answer', () => {
    it.each<[string, (stand: SessionStand) => Promise<{ fail(error: unknown): void }>]>([
      ['a page', (stand) => stand.feed.pages.one()],
      [
        'what is to be held of it',
        async (stand) => {
          (await stand.feed.pages.one()).answer(undefined);
          return stand.holding.holds.one();
        },
      ],
    ])('reads on where it was after a rest: %s', async (_what, call) => {
      const stand = await INTO.looking();
      (await stand.holding.outlooks.one()).answer(WAITS);
      await settle();
      stand.commit('a', 'b');
      await settle();
      (await call(stand)).fail(UNAVAILABLE);
      await settle();
      expect([stand.session.state, stand.outlet.log]).toEqual(['resting', ['0:']]);
      stand.timers.advance(499);
      expect(stand.session.state).toBe('resting');
      for (const calls of [stand.feed.pages, stand.holding.holds]) calls.held = false;
      stand.timers.advance(1);
      await settle();
      expect([stand.session.state, stand.outlet.log]).toEqual(['live', ['0:', '2:1 2']]);
    });

    it('opens once it answers, with one first batch', async () => {
      const stand = await INTO.opening();
      for (let i = 0; i < 3; i += 1) {
        (await stand.feed.reaches.one()).fail(UNAVAILABLE);
        await settle();
        expect([stand.session.state, stand.outlet.log]).toEqual(['opening', ['0:']]);
        stand.timers.advance(500);
      }
      (await stand.feed.reaches.one()).answer(undefined);
      await settle();
      expect([stand.session.state, stand.outlet.log]).toEqual(['live', ['0:']]);
    });

    it('looks again after a rest, and sends nothing before it has looked', async () => {
      const stand = await INTO.resting();
      stand.commit('a');
      stand.session.acknowledged(0n);
      await settle();
      expect(stand.outlet.log).toEqual(['0:']);
      stand.timers.advance(500);
      (await stand.holding.outlooks.one()).answer(QUIET);
      (await stand.feed.pages.one()).answer(undefined);
      await settle();
      expect([stand.session.state, stand.outlet.log]).toEqual(['live', ['0:', '1:1']]);
    });
  });
});
