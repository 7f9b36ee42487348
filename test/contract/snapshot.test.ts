import type { Feed, Playback } from '../../src/feed/feed.js';
import type { Change, ChangeRow } from '../../src/model/change.js';
import { EVERYTHING, matcher, snapshotMatcher } from '../../src/model/filter.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import { databaseKinds } from '../support/databases.js';
import { append } from './support/append.js';
import { feedOf } from './support/consumers.js';
import { Stand } from './support/stand.js';

/** More links than one statement follows. */
const LONG = 1_500;

/** A snapshot is as of where the log ended when it began, whatever happened later. */
describe.each(databaseKinds)('a snapshot on $name', (kind) => {
  let stand: Stand;

  beforeEach(async () => {
    stand = await Stand.create(kind);
  });
  afterEach(async () => {
    await stand.drop();
  });

  async function begin(filter: ChangeFilter = EVERYTHING): Promise<[Feed, Playback<Change>]> {
    const feed = await feedOf(stand);
    const [inLog, inSnapshot] = [matcher(filter), snapshotMatcher(filter)];
    const start = await feed.startPoint({ at: 'SNAPSHOT' }, 'start');
    const playback = feed.play(start, {
      rows: { filter, any: null },
      see: (change, mode) => ((mode === 'log' ? inLog : inSnapshot)(change) === null ? null : change),
    });
    return [feed, playback];
  }

  /** Everything up to the feed's head, in pages of a size. */
  async function playOn(playback: Playback<Change>, size: number): Promise<ChangeRow[]> {
    const rows: ChangeRow[] = [];
    while (!playback.atHead) rows.push(...(await playback.next(size)).changes.map(({ row }) => row));
    return rows;
  }

  const positionsOf = (rows: readonly ChangeRow[]): number[] => rows.map(({ position }) => Number(position));
  const times = (count: number, parts: Partial<ChangeRow>): Partial<ChangeRow>[] =>
    Array.from({ length: count }, () => parts);

  it('holds the newest change of every live entity as of its beginning, though all of them changed later', async () => {
    const gone = { key: 'gone', operation: 'DELETE', after: null } as const;
    await append(stand.log, [{ key: 'a' }, { key: 'b' }, { key: 'a' }, { key: 'gone' }, gone]);
    const [feed, playback] = await begin();
    await append(stand.log, [{ key: 'b' }, { key: 'a' }, { key: 'gone', operation: 'CREATE' }]);
    await append(stand.log, [{ key: 'a', operation: 'DELETE', after: null }, { key: 'new' }]);
    await feed.reached(10n);
    expect(positionsOf(await playOn(playback, 1))).toEqual([2, 3, 6, 7, 8, 9, 10]);
  });

  it('holds an entity whose later change its filter leaves out', async () => {
    const filter: ChangeFilter = { sources: ['crm'] };
    await append(stand.log, [{ key: 'a' }, { key: 'b', source: 'erp' }, { key: 'c' }]);
    const [feed, playback] = await begin(filter);
    await append(stand.log, [
      { key: 'a', source: 'erp' },
      { key: 'b', source: 'crm' },
    ]);
    await feed.reached(5n);
    expect(positionsOf(await playOn(playback, 10))).toEqual([1, 3, 5]);
  });

  it('finds what was the newest change at its beginning, however often the entity changed since', async () => {
    const before = [{ key: 'busy' }, { key: 'calm' }, { key: 'busy' }, { key: 'busier' }, { key: 'late' }];
    await append(stand.log, before);
    await append(stand.log, [{ key: 'late', operation: 'DELETE', after: null }]);
    const [feed, playback] = await begin();
    // As many as one statement follows, one fewer, one more, and many more: and one that was not live then.
    await append(stand.log, times(LONG, { key: 'busy' }));
    await append(stand.log, times(2 * LONG + 1, { key: 'busier' }));
    await append(stand.log, [{ key: 'late', operation: 'CREATE' }, ...times(LONG, { key: 'late' })]);
    await append(stand.log, times(LONG, { key: 'born later' }));
    const { head } = await stand.log.extent();
    await feed.reached(head);
    const rows = await playOn(playback, 3);
    expect(positionsOf(rows).slice(0, 4)).toEqual([2, 3, 4, 7]);
    expect(positionsOf(rows).slice(3)).toEqual(Array.from({ length: Number(head) - 6 }, (_, i) => i + 7));
  });

  it.each([997, 998, 999, 1_000, 1_001, 1_002, 1_999, 2_000, 2_001, 2_002])(
    'finds it %i changes back',
    async (count) => {
      await append(stand.log, [{ key: 'a' }, { key: 'b' }, { key: 'a' }]);
      const [feed, playback] = await begin({ keys: ['a'] });
      await append(stand.log, times(count, { key: 'a' }));
      await append(stand.log, [{ key: 'c' }, ...times(count, { key: 'c' })]);
      const { head } = await stand.log.extent();
      await feed.reached(head);
      const { changes } = await playback.next(100);
      expect(changes.map(({ row }) => row.position)).toEqual([3n]);
      // An entity that is newer than the snapshot is found to be no part of it as well.
      const all = await stand.log.snapshot({
        ...{ after: 0n, through: 3n, until: 3n, limit: 100 },
        selection: { filter: EVERYTHING, any: null },
      });
      expect(positionsOf(all.rows)).toEqual([2, 3]);
    },
  );
});
