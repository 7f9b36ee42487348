/** Every read is bounded by bytes as well as by rows: what rows hold is not what was sent. */
import { Feed } from '../../src/feed/feed.js';
import { Explorer } from '../../src/explore/explore.js';
import type { ExplorerOptions } from '../../src/explore/explore.js';
import { LEFT_OUT } from '../../src/log/log.js';
import type { Log, Page, SourceKey } from '../../src/log/log.js';
import { systemTimers } from '../../src/model/clock.js';
import { View } from '../../src/view/view.js';
import { databaseKinds } from '../support/databases.js';
import { append, lookingUp } from './support/append.js';
import { Stand } from './support/stand.js';
import { pointAt } from './support/parts.js';

/** Of 100 bytes each. */
const after = (n: number): string => `{"n":"${String(n).padEnd(92, '-')}"}`;

describe.each(databaseKinds)('bounded reads on $name', (kind) => {
  let stand: Stand;
  let log: Log;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    log = stand.log;
  });
  afterEach(() => stand.drop());

  const fill = (count: number, keyOf = (n: number) => `k${n}`): Promise<unknown> =>
    append(
      log,
      Array.from({ length: count }, (_, n) => ({ key: keyOf(n + 1), after: after(n + 1) })),
    );

  async function seen(page: Promise<Page<{ readonly position: bigint }>>): Promise<[number[], boolean]> {
    const { rows, whole } = await page;
    return [rows.map(({ position }) => Number(position)), whole];
  }

  it('cuts a range where the next change would exceed the bytes, and says so', async () => {
    await fill(6);
    const range = { after: 0n, limit: 100 };
    expect(await seen(log.changes({ ...range, maxBytes: 600 }))).toEqual([[1, 2, 3, 4, 5, 6], true]);
    expect(await seen(log.changes({ ...range, maxBytes: 599 }))).toEqual([[1, 2, 3, 4, 5], false]);
    expect(await seen(log.changes({ ...range, maxBytes: 300 }))).toEqual([[1, 2, 3], false]);
    expect(await seen(log.changes({ ...range, maxBytes: 299 }))).toEqual([[1, 2], false]);
    expect(await seen(log.changes({ ...range, maxBytes: 1 }))).toEqual([[1], false]);
    expect(await seen(log.changes({ ...range, maxBytes: 250, fromEnd: true }))).toEqual([[5, 6], false]);
    expect(await seen(log.changes({ ...range, maxBytes: 300, limit: 2 }))).toEqual([[1, 2], false]);
    expect(await seen(log.changes({ ...range, maxBytes: 250, after: 4n }))).toEqual([[5, 6], true]);
    const snapshot = { after: 0n, through: 6n, until: 6n, selection: { filter: {}, any: null }, limit: 100 };
    const { rows, through } = await log.snapshot({ ...snapshot, maxBytes: 250 });
    expect([rows.map(({ position }) => Number(position)), through.position]).toEqual([[1, 2], 2n]);
    const filter = { keys: ['k2', 'k5', 'k6'] };
    expect(await seen(log.changes({ ...range, maxBytes: 200, filter }))).toEqual([[2, 5], false]);
  });

  it('counts what was before, and headers, in bytes', async () => {
    const row = { key: 'k', after: '{"a":"é"}', undo: '{"a":["é"]}', headers: '{"é":1}' };
    await append(log, [row, row, row]);
    const bytes = Buffer.byteLength(row.after + row.undo + row.headers);
    expect(await seen(log.changes({ after: 0n, limit: 9, maxBytes: bytes * 2 }))).toEqual([[1, 2], false]);
    expect(await seen(log.changes({ after: 0n, limit: 9, maxBytes: bytes * 2 - 1 }))).toEqual([[1], false]);
  });

  it('cuts lists of places, histories and entities likewise', async () => {
    await fill(4, () => 'same');
    await fill(3);
    expect(await seen(log.changesAt([5n, 2n, 3n, 99n], 200))).toEqual([[2, 3], false]);
    expect(await seen(log.changesAt([5n, 2n, 3n, 99n], 300))).toEqual([[2, 3, 5], true]);
    expect(await seen(log.history(4n, 10, 250))).toEqual([[4, 3], false]);
    expect(await seen(log.history(4n, 10, 1))).toEqual([[4], false]);
    expect(await seen(log.history(4n, 10, 400))).toEqual([[4, 3, 2, 1], true]);
    expect(await seen(log.history(4n, 4, 400))).toEqual([[4, 3, 2, 1], false]);
    const range = { collection: 'quakes', where: [], afterKey: null, limit: 10 };
    expect(await seen(log.entities({ ...range, maxBytes: 250 }))).toEqual([[5, 6], false]);
    expect(await seen(log.entities({ ...range, maxBytes: 250, afterKey: 'k2' }))).toEqual([[7, 4], true]);
  });

  it('leaves out of an append what exceeds its bytes, in the order in which it was asked for', async () => {
    await fill(4);
    const quake = (n: number): { collection: string; key: string } => ({
      collection: 'quakes',
      key: `k${n}`,
    });
    const id = (n: number): SourceKey => ({ source: 'crm', sourceId: `id-${n}` });
    const look = async (maxBytes: number): Promise<unknown[][]> => {
      const lookup = lookingUp({
        entities: [3, 9, 1, 2].map(quake),
        sourceIds: [4, 9, 1, 2].map(id),
        maxBytes,
      });
      const { value } = await log.append(lookup, (view) => ({ changes: [], value: view }));
      const entities = [3, 9, 1, 2].map((n) => value.entity('quakes', `k${n}`));
      const rows = [4, 9, 1, 2].map((n) => value.recorded('crm', `id-${n}`));
      return [entities, rows].map((list) => list.map((one) => (one === LEFT_OUT ? one : one?.position)));
    };
    expect(await look(400)).toEqual([
      [3n, undefined, 1n, 2n],
      [4n, undefined, 1n, 2n],
    ]);
    expect(await look(299)).toEqual([
      [3n, undefined, 1n, LEFT_OUT],
      [4n, undefined, 1n, LEFT_OUT],
    ]);
    expect(await look(1)).toEqual([
      [3n, undefined, LEFT_OUT, LEFT_OUT],
      [4n, undefined, LEFT_OUT, LEFT_OUT],
    ]);
  });

  describe('of changes of a MiB', () => {
    const MIB = 1_024 * 1_024;
    const COUNT = 12;
    const all = Array.from({ length: COUNT }, (_, i) => BigInt(i + 1));

    beforeEach(() =>
      append(
        log,
        all.map((n) => ({ key: `k${n}`, after: `{"n":"${'x'.repeat(MIB)}"}` })),
      ),
    );

    it('are played back whole and in order, in short pages', async () => {
      const onError = (error: unknown): void => {
        throw error;
      };
      const onActions = (): Promise<void> => Promise.resolve();
      const timers = systemTimers;
      const options = {
        log,
        pollMs: 60_000_000,
        tailBytes: 0,
        timers,
        onActions,
        onFollowed: () => undefined,
        onError,
        onReplaced: onError,
      };
      const feed = await Feed.open(options);
      const filters = [{}, { where: [{ field: 'n', exists: true }] }];
      for (const snapshotUntil of [null, BigInt(COUNT)]) {
        for (const filter of filters) {
          const playback = feed.play(
            { ...pointAt(0n), snapshotUntil, notBefore: null },
            View.of().lens(filter),
          );
          const pages: bigint[][] = [];
          while (!playback.atHead) {
            const { changes } = await playback.next(1_000);
            pages.push(changes.map(({ position }) => position));
          }
          expect(pages.flat()).toEqual(all);
          expect(pages.length).toBeGreaterThan(1);
        }
      }
      await feed.close();
    });

    it('are listed in short pages that say that there is more', async () => {
      const explorer = new Explorer({ log } as unknown as ExplorerOptions);
      const view = View.of();
      const keys: string[] = [];
      let cursor: string | null = null;
      let pages = 0;
      for (let more = true; more; pages += 1) {
        const args = { filter: {}, before: null, last: null };
        const page = await explorer.changes(view, { ...args, after: cursor, first: 1_000 });
        keys.push(...page.nodes.map(({ key }) => key));
        cursor = page.pageInfo.endCursor;
        more = await page.pageInfo.hasNextPage();
      }
      expect(keys).toEqual(all.map((n) => `k${n}`));
      expect(pages).toBeGreaterThan(1);
      const last = await explorer.changes(view, {
        filter: {},
        after: null,
        first: null,
        before: null,
        last: 1_000,
      });
      expect(last.nodes.at(-1)?.position).toBe(BigInt(COUNT));
      expect([await last.pageInfo.hasPreviousPage(), last.nodes.length < COUNT]).toEqual([true, true]);
      const range = { collection: 'quakes', where: [], first: 1_000, atLeast: null };
      const entities = await explorer.entities(view, { ...range, after: null });
      const others = await explorer.entities(view, { ...range, after: entities.pageInfo.endCursor });
      expect(await entities.pageInfo.hasNextPage()).toBe(true);
      expect(entities.nodes.length + others.nodes.length).toBe(COUNT);
    });
  });
});
