import { Change, undoOf } from '../../src/model/change.js';
import type { JsonObject } from '../../src/model/json.js';
import { changeAt, rowAt } from '../contract/support/parts.js';

const PROTO = '{"__proto__":{"x":1},"a":1}';

describe('a recorded change', () => {
  it('that created has nothing before and changed every field', () => {
    const change = changeAt(1n, { after: '{"a":1,"b":null}' });
    expect(change.before).toBeNull();
    expect(change.after).toEqual({ a: 1, b: null });
    expect(change.changedFields).toEqual(['a', 'b']);
  });

  it('that updated undoes fields that were other, absent or null', () => {
    const change = changeAt(2n, {
      operation: 'UPDATE',
      after: '{"kept":1,"changed":2,"added":3,"nulled":null}',
      undo: '{"changed":[1],"added":[],"removed":[{"deep":true}],"nulled":[0],"wasNull":[null]}',
    });
    expect(change.before).toStrictEqual({
      kept: 1,
      changed: 1,
      removed: { deep: true },
      nulled: 0,
      wasNull: null,
    });
    expect(change.changedFields).toEqual(['changed', 'added', 'removed', 'nulled', 'wasNull']);
  });

  it('that deleted has the whole entity before', () => {
    const change = changeAt(3n, { operation: 'DELETE', after: null, undo: '{"a":[1],"b":[[]]}' });
    expect(change.after).toBeNull();
    expect(change.before).toEqual({ a: 1, b: [] });
    expect(change.changedFields).toEqual(['a', 'b']);
  });

  it('of an entity without fields deletes and creates an empty one', () => {
    const deleted = changeAt(3n, { operation: 'DELETE', after: null, undo: '{}' });
    expect([deleted.before, deleted.changedFields]).toEqual([{}, []]);
    const created = changeAt(4n, { after: '{}' });
    expect([created.before, created.after, created.changedFields]).toEqual([null, {}, []]);
  });

  it('keeps a field named __proto__ as a field', () => {
    const created = changeAt(1n, { after: PROTO });
    expect(JSON.stringify(created.after)).toBe(PROTO);
    expect(created.changedFields).toEqual(['__proto__', 'a']);
    const updated = changeAt(2n, {
      operation: 'UPDATE',
      after: '{"a":1}',
      undo: '{"__proto__":[{"x":1}]}',
    });
    expect(JSON.stringify(updated.before)).toBe('{"a":1,"__proto__":{"x":1}}');
    const added = changeAt(3n, { operation: 'UPDATE', after: PROTO, undo: '{"__proto__":[]}' });
    expect(JSON.stringify(added.before)).toBe('{"a":1}');
    expect(Object.getPrototypeOf(added.before)).toBe(Object.prototype);
  });

  it('reads its headers, and null where there are none', () => {
    expect(changeAt(1n, { headers: '{"trace":"t"}' }).headers).toEqual({ trace: 't' });
    expect(changeAt(1n).headers).toBeNull();
  });

  it('parses its texts once', () => {
    const change = new Change(rowAt(1n));
    expect(change.after).toBe(change.after);
    expect(change.changedFields).toBe(change.changedFields);
  });
});

describe('the undo of a change', () => {
  it('holds what each changed field was, an absent one as an empty list', () => {
    expect(undoOf({ a: 1, b: null }, ['a', 'b', 'c'])).toEqual({ a: [1], b: [null], c: [] });
  });

  it('takes only own fields for what was there', () => {
    const undo = undoOf({}, ['__proto__', 'constructor', 'toString']);
    expect(JSON.stringify(undo)).toBe('{"__proto__":[],"constructor":[],"toString":[]}');
    const before = JSON.parse(PROTO) as JsonObject;
    expect(JSON.stringify(undoOf(before, ['__proto__']))).toBe('{"__proto__":[{"x":1}]}');
  });
});
