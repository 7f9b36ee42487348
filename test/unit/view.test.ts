import type { ChangeRow } from '../../src/model/change.js';
import type { Conflict } from '../../src/model/conflict.js';
import type { Rejection } from '../../src/model/dead-letter.js';
import type { Entity } from '../../src/model/entity.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import { View } from '../../src/view/view.js';
import type { VisibleChange, VisibleConflict, VisibleEntity } from '../../src/view/view.js';
import { changeAt } from '../contract/support/parts.js';
import { rightsTo } from '../support/rights.js';

/** Sees tickets of the region EU, without who reported them. */
const view = View.of(
  rightsTo({ tickets: { where: [{ field: 'region', eq: 'EU' }], hide: new Set(['reporter']) } }),
);
const everything = View.of();

/** A change of a ticket between two states; null: it is not live. */
function ticket(before: object | null, after: object | null, parts: Partial<ChangeRow> = {}) {
  const undo = before && Object.fromEntries(undoBetween(before, after ?? {}));
  return changeAt(7n, {
    collection: 'tickets',
    key: 't1',
    operation: before === null ? 'CREATE' : after === null ? 'DELETE' : 'UPDATE',
    after: after && JSON.stringify(after),
    undo: undo && JSON.stringify(undo),
    headers: '{"trace":"x"}',
    ...parts,
  });
}

