import fc from 'fast-check';
import { Change } from '../../src/model/change.js';
import type { ChangeRow } from '../../src/model/change.js';
import { allHold, parseConditions } from '../../src/model/condition.js';
import { parseFilter } from '../../src/model/filter.js';
import type { JsonObject } from '../../src/model/json.js';
import type { FilterMode } from '../../src/model/selection.js';
import { View } from '../../src/view/view.js';
import type { Lens, VisibleChange } from '../../src/view/view.js';
import { Stand } from '../contract/support/stand.js';
import { databaseKinds } from '../support/databases.js';
import { COLLECTIONS, conditionOn, filterOn, plannedChanges } from './support/filters.js';
import { recordPlanned } from './support/record-planned.js';
import { rightsOn } from './support/rights.js';

const QUESTIONS = 20;
const RUNS = { numRuns: 30 };

/** Questions depend on the data, so that most paths lead somewhere: a second draw, made of one of the first. */
const seeded = fc.tuple(plannedChanges, fc.integer());
const draw = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T[] =>
  fc.sample(arbitrary, { numRuns: QUESTIONS, seed });

const documentsOf = (rows: readonly ChangeRow[]): JsonObject[] =>
  rows
    .map((row) => new Change(row))
    .flatMap(({ before, after }) => [before, after].filter((one) => one !== null));

const nameOf = ({ collection, key }: { readonly collection: string; readonly key: string }): string =>
  JSON.stringify([collection, key]);

