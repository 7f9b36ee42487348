import type { Operation, Write } from '../../src/model/change.js';
import type { JsonObject } from '../../src/model/json.js';
import { decide } from '../../src/publish/decide.js';
import type { Current } from '../../src/publish/decide.js';

const NEVER: Current = { version: 0, data: null };
const LIVE: Current = { version: 3, data: { a: 1, b: { c: [1, 2] } } };
const DELETED: Current = { version: 4, data: null };

const NEW_DATA: JsonObject = { a: 2 };
const SAME_DATA: JsonObject = { b: { c: [1, 2] }, a: 1 };

/** Every row: write, current state, data, expectedVersion, and what becomes of it: the operation, or why nothing does. */
type Row = [Write, string, JsonObject | null, number | null, Operation | 'UNCHANGED' | 'CONFLICT'];
const STATES: Readonly<Record<string, Current>> = { never: NEVER, live: LIVE, deleted: DELETED };

/** Not live: no version but 0 (or none) may be expected, the tombstone's own version neither. */
const NOT_LIVE: [number | null, boolean][] = [
  [null, true],
  [0, true],
  [1, false],
  [3, false],
  [4, false],
  [5, false],
];
/** Live at 3. */
const AT_THREE: [number | null, boolean][] = [
  [null, true],
  [3, true],
  [0, false],
  [2, false],
  [4, false],
];

function rows(): Row[] {
  const table: Row[] = [];
  const add = (
    write: Write,
    state: string,
    data: JsonObject | null,
    becomes: Operation | 'UNCHANGED',
  ): void => {
    for (const [version, fits] of state === 'live' ? AT_THREE : NOT_LIVE) {
      table.push([write, state, data, version, fits ? becomes : 'CONFLICT']);
    }
  };
  for (const state of ['never', 'deleted']) {
    add('UPSERT', state, NEW_DATA, 'CREATE');
    add('UPSERT', state, {}, 'CREATE');
    add('PATCH', state, NEW_DATA, 'CREATE');
    add('PATCH', state, { gone: null }, 'CREATE');
    add('DELETE', state, null, 'UNCHANGED');
  }
  add('UPSERT', 'live', NEW_DATA, 'UPDATE');
  add('UPSERT', 'live', {}, 'UPDATE');
  add('UPSERT', 'live', SAME_DATA, 'UNCHANGED');
  add('PATCH', 'live', NEW_DATA, 'UPDATE');
  add('PATCH', 'live', {}, 'UNCHANGED');
  add('PATCH', 'live', SAME_DATA, 'UNCHANGED');
  add('PATCH', 'live', { nowhere: null }, 'UNCHANGED');
  add('DELETE', 'live', null, 'DELETE');
  return table;
}

describe('deciding what becomes of a change', () => {
  it.each(rows())('%s on an entity that is %s, with %j, expecting version %s, gives %s', (...row) => {
    const [write, state, data, expectedVersion, becomes] = row;
    const current = STATES[state] ?? NEVER;
    const decision = decide(current, { write, data, expectedVersion });
    if (becomes === 'UNCHANGED') expect(decision).toEqual({ outcome: 'UNCHANGED' });
    else if (becomes === 'CONFLICT') {
      expect(decision).toEqual({ outcome: 'CONFLICT', reason: 'VERSION_MISMATCH' });
    } else {
      expect(decision).toMatchObject({
        outcome: 'APPLIED',
        operation: becomes,
        version: current.version + 1,
      });
    }
  });

  it('replaces the whole entity on UPSERT', () => {
    expect(decide(LIVE, { write: 'UPSERT', data: NEW_DATA, expectedVersion: null })).toEqual({
      ...{ outcome: 'APPLIED', operation: 'UPDATE', version: 4, after: { a: 2 } },
      undo: { a: [1], b: [{ c: [1, 2] }] },
    });
  });

  it('merges on PATCH and keeps what the patch does not name', () => {
    const data = { b: { d: 1, c: null } };
    expect(decide(LIVE, { write: 'PATCH', data, expectedVersion: 3 })).toEqual({
      ...{ outcome: 'APPLIED', operation: 'UPDATE', version: 4, after: { a: 1, b: { d: 1 } } },
      undo: { b: [{ c: [1, 2] }] },
    });
  });

  it('leaves the nulls of a PATCH out of the entity that it creates', () => {
    const data = { a: null, b: { c: null, d: 1 } };
    expect(decide(NEVER, { write: 'PATCH', data, expectedVersion: 0 })).toEqual({
      ...{ outcome: 'APPLIED', operation: 'CREATE', version: 1, after: { b: { d: 1 } }, undo: null },
    });
  });

  it('keeps the nulls of an UPSERT, and tells an added null from an absent field', () => {
    const current = { version: 1, data: { a: 1 } };
    expect(decide(current, { write: 'UPSERT', data: { a: 1, b: null }, expectedVersion: null })).toEqual({
      ...{ outcome: 'APPLIED', operation: 'UPDATE', version: 2, after: { a: 1, b: null }, undo: { b: [] } },
    });
  });

  it('goes on counting over a delete, with nothing to undo', () => {
    expect(decide(DELETED, { write: 'UPSERT', data: NEW_DATA, expectedVersion: 0 })).toEqual({
      ...{ outcome: 'APPLIED', operation: 'CREATE', version: 5, after: NEW_DATA, undo: null },
    });
  });

  it('keeps the whole entity in the undo of a DELETE', () => {
    expect(decide(LIVE, { write: 'DELETE', data: null, expectedVersion: 3 })).toEqual({
      ...{ outcome: 'APPLIED', operation: 'DELETE', version: 4, after: null },
      undo: { a: [1], b: [{ c: [1, 2] }] },
    });
  });

  it('takes __proto__ for a field like any other', () => {
    const data = JSON.parse('{"__proto__":{"x":2}}') as JsonObject;
    const current = { version: 1, data: JSON.parse('{"__proto__":{"x":1},"a":1}') as JsonObject };
    const decision = decide(current, { write: 'PATCH', data, expectedVersion: null });
    expect(JSON.stringify(decision)).toBe(
      '{"outcome":"APPLIED","operation":"UPDATE","version":2,' +
        '"after":{"__proto__":{"x":2},"a":1},"undo":{"__proto__":[{"x":1}]}}',
    );
  });

  it('changes neither the current state nor the data', () => {
    const current = { version: 3, data: { a: 1, b: { c: 1 } } };
    const data = { b: { c: null }, d: [1] };
    decide(current, { write: 'PATCH', data, expectedVersion: null });
    expect(current).toEqual({ version: 3, data: { a: 1, b: { c: 1 } } });
    expect(data).toEqual({ b: { c: null }, d: [1] });
  });
});
