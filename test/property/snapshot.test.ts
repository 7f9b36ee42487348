import fc from 'fast-check';
import { Change } from '../../src/model/change.js';
import type { ChangeRow } from '../../src/model/change.js';
import { matcher, parseFilter, snapshotMatcher } from '../../src/model/filter.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import { feedOf } from '../contract/support/consumers.js';
import { publisherOf, publishTo, Stand } from '../contract/support/stand.js';
import type { ChangeParts } from '../contract/support/stand.js';
import { databaseKinds } from '../support/databases.js';
import { pointAt } from '../contract/support/parts.js';

const KEYS = ['a', 'b', 'c', 'd'];
const SOURCES = ['crm', 'erp', 'usgs'];
const FIELDS = ['n', 'm'];
/** Filters asked of one history. */
const QUESTIONS = 6;

interface Planned {
  readonly source: string;
  readonly parts: ChangeParts;
}

const source = fc.constantFrom(...SOURCES);
const data = fc.record(
  { n: fc.integer({ min: 0, max: 3 }), m: fc.integer({ min: 0, max: 1 }) },
  { requiredKeys: ['n'] },
);
const planned: fc.Arbitrary<Planned> = fc
  .tuple(source, fc.constantFrom(...KEYS), fc.constantFrom('UPSERT', 'UPSERT', 'PATCH', 'DELETE'), data)
  .map(([from, key, write, fields]) => ({
    source: from,
    parts: { key, write, data: write === 'DELETE' ? undefined : { ...fields } },
  }));

/** A filter of any kind, or of several at once. */
function filterIn(collection: string): fc.Arbitrary<ChangeFilter> {
  const some = (values: readonly string[]): fc.Arbitrary<string[]> =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
  const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
    fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
  const condition = fc.oneof(
    fc.integer({ min: 0, max: 3 }).map((eq) => ({ field: 'n', eq })),
    fc.integer({ min: 0, max: 3 }).map((gte) => ({ field: 'n', gte })),
    fc.boolean().map((exists) => ({ field: 'm', exists })),
    fc.integer({ min: 0, max: 1 }).map((ne) => ({ field: 'm', ne })),
  );
  return fc
    .record({
      keys: maybe(some([...KEYS, 'nobody'])),
      operations: maybe(some(['CREATE', 'UPDATE', 'DELETE'])),
      sources: maybe(some(SOURCES)),
      excludeSources: maybe(some(SOURCES)),
      changedFields: maybe(some([...FIELDS, 'other'])),
      where: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(condition, { maxLength: 2 }) },
      ),
    })
    .map((input) => parseFilter({ ...input, collections: [collection] }, 'filter'));
}

/** What a snapshot as of `until` and the log after it come to, by looking at every change there is. */
function expected(rows: readonly ChangeRow[], until: bigint, filter: ChangeFilter): ChangeRow[] {
  const newest = new Map(rows.filter(({ position }) => position <= until).map((row) => [row.key, row]));
  const [inLog, inSnapshot] = [matcher(filter), snapshotMatcher(filter)];
  return rows.filter((row) => {
    if (row.position > until) return inLog(new Change(row)) !== null;
    return newest.get(row.key) === row && row.operation !== 'DELETE' && inSnapshot(new Change(row)) !== null;
  });
}

describe.each(databaseKinds)('snapshots, whatever happens meanwhile, on $name', (kind) => {
  let stand: Stand;
  let run = 0;
  let delivered = { snapshot: 0, later: 0, moved: 0 };

  beforeAll(async () => {
    stand = await Stand.create(kind);
  });
  afterAll(() => stand.drop());

  const collection = (): string => `of run ${run}`;

  /** Into a collection of this run alone; the calls are recorded in this order, in few transactions. */
  async function publishAll(changes: readonly Planned[]): Promise<void> {
    const publisher = publisherOf(stand.log);
    await Promise.all(
      changes.map(({ source: from, parts }) =>
        publishTo(publisher, [{ ...parts, collection: collection() }], { source: from }),
      ),
    );
  }

  it('hold what the log held when they began, and then the log', async () => {
    const history = fc.record({
      before: fc.array(planned, { minLength: 1, maxLength: 20 }),
      /** Written before each of the first pages. */
      between: fc.array(fc.array(planned, { maxLength: 5 }), { maxLength: 6 }),
      back: fc.nat(10),
      size: fc.integer({ min: 1, max: 5 }),
      tailBytes: fc.constantFrom(0, 1_000_000),
      filters: fc.array(
        fc.nat().chain((seed) => fc.constant(seed)),
        { minLength: QUESTIONS, maxLength: QUESTIONS },
      ),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ before, between, back, size, tailBytes, filters }) => {
        run += 1;
        const earlier = (await stand.log.extent()).head;
        await publishAll(before);
        const { head } = await stand.log.extent();
        // Also a snapshot of a log that had grown on before its first page is read.
        const until = head - BigInt(back) > earlier ? head - BigInt(back) : head;
        const feed = await feedOf(stand, { tailBytes });
        const asked = filters.map((seed) => fc.sample(filterIn(collection()), { numRuns: 1, seed })[0] ?? {});
        const plays = asked.map((filter) => {
          const [inLog, inSnapshot] = [matcher(filter), snapshotMatcher(filter)];
          const playback = feed.play<Change>(
            { ...pointAt(earlier), snapshotUntil: until, notBefore: null },
            {
              rows: { filter, any: null },
              see: (change, mode) => ((mode === 'log' ? inLog : inSnapshot)(change) === null ? null : change),
            },
          );
          return { filter, playback, got: [] as ChangeRow[] };
        });
        const turn = async (): Promise<void> => {
          for (const { playback, got } of plays) {
            if (playback.atHead) continue;
            const from = playback.position;
            const { changes, through: point } = await playback.next(size);
            const through = point.position;
            expect(changes.length).toBeLessThanOrEqual(size);
            expect(through).toBeGreaterThan(from);
            got.push(...changes.map(({ row }) => row));
          }
        };
        for (const changes of between) {
          await publishAll(changes);
          await feed.reached((await stand.log.extent()).head);
          await turn();
        }
        while (plays.some(({ playback }) => !playback.atHead)) await turn();
        await feed.close();
        const { rows } = await stand.log.changes({ after: earlier, limit: 10_000 });
        for (const { filter, got } of plays) {
          const wanted = expected(rows, until, filter);
          expect({ filter, until, got }).toEqual({ filter, until, got: wanted });
          count(rows, until, wanted);
        }
      }),
      { numRuns: 60 },
    );
    // A property of empty snapshots, or of ones that nothing happens to, would prove nothing.
    expect(delivered.snapshot).toBeGreaterThan(100);
    expect(delivered.later).toBeGreaterThan(100);
    expect(delivered.moved).toBeGreaterThan(50);
  });

  beforeEach(() => {
    delivered = { snapshot: 0, later: 0, moved: 0 };
  });

  function count(rows: readonly ChangeRow[], until: bigint, wanted: readonly ChangeRow[]): void {
    const inSnapshot = wanted.filter(({ position }) => position <= until);
    const movedOn = new Set(rows.filter(({ position }) => position > until).map(({ key }) => key));
    delivered.snapshot += inSnapshot.length;
    delivered.later += wanted.length - inSnapshot.length;
    delivered.moved += inSnapshot.filter(({ key }) => movedOn.has(key)).length;
  }
});
