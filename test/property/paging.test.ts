import fc from 'fast-check';
import type { Consumers } from '../../src/ack/ack.js';
import { Explorer } from '../../src/explore/explore.js';
import { Change } from '../../src/model/change.js';
import { noNotes } from '../../src/model/notes.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import type { Connection } from '../../src/model/page.js';
import { compareText } from '../../src/model/json.js';
import { Retry } from '../../src/retry/retry.js';
import { View } from '../../src/view/view.js';
import type { VisibleChange } from '../../src/view/view.js';
import { consumersOf } from '../contract/support/consumers.js';
import { publisherOf, publishTo, Stand } from '../contract/support/stand.js';
import { databaseKinds } from '../support/databases.js';
import { rightsTo } from '../support/rights.js';

const CHANGES = 120;
const KEYS = ['a', 'A', 'ä', 'é', 'z', '\uffff', '😀', '10', '9', 'ab', 'a b', '_'];
/** Filters that select all, most, few and none. */
const FILTERS: readonly ChangeFilter[] = [
  ...[{}, { operations: ['UPDATE'] as const }, { keys: ['a', '😀'] }, { collections: ['none'] }],
  { where: [{ field: 'n', gte: 50, lt: 70 }] },
];
const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });

const everything = View.of();
/** Of three changes of an entity the caller sees the state after one. */
const COMING_AND_GOING = Array.from({ length: CHANGES }, (_, n) => n).filter(
  (n) => Math.floor(n / KEYS.length) % 3 === 0,
);
/** Views of some rows, and of some fields: pages read on over what they leave out. */
const VIEWS = [
  everything,
  View.of(rightsTo({ quakes: { where: [{ field: 'n', in: COMING_AND_GOING }] } })),
  View.of(rightsTo({ quakes: { hide: new Set(['n']) } }, false)),
];

type Args = Parameters<Explorer['changes']>[1];
const page = (filter: ChangeFilter, parts: Partial<Args>): Args => ({
  ...{ filter, after: null, first: null, before: null, last: null },
  ...parts,
});

/** Sizes taken in turn, again and again; more pages than there are changes would never end. */
function sizeAt(list: readonly number[], turn: number): number {
  if (turn > CHANGES) throw new Error('there is no end to the pages');
  return list[turn % list.length] ?? 1;
}

