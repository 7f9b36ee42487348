import fc from 'fast-check';
import { Change } from '../../src/model/change.js';
import type { ChangeRow } from '../../src/model/change.js';
import { allHold, parseConditions } from '../../src/model/condition.js';
import { matcher, parseFilter, snapshotMatcher } from '../../src/model/filter.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import type { JsonObject } from '../../src/model/json.js';
import { Stand } from '../contract/support/stand.js';
import { databaseKinds } from '../support/databases.js';
import { COLLECTIONS, conditionOn, filterOn, plannedChanges } from './support/filters.js';
import type { PlannedChange } from './support/filters.js';
import { recordPlanned } from './support/record-planned.js';

const QUESTIONS = 30;

/** Questions depend on the data, so that most paths lead somewhere: a second draw, made of one of the first. */
const seeded = fc.tuple(plannedChanges, fc.integer());
const draw = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T[] =>
  fc.sample(arbitrary, { numRuns: QUESTIONS, seed });

/** One property, two answers: what memory selects and what SQL selects. */
describe.each(databaseKinds)('filters, whatever the data, on $name', (kind) => {
  let stand: Stand;
  let run = 0;
  const inRun = (collection = ''): string => `${collection} ${run}`;
  let selected = { some: 0, none: 0, all: 0 };

  beforeAll(async () => {
    stand = await Stand.create(kind);
  });
  beforeEach(() => {
    selected = { some: 0, none: 0, all: 0 };
  });
  afterAll(() => stand.drop());

  /** Into collections of this run alone: what an earlier run left there must not bear on it, or shrinking would be lost. */
  async function publishAll(
    planned: readonly PlannedChange[],
  ): Promise<{ rows: readonly ChangeRow[]; after: bigint }> {
    run += 1;
    return recordPlanned(stand.log, planned, inRun);
  }

  function count(chosen: number, of: number): void {
    selected[chosen === 0 ? 'none' : chosen === of ? 'all' : 'some'] += 1;
  }

  /** A snapshot: of each entity that lives its newest change alone, on which the present state decides. */
  async function expectSameSnapshot(
    filter: ChangeFilter,
    rows: readonly ChangeRow[],
    after: bigint,
  ): Promise<void> {
    const newest = new Map(rows.map((row) => [`${row.collection}\0${row.key}`, row]));
    const matches = snapshotMatcher(filter);
    const inMemory = rows.filter(
      (row) =>
        newest.get(`${row.collection}\0${row.key}`) === row &&
        row.after !== null &&
        matches(new Change(row)) !== null,
    );
    const until = rows.at(-1)?.position ?? after;
    const selection = { filter, any: null };
    const inSql = await stand.log.snapshot({ after, through: until, until, selection, limit: 10_000 });
    expect({ filter, snapshot: inSql.rows }).toEqual({ filter, snapshot: inMemory });
    expect(inSql.through.position).toBe(until);
  }

  it('select the same changes in memory and in SQL', async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([planned, seed]) => {
        const { rows, after } = await publishAll(planned);
        const changes = rows.map((row) => new Change(row));
        const documents = changes.flatMap(({ before, after: now }) =>
          [before, now].filter((one) => one !== null),
        );
        for (const input of draw(filterOn(documents, inRun), seed)) {
          const filter = parseFilter(input, 'filter');
          const inMemory = rows.filter((row) => matcher(filter)(new Change(row)) !== null);
          const { rows: inSql } = await stand.log.changes({ after, filter, limit: 10_000 });
          expect({ filter, selects: inSql }).toEqual({ filter, selects: inMemory });
          count(inMemory.length, changes.length);
          await expectSameSnapshot(filter, rows, after);
        }
      }),
      { numRuns: 60 },
    );
    // A property that only ever selects nothing would prove nothing.
    expect(selected.some).toBeGreaterThan(300);
  });

  it('survive being stored as JSON, as a consumer keeps its own', () => {
    fc.assert(
      fc.property(filterOn([], inRun), (input) => {
        const filter = parseFilter(input, 'filter');
        const stored = JSON.parse(JSON.stringify(filter)) as typeof filter;
        expect(JSON.stringify(stored)).toBe(JSON.stringify(filter));
        expect(JSON.stringify(parseFilter({ ...stored }, 'filter'))).toBe(JSON.stringify(filter));
      }),
    );
  });

  it('on entities hold in memory where they hold in SQL', async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([planned, seed]) => {
        await publishAll(planned);
        for (const collection of COLLECTIONS.map(inRun)) {
          const { rows: entities } = await stand.log.entities({
            collection,
            where: [],
            afterKey: null,
            limit: 1_000,
          });
          const data: JsonObject[] = entities.map((entity) => entity.data);
          for (const input of draw(fc.array(conditionOn(data), { minLength: 1, maxLength: 2 }), seed)) {
            const where = parseConditions(input, 'where');
            const inMemory = entities.filter((entity) => allHold(where, entity.data)).map(({ key }) => key);
            const { rows: inSql } = await stand.log.entities({
              collection,
              where,
              afterKey: null,
              limit: 1_000,
            });
            expect({ where, keys: inSql.map(({ key }) => key) }).toEqual({ where, keys: inMemory });
            count(inMemory.length, entities.length);
          }
        }
      }),
      { numRuns: 60 },
    );
    expect(selected.some).toBeGreaterThan(300);
  });
});
