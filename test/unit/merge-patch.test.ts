import type { Json, JsonObject } from '../../src/model/json.js';
import { mergePatch } from '../../src/publish/merge-patch.js';

/**
 * RFC 7396, appendix A, in full: original, patch, result. Some patches there are no objects; such a one replaces the
 * value, which only happens to a field here, as the hub's entities and patches are objects. So all cases are also run one
 * level down, where they hold as they stand.
 */
const APPENDIX_A: [string, string, string][] = [
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
];

const isObjectText = (text: string): boolean => text.startsWith('{');
const parse = (text: string): Json => JSON.parse(text) as Json;

describe('a merge patch', () => {
  it.each(APPENDIX_A.filter(([, patch]) => isObjectText(patch)))(
    'makes of %s by %s what RFC 7396 says: %s',
    (target, patch, result) => {
      expect(mergePatch(parse(target), parse(patch) as JsonObject)).toEqual(parse(result));
    },
  );

  it.each(APPENDIX_A)('makes of a field %s by %s what RFC 7396 says: %s', (target, patch, result) => {
    const merged = mergePatch({ field: parse(target), other: 1 }, { field: parse(patch) });
    // A null takes the field away.
    expect(merged).toEqual(result === 'null' ? { other: 1 } : { field: parse(result), other: 1 });
  });

  it('takes an absent target for an empty one', () => {
    expect(mergePatch(undefined, { a: { b: null, c: 1 } })).toEqual({ a: { c: 1 } });
  });

  it('keeps the nulls inside of arrays', () => {
    expect(mergePatch({}, { a: [null, { b: null }] })).toEqual({ a: [null, { b: null }] });
  });

  it('touches neither target nor patch', () => {
    const target = { a: { b: 1 }, c: [1] };
    const patch = { a: { b: null, d: 1 } };
    const merged = mergePatch(target, patch);
    expect(merged).toEqual({ a: { d: 1 }, c: [1] });
    expect([target, patch]).toEqual([{ a: { b: 1 }, c: [1] }, { a: { b: null, d: 1 } }]);
  });

  it('sets, merges and removes a field named __proto__, and never the prototype', () => {
    const target = parse('{"__proto__":{"a":1}}');
    const set = mergePatch({}, parse('{"__proto__":{"x":1}}') as JsonObject);
    expect(JSON.stringify(set)).toBe('{"__proto__":{"x":1}}');
    expect(Object.getPrototypeOf(set)).toBe(Object.prototype);
    const merged = mergePatch(target, parse('{"__proto__":{"b":2}}') as JsonObject);
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"a":1,"b":2}}');
    expect(JSON.stringify(mergePatch(target, parse('{"__proto__":null}') as JsonObject))).toBe('{}');
  });
});
