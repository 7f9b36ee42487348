import { View } from '../../src/view/view.js';
import { holdAll, WAITS } from './support/session-into.js';
import { QUIET, SessionStand, settle } from './support/session-stand.js';

/** Of the keys that are committed, the session gets `a`. */
const ONLY_A = { lensFrom: () => View.of().lens({ keys: ['a'] }) };

describe('what a session has covered', () => {
  it('is all that its filter leaves out, in catch-up and live, though nothing is sent', async () => {
    const stand = await SessionStand.running(['b', 'b'], ONLY_A);
    expect([stand.session.state, stand.session.covered]).toEqual(['live', 2n]);
    stand.commit('b', 'b', 'b');
    expect([stand.session.covered, stand.outlet.log]).toEqual([5n, ['0:']]);
  });

  it('ends before the oldest change in flight, whatever lies behind it', async () => {
    const stand = await SessionStand.running(['b', 'a', 'b', 'a', 'b'], ONLY_A);
    expect(stand.session.covered).toBe(1n);
    stand.commit('b');
    expect(stand.session.covered).toBe(1n);
    stand.session.acknowledged(2n);
    expect(stand.session.covered).toBe(3n);
    stand.session.acknowledged(4n);
    expect(stand.session.covered).toBe(6n);
  });

  it('holds nothing of a page that is not sent yet, and of one that was put back', async () => {
    const stand = await SessionStand.running(['b'], ONLY_A);
    holdAll(stand);
    stand.outlet.hasRoom = false;
    stand.commit('a');
    await settle();
    stand.outlet.hasRoom = true;
    stand.session.acknowledged(0n);
    const page = await stand.feed.pages.one();
    expect([stand.session.state, stand.session.covered]).toEqual(['reading', 1n]);
    stand.outlet.hasRoom = false;
    page.answer(undefined);
    await settle();
    expect([stand.session.state, stand.session.covered, stand.outlet.log]).toEqual(['waiting', 1n, ['0:']]);
  });

  it('is nothing while there is news, and as long as something waits', async () => {
    const stand = await SessionStand.running(['b'], ONLY_A);
    stand.holding.outlooks.held = true;
    stand.session.recheck();
    expect([stand.session.state, stand.session.covered]).toEqual(['looking', 0n]);
    (await stand.holding.outlooks.one()).answer(WAITS);
    await settle();
    stand.commit('b');
    expect([stand.session.state, stand.session.covered]).toEqual(['live', 0n]);
    stand.session.recheck();
    (await stand.holding.outlooks.one()).answer(QUIET);
    await settle();
    expect([stand.session.state, stand.session.covered]).toEqual(['live', 2n]);
  });

  it('is nothing before changes ahead that are dead or settled, and are to be left out', async () => {
    const stand = await SessionStand.running(['b'], ONLY_A);
    stand.holding.outlooks.auto = () => ({ ...QUIET, last: 3n });
    stand.session.recheck();
    await settle();
    stand.commit('b');
    expect([stand.session.state, stand.session.covered]).toEqual(['live', 0n]);
    stand.commit('b');
    expect([stand.session.state, stand.session.covered]).toEqual(['live', 3n]);
  });

  it('begins anew where the consumer is sought', async () => {
    const stand = await SessionStand.running(['b', 'b', 'b'], ONLY_A);
    expect(stand.session.covered).toBe(3n);
    stand.feed.pages.held = true;
    stand.holding.outlooks.held = true;
    stand.session.sought({
      ...{ id: 7n, epoch: 1n, seeks: 1n, position: 1n, hash: '', snapshotUntil: null, notBefore: null },
    });
    await settle();
    expect(stand.session.covered).toBe(1n);
  });

  it('does not end with the log where the session ends while its lane sends', async () => {
    const stand = await SessionStand.running(['b'], ONLY_A);
    stand.outlet.failing = new Error('no text');
    stand.commit('a');
    expect([stand.session.state, stand.session.covered]).toEqual(['ended', 1n]);
  });
});
