import { systemTimers } from '../../src/model/clock.js';
import { checkReadiness } from '../../src/server/health.js';
import type { Vitals } from '../../src/server/server.js';

/** A hub in which all is well, but for the parts given. */
const vitalsWith = (parts: Partial<Vitals>): Vitals => ({
  pollMs: 250,
  database: () => Promise.resolve('SQLite 3'),
  pendingMigrations: () => Promise.resolve(false),
  signal: () => 'in-process',
  head: () => 7n,
  feedBehindMs: () => 0,
  publishing: () => ({ changes: 0, bytes: 0 }),
  acknowledging: { oldestMs: 0, failing: false, check: () => Promise.resolve() },
  subscriptions: () => 0,
  consumers: () => Promise.resolve([]),
  rejections: () => Promise.resolve([]),
  ...parts,
});

describe('readiness', () => {
  it.each([
    [250, 5_000, true],
    [250, 5_001, false],
    // An idle hub with a long poll interval is as far behind as its last poll was long ago.
    [6_000, 6_100, true],
    [6_000, 18_000, true],
    [6_000, 18_001, false],
    [60_000, 61_000, true],
  ])(
    "with a poll every %d ms, %d ms after the feed was at the log's end: %s",
    async (pollMs, behindMs, ready) => {
      const readiness = await checkReadiness(
        vitalsWith({ pollMs, feedBehindMs: () => behindMs }),
        systemTimers,
      );
      expect(readiness.checks.feed?.ok).toBe(ready);
      expect(readiness.ready).toBe(ready);
    },
  );

  it('is lost with any one check, and the others still say what they found', async () => {
    const readiness = await checkReadiness(vitalsWith({ signal: () => 'down' }), systemTimers);
    expect(readiness.ready).toBe(false);
    const failed = Object.entries(readiness.checks).filter(([, { ok }]) => !ok);
    expect(failed.map(([name]) => name)).toEqual(['signal']);
    expect(readiness.checks.database).toEqual({ ok: true, detail: 'SQLite 3 answers' });
  });
});
