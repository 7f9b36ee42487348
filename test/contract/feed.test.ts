import fc from 'fast-check';
import { Feed } from '../../src/feed/feed.js';
import type { Change, ChangeRow } from '../../src/model/change.js';
import type { Start } from '../../src/model/consumer.js';
import { databaseKinds } from '../support/databases.js';
import { eventually } from '../support/wait.js';
import { append } from './support/append.js';
import { rejectionOf } from './support/parts.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';

/** So seldom that no test sees it. */
const NEVER_MS = 60_000_000;

/** A feed, what its listener got and what it was told of failures. */
interface Following {
  readonly feed: Feed;
  readonly got: Change[];
  readonly errors: unknown[];
  readonly replaced: Error[];
}

describe.each(databaseKinds)('the feed on $name', (kind) => {
  let stand: Stand;
  const feeds: Feed[] = [];

  beforeEach(async () => {
    stand = await Stand.create(kind);
  });
  afterEach(async () => {
    for (const feed of feeds.splice(0)) await feed.close();
    await stand.drop();
  });

  async function follow({ pollMs = NEVER_MS, tailBytes = 1_000_000 } = {}): Promise<Following> {
    const errors: unknown[] = [];
    const got: Change[] = [];
    const replaced: Error[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const onReplaced = (error: Error): void => void replaced.push(error);
    const feed = await Feed.open({ log: stand.log, pollMs, tailBytes, onError, onReplaced });
    feeds.push(feed);
    feed.listen((changes) => got.push(...changes));
    return { feed, got, errors, replaced };
  }

  /** Appends as another hub does: this feed is not told. */
  async function appendElsewhere(count: number): Promise<readonly ChangeRow[]> {
    return (
      await append(
        stand.log,
        Array.from({ length: count }, (_, i) => ({ key: `k${i}` })),
      )
    ).changes;
  }

  const announce = (
    feed: Feed,
    rows: readonly ChangeRow[],
    sent: readonly ChangeRow[] | null = rows,
  ): void => {
    const [first] = rows;
    const last = rows.at(-1);
    if (!first || !last) throw new Error('nothing to announce');
    feed.announced({ kind: 'appended', from: first.position, to: last.position, rows: sent });
  };
  const positions = (changes: readonly Change[]): number[] => changes.map(({ row }) => Number(row.position));
  const upTo = (count: number, from = 1): number[] =>
    Array.from({ length: count - from + 1 }, (_, i) => from + i);

  it('begins at the end of the log', async () => {
    await appendElsewhere(3);
    const { feed, got } = await follow();
    expect([feed.head, feed.tail.start]).toEqual([3n, 3n]);
    await feed.poll();
    expect(got).toEqual([]);
  });

  it("hands on this hub's commits at once, each once and in order", async () => {
    const { feed, got } = await follow();
    const publisher = publisherOf(stand.log, { onAppended: (changes) => feed.appended(changes) });
    for (const key of ['a', 'b', 'c']) {
      const { head } = await publishTo(publisher, [{ key }, { key: `${key}2` }]);
      // Before the call was answered.
      expect([feed.head, got.length]).toEqual([head, Number(head)]);
    }
    expect(got.map(({ row }) => row)).toEqual(await stand.all());
    expect(positions(feed.tail.after(0n, 100))).toEqual(upTo(6));
  });

  it('takes announced changes that join on as they are', async () => {
    const { feed, got } = await follow();
    const rows = await appendElsewhere(3);
    const marked = rows.map((row) => ({ ...row, headers: '{"by":"announcement"}' }));
    announce(feed, rows, marked);
    expect(got.map(({ row }) => row)).toEqual(marked);
  });

  it.each<[string, (rows: readonly ChangeRow[]) => [readonly ChangeRow[], readonly ChangeRow[] | null]]>([
    ['come without changes', (rows) => [rows, null]],
    ['do not join on', (rows) => [rows.slice(2), rows.slice(2)]],
    ['hold too few changes', (rows) => [rows, rows.slice(1)]],
    ['hold too many changes', (rows) => [rows, [...rows, ...rows]]],
    ['hold changes in another order', (rows) => [rows, [...rows].reverse()]],
    ['hold a change twice', (rows) => [rows, rows.map((row, i) => (i === 2 ? (rows[1] ?? row) : row))]],
    [
      'hold changes of other places',
      (rows) => [rows, rows.map((row) => ({ ...row, position: row.position + 9n }))],
    ],
    ['hold nothing', (rows) => [rows, []]],
  ])('reads the log where announced ranges %s', async (_what, told) => {
    const { feed, got, errors } = await follow();
    const rows = await appendElsewhere(5);
    announce(feed, ...told(rows));
    await feed.reached(5n);
    expect(got.map(({ row }) => row)).toEqual(rows);
    expect(errors).toEqual([]);
  });

  it('hands on nothing twice where ranges repeat or overlap what it has', async () => {
    const { feed, got } = await follow();
    const rows = await appendElsewhere(6);
    announce(feed, rows.slice(0, 3));
    announce(feed, rows.slice(0, 3));
    announce(feed, rows.slice(1, 2));
    expect(positions(got)).toEqual([1, 2, 3]);
    announce(feed, rows.slice(1, 5));
    await feed.reached(5n);
    announce(feed, rows.slice(0, 6));
    await feed.reached(6n);
    expect(positions(got)).toEqual(upTo(6));
  });

  it('gets over a range that the log does not have, and hands on what really comes', async () => {
    const { feed, got, errors } = await follow();
    const rows = await appendElsewhere(2);
    feed.announced({ kind: 'appended', from: 3n, to: 1_000n, rows: null });
    await eventually(() => errors.length > 0, { what: 'the feed to notice' });
    expect(positions(got)).toEqual([1, 2]);
    announce(feed, rows);
    announce(feed, await appendElsewhere(2));
    await feed.reached(4n);
    expect(positions(got)).toEqual(upTo(4));
    expect(await rejectionOf(feed.reached(9n))).toMatchObject({ code: 'LOG_UNAVAILABLE' });
  });

  it('finds by polling what nobody told', async () => {
    const { feed, got } = await follow({ pollMs: 20 });
    await appendElsewhere(2_500);
    await eventually(() => feed.head === 2_500n, { what: 'the feed to reach the end' });
    expect(positions(got)).toEqual(upTo(2_500));
    await appendElsewhere(1);
    await eventually(() => feed.head === 2_501n, { what: 'the feed to reach the new end' });
    await feed.close();
    await appendElsewhere(1);
    await feed.poll();
    expect(feed.head).toBe(2_501n);
  });

  it('keeps the order where its own commits and those of others come mixed', async () => {
    const { feed, got } = await follow();
    const own = publisherOf(stand.log, { onAppended: (changes) => feed.appended(changes) });
    const other = publisherOf((await stand.another()).log, {
      onAppended: (changes) =>
        announce(
          feed,
          changes.map(({ row }) => row),
        ),
    });
    await Promise.all(
      upTo(60).map((n) => publishTo(n % 2 === 0 ? own : other, [{ key: `k${n}` }, { key: `l${n}` }])),
    );
    await feed.reached(120n);
    expect(got.map(({ row }) => row)).toEqual(await stand.all());
  });

  it('hands on every change once and in order, however announcements are lost, repeated and reordered', async () => {
    const cut = fc.record({
      from: fc.nat(19),
      length: fc.integer({ min: 1, max: 8 }),
      withRows: fc.boolean(),
      wait: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 12 }), async (cuts) => {
        const { feed, got, errors } = await follow();
        const rows = await appendElsewhere(20);
        for (const { from, length, withRows, wait } of cuts) {
          const told = rows.slice(from, from + length);
          announce(feed, told, withRows ? told : null);
          if (wait) await feed.reached(told.at(-1)?.position ?? 0n);
        }
        await feed.poll();
        await feed.reached(rows.at(-1)?.position ?? 0n);
        expect(got.map(({ row }) => row)).toEqual(rows);
        expect(errors).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  describe('where the database holds another log now', () => {
    const write = (sql: string): Promise<unknown> => stand.database.write(sql);
    const logId = async (): Promise<string> => (await stand.log.extent()).logId;
    /** What is left of the log in a copy that lags behind by one change. */
    const loseOne = async (): Promise<void> => {
      await write('delete from change where position = 3');
      await write('update log_head set position = 2');
    };
    const grow = (parts: Partial<ChangeRow>): Promise<unknown> =>
      append(stand.log, [parts, { ...parts, id: 'next', key: 'l' }]);

    it.each([
      ['it lost its end', () => Promise.resolve()],
      ['it lost its end, and grew beyond by other changes', () => grow({ id: 'other', key: 'other' })],
      [
        'it lost its end, and the same id came again',
        () => grow({ key: 'k2', recordedAt: 1_700_000_000_001 }),
      ],
      ['it lost its end, and another source has the same id', () => grow({ key: 'k2', source: 'erp' })],
    ])('stands still and says so once: %s', async (_what, then) => {
      await appendElsewhere(3);
      const { feed, got, errors, replaced } = await follow();
      const before = await logId();
      await loseOne();
      await then();
      await feed.poll();
      await feed.poll();
      expect(replaced).toEqual([expect.objectContaining({ name: 'LogReplaced' })]);
      const renewed = await logId();
      expect(renewed).not.toBe(before);
      // A hub that finds it later gives the log no third id.
      const later = await follow();
      await write("update log_head set log_id = 'by hand'");
      await later.feed.poll();
      expect(later.replaced).toHaveLength(1);
      expect(await logId()).toBe('by hand');
      announce(feed, await appendElsewhere(5));
      await feed.poll();
      expect([got, errors]).toEqual([[], []]);
    });

    it('goes on where it was empty, and where only others have written', async () => {
      const { feed, got, replaced } = await follow();
      await feed.poll();
      await appendElsewhere(3);
      await feed.poll();
      await feed.reached(3n);
      await appendElsewhere(1);
      await feed.poll();
      await feed.reached(4n);
      expect([positions(got), replaced]).toEqual([upTo(4), []]);
    });
  });

  it('knows where a subscription starts', async () => {
    const times = [100, 200, 200, 300];
    await append(
      stand.log,
      times.map((recordedAt, i) => ({ key: `k${i}`, recordedAt })),
    );
    const { feed } = await follow();
    const startOf = async (start: Start): Promise<[bigint, bigint | null]> => {
      const { position, snapshotUntil } = await feed.startOf(start, 'cursor');
      return [position, snapshotUntil];
    };
    expect(await startOf({ at: 'EARLIEST' })).toEqual([0n, null]);
    expect(await startOf({ at: 'LATEST' })).toEqual([4n, null]);
    expect(await startOf({ at: 'SNAPSHOT' })).toEqual([0n, 4n]);
    expect(await startOf({ at: 'TIME', time: 200 })).toEqual([1n, null]);
    expect(await startOf({ at: 'TIME', time: 301 })).toEqual([4n, null]);
    expect(await startOf({ at: 'CURSOR', after: 3n })).toEqual([3n, null]);
    const ahead = await rejectionOf(feed.startOf({ at: 'CURSOR', after: 5n }, 'cursor'));
    expect(ahead).toMatchObject({ code: 'CURSOR_AHEAD', details: { path: 'cursor' } });
  });
});
