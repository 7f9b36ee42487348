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
  sessions: () => ({}),
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

  it.each([
    ['database', { database: () => Promise.reject(new Error('gone')) }, false],
    ['migrations', { pendingMigrations: () => Promise.resolve(true) }, false],
    ['feed', { feedBehindMs: () => 60_000 }, false],
    ['acknowledgements', { acknowledging: { ...vitalsWith({}).acknowledging, oldestMs: 6_000 } }, false],
    // Every hub loses Redis at once, and all of them go on by polling.
    ['signal', { signal: () => 'down' }, true],
  ] satisfies [string, Partial<Vitals>, boolean][])(
    'where only the check %s fails, the others say what they found',
    async (name, parts, ready) => {
      const readiness = await checkReadiness(vitalsWith(parts), systemTimers);
      expect(readiness.ready).toBe(ready);
      const failed = Object.entries(readiness.checks).filter(([, { ok }]) => !ok);
      expect(failed.map(([failing]) => failing)).toEqual([name]);
    },
  );

  it('stands without Redis only while polls find the changes of other hubs', async () => {
    const parts: Partial<Vitals> = { signal: () => 'down', feedBehindMs: () => 60_000 };
    const { ready, checks } = await checkReadiness(vitalsWith(parts), systemTimers);
    expect(ready).toBe(false);
    expect(checks.signal?.ok).toBe(false);
    expect(checks.database).toEqual({ ok: true, detail: 'SQLite 3 answers' });
  });
});