function undoBetween(before: object, after: object): [string, unknown[]][] {
  const [was, is] = [new Map<string, unknown>(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((name) => was.get(name) !== is.get(name))
    .map((name) => [name, was.has(name) ? [was.get(name)] : []]);
}

/** What a caller gets of a change, in one line. */
const seen = (change: VisibleChange | null): string | null =>
  change &&
  JSON.stringify([change.operation, change.scope, change.before, change.after, change.changedFields]);

const line = (...parts: unknown[]): string => JSON.stringify(parts);
const EU = { region: 'EU', reporter: 'ann', n: 1 };
const US = { region: 'US', reporter: 'ann', n: 1 };
const SHOWN = { region: 'EU', n: 1 };
const GONE = line('DELETE', 'LEFT', null, null, []);

describe('a view', () => {
  it.each<[string, object | null, object | null, string | null]>([
    ['a new entity', null, EU, line('CREATE', 'ENTERED', null, SHOWN, ['region', 'n'])],
    ['an entity that comes in', US, EU, line('CREATE', 'ENTERED', null, SHOWN, ['region', 'n'])],
    [
      'an entity that stays in',
      EU,
      { ...EU, n: 2 },
      line('UPDATE', 'WITHIN', SHOWN, { ...SHOWN, n: 2 }, ['n']),
    ],
    ['an entity that goes out', EU, US, GONE],
    ['a deleted entity', EU, null, line('DELETE', 'LEFT', SHOWN, null, ['region', 'n'])],
    ['an entity that is outside', US, { ...US, n: 2 }, null],
    ['a new entity outside', null, US, null],
    ['a deleted entity outside', US, null, null],
    ['a change of a hidden field only', EU, { ...EU, reporter: 'bob' }, null],
  ])('of rights to some rows and fields shows %s as it is there', (_what, before, after, expected) => {
    expect(seen(view.change(ticket(before, after)))).toBe(expected);
  });

  it('shows nothing of a collection without rights, and everything by default', () => {
    const change = ticket(EU, US, { collection: 'wages' });
    expect(view.change(change)).toBeNull();
    expect(everything.change(change)).toMatchObject({
      operation: 'UPDATE',
      scope: 'WITHIN',
      before: EU,
      after: US,
      changedFields: ['region'],
      headers: { trace: 'x' },
    });
  });

  it('shows no headers of the change by which an entity goes out', () => {
    expect(view.change(ticket(EU, US))?.headers).toBeNull();
    expect(view.change(ticket(EU, { ...EU, n: 2 }))?.headers).toEqual({ trace: 'x' });
  });

  it.each<[string, ChangeFilter, object | null, object, string | null]>([
    ['of a hidden field', { where: [{ field: 'reporter', eq: 'ann' }] }, null, EU, null],
    [
      'on the absence of a hidden field',
      { where: [{ field: 'reporter', exists: false }] },
      null,
      EU,
      'CREATE ENTERED',
    ],
    [
      'on changes of a hidden field',
      { changedFields: ['reporter'] },
      EU,
      { ...EU, reporter: 'b', n: 2 },
      null,
    ],
    ['on changes of a seen field', { changedFields: ['n'] }, EU, { ...EU, n: 2 }, 'UPDATE WITHIN'],
    ['on operations', { operations: ['CREATE'] }, EU, { ...EU, n: 2 }, null],
    ['on operations, of what goes out', { operations: ['CREATE'] }, EU, US, 'DELETE LEFT'],
    ['that matched before', { where: [{ field: 'n', eq: 1 }] }, EU, { ...US, n: 1 }, 'DELETE LEFT'],
    ['that matches now', { where: [{ field: 'n', eq: 2 }] }, US, { ...EU, n: 2 }, 'CREATE ENTERED'],
    ['that matched outside only', { where: [{ field: 'n', eq: 2 }] }, { ...US, n: 2 }, EU, null],
  ])('answers a filter %s on what is seen', (_what, filter, before, after, expected) => {
    const change = view.lens(filter).see(ticket(before, after), 'log');
    expect(change && `${change.operation} ${change.scope}`).toBe(expected);
  });

  it('shows the present state in a snapshot, whichever change led to it', () => {
    const lens = view.lens({});
    const hiddenOnly = ticket(EU, { ...EU, reporter: 'bob' });
    expect(seen(lens.see(hiddenOnly, 'snapshot'))).toBe(line('UPDATE', 'ENTERED', SHOWN, SHOWN, []));
    expect(lens.see(ticket(EU, US), 'snapshot')).toBeNull();
  });

  it('repeats a change with its scope, and as gone where it went out of the rights since', () => {
    expect(seen(view.again(ticket(null, EU), 'WITHIN'))).toBe(
      line('CREATE', 'WITHIN', null, SHOWN, ['region', 'n']),
    );
    expect(seen(view.again(ticket(US, US), 'ENTERED'))).toBe(GONE);
    expect(seen(view.again(ticket(EU, EU, { collection: 'wages' }), 'WITHIN'))).toBe(GONE);
  });

  it('makes dead letters only of changes of which a side is seen', () => {
    const at = { attempts: 1, nextAttemptAt: null, dead: true, at: 0 };
    const rejection: Rejection = { consumer: 1n, position: 7n, scope: 'WITHIN', reason: 'r', ...at };
    expect(view.deadLetter(ticket(US, US))).toBeNull();
    expect(seen(view.deadLetter(ticket(EU, US))?.(rejection).change ?? null)).toBe(GONE);
    expect(view.deadLetter(ticket(null, EU))?.(rejection).change.after).toEqual(SHOWN);
  });

  it('has a key by rights, and a lens by rights and filter', () => {
    const same = View.of(
      rightsTo({ tickets: { where: [{ field: 'region', eq: 'EU' }], hide: new Set(['reporter']) } }),
    );
    expect(view.key).toBe(same.key);
    expect(view.lens({ keys: ['a'] }).key).toBe(same.lens({ keys: ['a'] }).key);
    const keys = [view.lens({}), view.lens({ keys: ['a'] }), everything.lens({})].map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
  });
});

const entity = (data: Entity['data'], collection = 'tickets'): Entity => ({
  collection,
  key: 't1',
  version: 3,
  hash: 'h',
  data,
  source: 'crm',
  updatedAt: 0,
  position: 7n,
});

const conflict = (current: Conflict['current'], parts: Partial<Conflict> = {}): Conflict => ({
  id: 'c1',
  collection: 'tickets',
  key: 't1',
  source: 'crm',
  reason: 'VERSION_MISMATCH',
  current,
  currentVersion: 3,
  incoming: null,
  resolution: 'REJECTED',
  at: 0,
  ...parts,
});

describe('a view of entities, conflicts and counts', () => {
  it('shows entities that the rights let through, without hidden fields', () => {
    expect(view.entity(entity(EU))?.data).toEqual(SHOWN);
    expect(view.entity(entity(US))).toBeNull();
    expect(view.entity(entity(EU, 'wages'))).toBeNull();
  });

  it('turns conditions into those that SQL may ask of what is stored', () => {
    const region = { field: 'region', eq: 'EU' };
    const n = { field: 'n', gt: 0 };
    expect(view.entityConditions('tickets', [n])).toEqual([region, n]);
    expect(view.entityConditions('tickets', [n, { field: 'reporter.name', exists: false }])).toEqual([
      region,
      n,
    ]);
    expect(view.entityConditions('tickets', [{ field: 'reporter', eq: 'ann' }])).toBeNull();
    expect(view.entityConditions('wages', [])).toBeNull();
  });

  it('shows of a conflict what the caller may see of the entity', () => {
    const shown = view.conflict(conflict(EU, { incoming: { ...EU, n: 9 } }));
    expect([shown.current, shown.currentVersion, shown.incoming]).toEqual([SHOWN, 3, { ...SHOWN, n: 9 }]);
    for (const hidden of [
      conflict(US),
      conflict(null),
      conflict(EU, { collection: 'wages', incoming: EU }),
    ]) {
      const { current, currentVersion, incoming } = view.conflict(hidden);
      expect([current, currentVersion, incoming]).toEqual([null, 0, null]);
    }
    const whole = everything.conflict(conflict(null));
    expect([whole.current, whole.currentVersion]).toEqual([null, 3]);
  });

  it('counts only what is seen', async () => {
    const some = View.of(rightsTo({ tickets: { hide: new Set(['reporter']) }, bills: { where: [] } }));
    const tickets = { name: 'tickets', entityCount: 4, changeCount: 9 };
    expect(some.collection(tickets)).toMatchObject(tickets);
    expect(view.collection(tickets)).toMatchObject({ name: 'tickets', entityCount: 0, changeCount: 0 });
    const counts = [tickets, { name: 'wages', entityCount: 1, changeCount: 1 }];
    expect(counts.map((count) => some.collection(count)?.name)).toEqual(['tickets', undefined]);
    const source = { name: 'crm', changeCount: 10, lastChangeAt: 5 };
    expect([some.source(source), everything.source(source)]).toMatchObject([null, source]);
    const status = {
      ...{ version: '1', logId: 'l', head: 10n, headHash: 'h', changeCount: 10, startedAt: 0 },
    };
    const hub = { ...status, database: 'SQLite', signal: 'in-process' };
    expect((await some.hub(hub, () => Promise.resolve(counts))).changeCount).toBe(9);
    expect((await everything.hub(hub, () => Promise.reject(new Error('not read')))).changeCount).toBe(10);
  });

  it('leaves to memory what goes out, where SQL cannot see that it does', () => {
    // The field of the condition is hidden in one of the collections, so SQL does not ask for it and would take LEFT for WITHIN.
    const rights = rightsTo({
      open: { where: [], hide: new Set() },
      shut: { where: [], hide: new Set(['a']) },
    });
    const filter: ChangeFilter = { changedFields: ['b'], where: [{ field: 'a', exists: true }] };
    expect(View.of(rights).lens(filter).rows).toEqual({
      filter: { collections: ['open', 'shut'], where: [] },
      any: null,
    });
    const whole = rightsTo({ open: { where: [], hide: new Set() } });
    expect(View.of(whole).lens(filter).rows.filter).toEqual({ collections: ['open'], ...filter });
  });

  it('is the only maker of what it shows: nothing else compiles', () => {
    const shown = view.conflict(conflict(EU));
    // @ts-expect-error -- an entity as it is stored is none that is visible
    const stored: VisibleEntity = entity(EU);
    const { current, ...rest } = shown;
    // @ts-expect-error -- neither is one made of the parts of a visible one
    const rebuilt: VisibleConflict = { ...rest, current: current && US };
    // @ts-expect-error -- nor a change as it is recorded
    const recorded: VisibleChange = ticket(null, EU);
    expect([stored, rebuilt, recorded]).toHaveLength(3);
  });
});
