import { GENESIS_HASH } from '../../src/log/log.js';
import type { Feed, Look, Playback } from '../../src/feed/feed.js';
import { Change } from '../../src/model/change.js';
import type { ChangeRow } from '../../src/model/change.js';
import { systemTimers } from '../../src/model/clock.js';
import { matcher } from '../../src/model/filter.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import { databaseKinds } from '../support/databases.js';
import { append } from './support/append.js';
import { feedOf } from './support/consumers.js';
import { connect, Stand } from './support/stand.js';
import { Log } from '../../src/log/log.js';
import { pointAt } from './support/parts.js';

const FILTERS: readonly ChangeFilter[] = [
  ...[{}, { keys: ['k1', 'k7'] }, { keys: ['nobody'] }, { operations: ['CREATE'] as const }],
  ...[{ where: [{ field: 'n', gte: 95 }] }, { changedFields: ['n'], sources: ['erp'] }],
];

/** What a filter chooses, as it is recorded. */
function chosenBy(filter: ChangeFilter): Look<Change> {
  const matches = matcher(filter);
  return { rows: { filter, any: null }, see: (change) => (matches(change) === null ? null : change) };
}

/** The log itself from a place on, no snapshot. */
const playFrom = (feed: Feed, position: bigint, filter: ChangeFilter = {}): Playback<Change> =>
  feed.play({ ...pointAt(position), snapshotUntil: null, notBefore: null }, chosenBy(filter));

describe.each(databaseKinds)('playback on $name', (kind) => {
  let stand: Stand;

  beforeEach(async () => {
    stand = await Stand.create(kind);
  });
  afterEach(async () => {
    await stand.drop();
  });

  const openFeed = (tailBytes: number): Promise<Feed> => feedOf(stand, { tailBytes });

  /** A hundred changes of ten entities by two sources. */
  async function appendHundred(): Promise<readonly ChangeRow[]> {
    const rows = Array.from({ length: 100 }, (_, n) => ({
      ...{ key: `k${n % 10}`, source: n % 3 === 0 ? 'erp' : 'crm', after: JSON.stringify({ n }) },
      undo: n < 10 ? null : JSON.stringify({ n: [n - 10] }),
    }));
    return (await append(stand.log, rows)).changes;
  }

  /** Everything that a playback gives from a place to the head, in pages of a size; each page is checked on its way. */
  async function playAll(
    feed: Feed,
    after: bigint,
    filter: ChangeFilter,
    size: number,
  ): Promise<ChangeRow[]> {
    const playback = playFrom(feed, after, filter);
    const rows: ChangeRow[] = [];
    while (!playback.atHead) {
      const before = playback.position;
      const { changes, through: point } = await playback.next(size);
      const through = point.position;
      expect(changes.length).toBeLessThanOrEqual(size);
      expect(through).toBeGreaterThan(before);
      expect(playback.position).toBe(through);
      for (const { row } of changes) {
        expect(row.position).toBeGreaterThan(before);
        expect(row.position).toBeLessThanOrEqual(through);
      }
      rows.push(...changes.map(({ row }) => row));
    }
    return rows;
  }

  it.each<[string, number]>([
    ['the log alone', 0],
    ['the log and then the tail', 30_000],
    ['the tail alone', 10_000_000],
  ])('gives what matches, in log order, from any place, out of %s', async (_what, tailBytes) => {
    const feed = await openFeed(tailBytes);
    const rows = await appendHundred();
    await feed.reached(100n);
    if (tailBytes === 30_000) expect([feed.tail.start > 10n, feed.tail.start < 90n]).toEqual([true, true]);
    for (const filter of FILTERS) {
      const matches = matcher(filter);
      for (const after of [0n, 1n, feed.tail.start - 1n, feed.tail.start, 97n, 100n]) {
        if (after < 0n) continue;
        const expected = rows.filter((row) => row.position > after && matches(new Change(row)) !== null);
        for (const size of [1, 7, 1_000]) {
          expect(await playAll(feed, after, filter, size)).toEqual(expected);
        }
      }
    }
  });

  it('is at the head where nothing lies behind its place, and not once something does', async () => {
    const feed = await openFeed(1_000_000);
    const playback = playFrom(feed, 0n);
    expect(playback.atHead).toBe(true);
    expect(await playback.next(10)).toEqual({
      changes: [],
      through: { position: 0n, hash: GENESIS_HASH },
    });
    const { changes } = await append(stand.log, [{ key: 'a' }]);
    await feed.reached(1n);
    expect(playback.atHead).toBe(false);
    expect((await playback.next(10)).changes.map(({ row }) => row)).toEqual(changes);
    expect(playback.atHead).toBe(true);
  });

  it('goes no further than the feed has come, though the log reaches on', async () => {
    const feed = await openFeed(0);
    await append(stand.log, [{ key: 'a' }, { key: 'b' }]);
    feed.reach(2n);
    await feed.reached(2n);
    await append(stand.log, [{ key: 'c' }]);
    const page = await playFrom(feed, 0n).next(10);
    expect([page.changes.length, page.through.position]).toEqual([2, 2n]);
  });

  it('looks at a bounded stretch at once where nothing matches, and still comes to what does', async () => {
    const feeding = await Promise.all([openFeed(0), openFeed(100_000_000)]);
    const many = Array.from({ length: 4_000 }, (_, i) => ({ key: `k${i}` }));
    for (let i = 0; i < 6; i += 1) await append(stand.log, many);
    await append(stand.log, [{ key: 'wanted' }]);
    for (const feed of feeding) await feed.reached(24_001n);
    expect(feeding.map(({ tail }) => tail.start)).toEqual([24_001n, 0n]);
    for (const feed of feeding) {
      const playback = playFrom(feed, 0n, { keys: ['wanted'] });
      const pages: [number, bigint][] = [];
      while (!playback.atHead) {
        const { changes, through } = await playback.next(10);
        pages.push([changes.length, through.position]);
      }
      expect(pages).toEqual([
        [0, 10_000n],
        [0, 20_000n],
        [1, 24_001n],
      ]);
    }
  });

  it('keeps its place when the log cannot be read', async () => {
    await append(stand.log, [{ key: 'a' }]);
    const database = await connect(stand.own.url);
    const log = await Log.open(database, systemTimers);
    const feed = await feedOf(
      { database, log, closing: stand.closing },
      { tailBytes: 0, onError: () => undefined },
    );
    const playback = playFrom(feed, 0n);
    await database.close();
    await expect(playback.next(10)).rejects.toThrow();
    expect(playback.position).toBe(0n);
  });
});
