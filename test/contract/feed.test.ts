import fc from 'fast-check';
import type { Feed } from '../../src/feed/feed.js';
import { Change } from '../../src/model/change.js';
import type { ChangeRow } from '../../src/model/change.js';
import type { Start } from '../../src/model/consumer.js';
import { databaseKinds } from '../support/databases.js';
import { eventually } from '../support/wait.js';
import { append } from './support/append.js';
import { feedOf, NEVER_MS } from './support/consumers.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';

/** A feed, what its listener got and what it was told of failures. */
interface Following {
  readonly feed: Feed;
  readonly got: Change[];
  readonly errors: unknown[];
  readonly replaced: Error[];
}

describe.each(databaseKinds)('the feed on $name', (kind) => {
  let stand: Stand;

  beforeEach(async () => {
    stand = await Stand.create(kind);
  });
  afterEach(async () => {
    await stand.drop();
  });

  async function follow({ pollMs = NEVER_MS } = {}): Promise<Following> {
    const errors: unknown[] = [];
    const got: Change[] = [];
    const replaced: Error[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const onReplaced = (error: Error): void => void replaced.push(error);
    const feed = await feedOf(stand, { pollMs, onError, onReplaced });
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

  const announce = (feed: Feed, rows: readonly ChangeRow[]): void => {
    const last = rows.at(-1);
    if (!last) throw new Error('nothing to announce');
    feed.announced({ kind: 'appended', to: last.position });
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
    const publisher = publisherOf(stand.log, {
      onAppended: (changes, actions) => feed.appended(changes, actions),
    });
    for (const key of ['a', 'b', 'c']) {
      const { end } = await publishTo(publisher, [{ key }, { key: `${key}2` }]);
      // Before the call was answered.
      expect([feed.head, got.length]).toEqual([end.position, Number(end.position)]);
    }
    expect(got.map(({ row }) => row)).toEqual(await stand.all());
    expect(positions(feed.tail.after(0n, 100))).toEqual(upTo(6));
  });

  it('reads what is announced, and hands on nothing before', async () => {
    const { feed, got, errors } = await follow();
    const rows = await appendElsewhere(5);
    announce(feed, rows.slice(0, 2));
    expect(got).toEqual([]);
    await feed.reached(2n);
    await feed.reached(5n);
    expect(got.map(({ row }) => row)).toEqual(rows);
    expect(errors).toEqual([]);
  });

  it.each<[string, Parameters<Feed['announced']>[0]]>([
    ['a position far beyond the end', { kind: 'appended', to: 2n ** 63n - 1n }],
    ['the position after the end', { kind: 'appended', to: 3n }],
    ['a position before the first', { kind: 'appended', to: -1n }],
    ['an operator action that nobody recorded', { kind: 'action' }],
  ])('takes no harm where what is announced is forged: %s', async (_what, forged) => {
    const { feed, got, errors } = await follow();
    const rows = await appendElsewhere(2);
    const reads = jest.spyOn(stand.log, 'following');
    for (let i = 0; i < 10; i += 1) feed.announced(forged);
    announce(feed, rows);
    await feed.reached(2n);
    for (let i = 0; i < 10; i += 1) feed.announced(forged);
    const more = await appendElsewhere(2);
    announce(feed, more);
    await feed.reached(4n);
    // It does not go on to look for what is not there.
    await eventually(
      async () => {
        const before = reads.mock.calls.length;
        await stand.log.extent();
        return reads.mock.calls.length === before;
      },
      { what: 'the feed to be at rest' },
    );
    expect(reads.mock.calls.length).toBeLessThanOrEqual(10);
    expect(got.map(({ row }) => row)).toEqual([...rows, ...more]);
    expect([errors, feed.head]).toEqual([[], 4n]);
    expect(await rejectionOf(feed.reached(9n))).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await appendElsewhere(1);
    await feed.poll();
    await feed.reached(5n);
    expect(positions(got)).toEqual(upTo(5));
  });

  it.each<[string, (feed: Feed, changes: readonly Change[]) => unknown]>([
    ["this hub's own commit", (feed, changes) => feed.appended(changes, 0n)],
    ['a poll', (feed) => feed.poll()],
    ['a session that waits', (feed) => void feed.reached(1n).catch(() => undefined)],
  ])('takes a read that is older than what it is told for no failure: %s', async (_what, tell) => {
    const { feed, got, errors } = await follow();
    const read = stand.log.following.bind(stand.log);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    jest.spyOn(stand.log, 'following').mockImplementationOnce(async (...args) => {
      const nothing = await read(...args);
      await answered;
      return nothing;
    });
    // A read begins while the log is empty, and its answer comes after the next commit.
    feed.announced({ kind: 'action' });
    const rows = await appendElsewhere(1);
    await tell(
      feed,
      rows.map((row) => new Change(row)),
    );
    answer();
    await feed.reached(1n);
    expect(got.map(({ row }) => row)).toEqual(rows);
    expect(errors).toEqual([]);
  });

  it('hands on nothing twice where announcements repeat or lag behind', async () => {
    const { feed, got } = await follow();
    const rows = await appendElsewhere(6);
    announce(feed, rows.slice(0, 3));
    announce(feed, rows.slice(0, 3));
    await feed.reached(3n);
    announce(feed, rows.slice(1, 2));
    announce(feed, rows.slice(1, 5));
    await feed.reached(5n);
    announce(feed, rows.slice(0, 6));
    await feed.reached(6n);
    expect(positions(got)).toEqual(upTo(6));
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
    const own = publisherOf(stand.log, { onAppended: (changes, actions) => feed.appended(changes, actions) });
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
      wait: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 12 }), async (cuts) => {
        const { feed, got, errors } = await follow();
        const rows = await appendElsewhere(20);
        for (const { from, length, wait } of cuts) {
          const told = rows.slice(from, from + length);
          announce(feed, told);
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
      append(stand.log, [parts, { ...parts, sourceId: 'next', key: 'l' }]);

    it.each([
      ['it lost its end', () => Promise.resolve()],
      ['it lost its end, and grew beyond by other changes', () => grow({ sourceId: 'other', key: 'other' })],
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

    it('is known by a commit of its own that it had not handed on yet', async () => {
      const { feed, got, replaced } = await follow();
      await appendElsewhere(1);
      const own = await appendElsewhere(1);
      await stand.database.write('delete from change where position = 2');
      await stand.database.write('update log_head set position = 1');
      feed.appended(
        own.map((row) => new Change(row)),
        0n,
      );
      await eventually(() => got.length === 1, { what: 'the change before it' });
      await feed.poll();
      expect(replaced).toEqual([expect.objectContaining({ name: 'LogReplaced' })]);
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
    const pointOf = async (start: Start): Promise<[bigint, bigint | null]> => {
      const { position, snapshotUntil } = await feed.startPoint(start);
      return [position, snapshotUntil];
    };
    expect(await pointOf({ at: 'EARLIEST' })).toEqual([0n, null]);
    expect(await pointOf({ at: 'LATEST' })).toEqual([4n, null]);
    expect(await pointOf({ at: 'SNAPSHOT' })).toEqual([0n, 4n]);
    expect(await pointOf({ at: 'TIME', time: 200 })).toEqual([1n, null]);
    expect(await pointOf({ at: 'TIME', time: 301 })).toEqual([4n, null]);
    expect(await pointOf({ at: 'CURSOR', after: unmarked(3n) })).toEqual([3n, null]);
    const ahead = await rejectionOf(feed.startPoint({ at: 'CURSOR', after: unmarked(5n) }));
    expect(ahead).toMatchObject({ code: 'CURSOR_AHEAD', details: { path: 'cursor' } });
  });
});