describe.each(databaseKinds)('views, whatever the data and the rights, on $name', (kind) => {
  let stand: Stand;
  let run = 0;
  let some = 0;
  const inRun = (collection = ''): string => `${collection} ${run}`;

  beforeAll(async () => {
    stand = await Stand.create(kind);
  });
  beforeEach(() => {
    some = 0;
  });
  afterAll(() => stand.drop());

  async function record(
    planned: Parameters<typeof recordPlanned>[1],
  ): Promise<{ rows: readonly ChangeRow[]; after: bigint }> {
    run += 1;
    return recordPlanned(stand.log, planned, inRun);
  }

  /** The rows that are looked at in a mode: all, or of each live entity its newest. */
  function candidates(rows: readonly ChangeRow[], mode: FilterMode): ChangeRow[] {
    if (mode === 'log') return [...rows];
    const newest = new Map(rows.map((row) => [nameOf(row), row]));
    return rows.filter((row) => newest.get(nameOf(row)) === row && row.after !== null);
  }

  const isSeen = (lens: Lens, row: ChangeRow, mode: FilterMode): boolean =>
    lens.see(new Change(row), mode) !== null;

  async function selected(lens: Lens, after: bigint, mode: FilterMode): Promise<readonly ChangeRow[]> {
    if (mode === 'log') return (await stand.log.changes({ after, ...lens.rows, limit: 10_000 })).rows;
    const { head } = await stand.log.extent();
    const range = { after, through: head, until: head, selection: lens.rows, limit: 10_000 };
    return (await stand.log.snapshot(range)).rows;
  }

  it('get from SQL whatever they see', async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([planned, seed]) => {
        const { rows, after } = await record(planned);
        const documents = documentsOf(rows);
        const questions = fc.tuple(filterOn(documents, inRun), rightsOn(documents, inRun, { hides: true }));
        for (const [input, rights] of draw(questions, seed)) {
          const lens = View.of(rights).lens(parseFilter(input, 'filter'));
          for (const mode of ['log', 'snapshot'] as const) {
            const inMemory = candidates(rows, mode).filter((row) => isSeen(lens, row, mode));
            const inSql = (await selected(lens, after, mode)).filter((row) => isSeen(lens, row, mode));
            expect({ key: lens.key, mode, sees: inSql }).toEqual({ key: lens.key, mode, sees: inMemory });
            if (inMemory.length > 0) some += 1;
          }
        }
      }),
      RUNS,
    );
    expect(some).toBeGreaterThan(60);
  });

  it('get from SQL nothing else where no field is hidden and no filter given', async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([planned, seed]) => {
        const { rows, after } = await record(planned);
        for (const rights of draw(rightsOn(documentsOf(rows), inRun, { hides: false }), seed)) {
          const lens = View.of(rights).lens({});
          for (const mode of ['log', 'snapshot'] as const) {
            const inMemory = candidates(rows, mode).filter((row) => isSeen(lens, row, mode));
            const inSql = await selected(lens, after, mode);
            expect({ key: lens.key, mode, sees: inSql }).toEqual({ key: lens.key, mode, sees: inMemory });
            if (inMemory.length > 0 && inMemory.length < rows.length) some += 1;
          }
        }
      }),
      RUNS,
    );
    expect(some).toBeGreaterThan(60);
  });

  it('find the entities that they see, by what is seen of them', async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([planned, seed]) => {
        const { rows } = await record(planned);
        const documents = documentsOf(rows);
        const questions = fc.tuple(
          fc.array(conditionOn(documents), { maxLength: 2 }),
          rightsOn(documents, inRun, { hides: true }),
          fc.constantFrom(...COLLECTIONS.map(inRun)),
        );
        const range = { afterKey: null, limit: 1_000 };
        for (const [input, rights, collection] of draw(questions, seed)) {
          const view = View.of(rights);
          const where = parseConditions(input, 'where');
          const { rows: all } = await stand.log.entities({ collection, where: [], ...range });
          const inMemory = all.filter((entity) => {
            const data = view.entity(entity)?.data;
            return data !== undefined && allHold(where, data);
          });
          const conditions = view.entityConditions(collection, where);
          const inSql = conditions
            ? (await stand.log.entities({ collection, where: conditions, ...range })).rows
            : [];
          expect({ key: view.key, where, sees: inSql }).toEqual({ key: view.key, where, sees: inMemory });
          if (inMemory.length > 0) some += 1;
        }
      }),
      RUNS,
    );
    expect(some).toBeGreaterThan(60);
  });

  it('let a caller keep a copy that is what it sees of the entities', async () => {
    await fc.assert(
      fc.asyncProperty(seeded, async ([planned, seed]) => {
        const { rows } = await record(planned);
        const documents = documentsOf(rows);
        const questions = fc.tuple(
          fc.array(conditionOn(documents), { maxLength: 1 }),
          rightsOn(documents, inRun, { hides: true }),
        );
        for (const [input, rights] of draw(questions, seed)) {
          const view = View.of(rights);
          const where = parseConditions(input, 'where');
          const lens = view.lens(where.length > 0 ? { where } : {});
          const copy = copyOf(rows.flatMap((row) => lens.see(new Change(row), 'log') ?? []));
          expect({ key: lens.key, copy }).toEqual({ key: lens.key, copy: await visibleNow(view, where) });
          if (copy.size > 0) some += 1;
        }
      }),
      RUNS,
    );
    expect(some).toBeGreaterThan(60);
  });

  /** Every entity of this run that the caller sees and that the conditions hold on. */
  async function visibleNow(
    view: View,
    where: ReturnType<typeof parseConditions>,
  ): Promise<Map<string, JsonObject>> {
    const found = new Map<string, JsonObject>();
    for (const collection of COLLECTIONS.map(inRun)) {
      const range = { collection, where: [], afterKey: null, limit: 1_000 };
      for (const entity of (await stand.log.entities(range)).rows) {
        const data = view.entity(entity)?.data;
        if (data && allHold(where, data)) found.set(nameOf(entity), data);
      }
    }
    return found;
  }

  /** A copy as a consumer keeps it: it drops what LEFT or was deleted, and keeps what is there after the change. */
  function copyOf(changes: readonly VisibleChange[]): Map<string, JsonObject> {
    const copy = new Map<string, JsonObject>();
    for (const change of changes) {
      const name = nameOf(change);
      if (change.scope !== 'ENTERED' && change.before !== null) expect(change.before).toEqual(copy.get(name));
      if (change.scope === 'LEFT' || change.after === null) copy.delete(name);
      else copy.set(name, change.after);
    }
    return copy;
  }
});
