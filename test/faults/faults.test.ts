/** A short round of the fault bench: `npm run test:faults` runs longer ones. */
import { SEED, seeded } from '../promises/support/dice.js';
import { runRound } from './world/round.js';
import { judge } from './world/verdict.js';
import type { RoundVerdict } from './world/verdict.js';

const MINUTES = 0.3;

describe(seeded('hubs among faults'), () => {
  let verdict: RoundVerdict;

  beforeAll(async () => {
    verdict = judge(await runRound({ seed: SEED, minutes: MINUTES }));
  }, 240_000);

  it('keep every promise', () => {
    const { violations, saved } = verdict;
    expect({ violations, saved }).toEqual({ violations: [], saved: null });
  });

  it('were really hit: each kind of fault had an effect', () => {
    const idle = Object.entries(verdict.figures.faults)
      .filter(([, { injected, withoutEffect }]) => withoutEffect === injected)
      .map(([kind]) => kind);
    expect(idle).toEqual([]);
  });

  it('had something to do meanwhile', () => {
    expect(verdict.figures.changes).toBeGreaterThan(50);
    expect(verdict.figures.deliveries).toBeGreaterThan(verdict.figures.changes);
  });
});