describe.each(databaseKinds)('pages, whatever their sizes, on $name', (kind) => {
  let stand: Stand;
  let explorer: Explorer;
  let consumers: Consumers;

  beforeAll(async () => {
    stand = await Stand.create(kind);
    const publisher = publisherOf(stand.log);
    for (let n = 0; n < CHANGES; n += 1) {
      const parts = n % 17 === 16 ? { write: 'DELETE' as const } : { data: { n } };
      await publishTo(publisher, [{ key: KEYS[n % KEYS.length] ?? 'a', ...parts }]);
    }
    const { database } = stand;
    consumers = consumersOf(stand);
    const retry = new Retry({
      database,
      consumers,
      backoff: { firstMs: 1_000, longestMs: 60_000 },
      log: stand.log,
      pointOf: (cursor, place) => stand.log.points.of(cursor, place),
      chance: () => 0,
      notes: noNotes,
    });
    const about = { version: '0', startedAt: 0, database: database.name, signal: 'in-process' };
    explorer = new Explorer({ log: stand.log, consumers, retry, about: () => about });
  });
  afterAll(async () => {
    await consumers.close();
    await stand.drop();
  });

  const positionsOf = (connection: Connection<VisibleChange>): bigint[] =>
    connection.nodes.map(({ position }) => position);

  /** The places of every change that the view sees through a filter, in log order. */
  async function seenBy(view: View, filter: ChangeFilter): Promise<bigint[]> {
    const lens = view.lens(filter);
    const rows = await stand.all();
    return rows.filter((row) => lens.see(new Change(row), 'log')).map(({ position }) => position);
  }

  async function forwards(view: View, filter: ChangeFilter, list: readonly number[]): Promise<bigint[]> {
    const positions: bigint[] = [];
    let after: string | null = null;
    for (let turn = 0; ; turn += 1) {
      const first = sizeAt(list, turn);
      const connection: Connection<VisibleChange> = await explorer.changes(
        view,
        page(filter, { first, after }),
      );
      positions.push(...positionsOf(connection));
      expect(await connection.pageInfo.hasPreviousPage()).toBe(turn > 0 && positions.length > 0);
      if (!(await connection.pageInfo.hasNextPage())) return positions;
      expect(connection.nodes).toHaveLength(first);
      after = connection.pageInfo.endCursor;
    }
  }

  async function backwards(view: View, filter: ChangeFilter, list: readonly number[]): Promise<bigint[]> {
    const positions: bigint[] = [];
    let before: string | null = null;
    for (let turn = 0; ; turn += 1) {
      const last = sizeAt(list, turn);
      const connection: Connection<VisibleChange> = await explorer.changes(
        view,
        page(filter, { last, before }),
      );
      positions.unshift(...positionsOf(connection));
      expect(await connection.pageInfo.hasNextPage()).toBe(turn > 0 && positions.length > 0);
      if (!(await connection.pageInfo.hasPreviousPage())) return positions;
      expect(connection.nodes).toHaveLength(last);
      before = connection.pageInfo.startCursor;
    }
  }

  it('of the log make up one read of it, forwards and backwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...VIEWS),
        fc.constantFrom(...FILTERS),
        sizes,
        async (view, filter, list) => {
          const whole = positionsOf(await explorer.changes(view, page(filter, { first: 1_000 })));
          expect(whole).toEqual(await seenBy(view, filter));
          expect(await forwards(view, filter, list)).toEqual(whole);
          expect(await backwards(view, filter, list)).toEqual(whole);
        },
      ),
      { numRuns: 40 },
    );
    // The reads that they are compared with are of something.
    const counts = await Promise.all(
      FILTERS.map(
        async (filter) => (await explorer.changes(everything, page(filter, { first: 1_000 }))).nodes.length,
      ),
    );
    expect(counts[0]).toBe((await stand.all()).length);
    expect(counts.filter((count) => count > 0 && count < CHANGES - 20).length).toBeGreaterThanOrEqual(2);
  });

  it('between two cursors make up what lies between them, whichever way', async () => {
    const all = positionsOf(await explorer.changes(everything, page({}, { first: 1_000 })));
    const place = fc.integer({ min: 0, max: all.length });
    await fc.assert(
      fc.asyncProperty(place, place, fc.integer({ min: 0, max: 50 }), async (from, to, size) => {
        const after = stand.log.cursors.encode(await stand.log.points.at(BigInt(from)));
        const before = stand.log.cursors.encode(await stand.log.points.at(BigInt(to)));
        const between = all.filter((position) => position > BigInt(from) && position < BigInt(to));
        const first = await explorer.changes(everything, page({}, { after, before, first: size }));
        expect(positionsOf(first)).toEqual(between.slice(0, size));
        expect(await first.pageInfo.hasNextPage()).toBe(between.length > size);
        const last = await explorer.changes(everything, page({}, { after, before, last: size }));
        expect(positionsOf(last)).toEqual(size === 0 ? [] : between.slice(-size));
        expect(await last.pageInfo.hasPreviousPage()).toBe(between.length > size);
      }),
      { numRuns: 60 },
    );
  });

  it("of entities make up all of them, in the order of their keys' code points", async () => {
    const args = { collection: 'quakes', where: [], atLeast: null };
    const whole = (await explorer.entities(everything, { ...args, first: 1_000, after: null })).nodes.map(
      ({ key }) => key,
    );
    expect(whole.length).toBeGreaterThan(8);
    expect(whole).toEqual([...whole].sort(compareText));
    await fc.assert(
      fc.asyncProperty(sizes, async (list) => {
        const keys: string[] = [];
        let after: string | null = null;
        for (let turn = 0; ; turn += 1) {
          const connection = await explorer.entities(everything, {
            ...args,
            first: sizeAt(list, turn),
            after,
          });
          keys.push(...connection.nodes.map(({ key }) => key));
          if (!(await connection.pageInfo.hasNextPage())) break;
          after = connection.pageInfo.endCursor;
        }
        expect(keys).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it("of an entity's history make up its changes, newest first", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...VIEWS), sizes, async (view, list) => {
        const entity = await explorer.entity(view, 'quakes', '😀', null);
        if (!entity) throw new Error('there is no entity to look at');
        const positions: bigint[] = [];
        let after: string | null = null;
        for (let turn = 0; ; turn += 1) {
          const connection = await explorer.history(view, entity, sizeAt(list, turn), after);
          positions.push(...positionsOf(connection));
          if (!(await connection.pageInfo.hasNextPage())) break;
          after = connection.pageInfo.endCursor;
        }
        const its = await seenBy(view, { keys: ['😀'] });
        expect(its.length).toBeGreaterThan(0);
        expect(positions).toEqual([...its].reverse());
      }),
      { numRuns: 20 },
    );
  });
});
