import { canonicalJson, compareText, field, isObject, jsonEqual, objectOf } from '../../src/model/json.js';
import type { Json, JsonObject } from '../../src/model/json.js';

const parse = (text: string): Json => JSON.parse(text) as Json;

describe('JSON values', () => {
  it.each<[string, string]>([
    ['1', '1.0'],
    ['0', '-0'],
    ['1e3', '1000'],
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":{"c":[1,{"d":null}],"b":2}}', '{"a":{"b":2.0,"c":[1,{"d":null}]}}'],
    ['{"__proto__":1}', '{"__proto__":1}'],
    ['"é"', '"\\u00e9"'],
    ['[]', '[ ]'],
  ])('%s and %s are equal, and their canonical texts are the same', (a, b) => {
    expect(jsonEqual(parse(a), parse(b))).toBe(true);
    expect(canonicalJson(parse(a))).toBe(canonicalJson(parse(b)));
  });

  it.each<[string, string]>([
    ['1', '"1"'],
    ['0', 'false'],
    ['0', 'null'],
    ['null', 'false'],
    ['""', 'null'],
    ['[]', '{}'],
    ['[1]', '1'],
    ['[1]', '{"0":1}'],
    ['[1,2]', '[2,1]'],
    ['[1]', '[1,null]'],
    ['{"a":null}', '{}'],
    ['{"a":null}', '{"b":null}'],
    ['{"a":1}', '{"a":1,"b":1}'],
    ['{"__proto__":1}', '{}'],
    ['{"__proto__":{}}', '{"a":{}}'],
    ['{"constructor":1}', '{"toString":1}'],
    ['"é"', '"e\\u0301"'],
    ['"a"', '"A"'],
  ])('%s and %s differ, and so do their canonical texts', (a, b) => {
    expect(jsonEqual(parse(a), parse(b))).toBe(false);
    expect(jsonEqual(parse(b), parse(a))).toBe(false);
    expect(canonicalJson(parse(a))).not.toBe(canonicalJson(parse(b)));
  });

  it('that are absent equal nothing but each other', () => {
    expect(jsonEqual(undefined, null)).toBe(false);
    expect(jsonEqual(null, undefined)).toBe(false);
    expect(jsonEqual(undefined, undefined)).toBe(true);
  });

  it('have their fields in the order of their names in the canonical text, at every level', () => {
    expect(canonicalJson(parse('{"b":[{"d":1,"c":2}],"a":"x","__proto__":{"z":1,"y":2}}'))).toBe(
      '{"__proto__":{"y":2,"z":1},"a":"x","b":[{"c":2,"d":1}]}',
    );
  });

  it('are objects only where they are neither null nor an array', () => {
    expect([{}, null, [], 'a', 1, undefined].map((value) => isObject(value))).toEqual([
      ...[true, false, false, false, false, false],
    ]);
  });

  it('have own fields only', () => {
    expect(field({ a: 1 }, 'a')).toBe(1);
    expect(['__proto__', 'constructor', 'b'].map((name) => field({}, name))).toEqual([
      ...[undefined, undefined, undefined],
    ]);
    expect(field(parse('{"__proto__":7}') as JsonObject, '__proto__')).toBe(7);
    const made = objectOf([['__proto__', { x: 1 }]]);
    expect(Object.keys(made)).toEqual(['__proto__']);
    expect('x' in made).toBe(false);
  });
});

describe('texts', () => {
  const INCREASING = [
    '',
    'A',
    'a',
    'a ',
    'aa',
    'b',
    'é',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '𐀀',
    '😀',
    '😀a',
    '😁',
    '\u{10ffff}',
  ];

  it('are ordered by code point, as their UTF-8 bytes are', () => {
    for (const [i, a] of INCREASING.entries()) {
      for (const [j, b] of INCREASING.entries()) {
        expect([a, b, Math.sign(compareText(a, b))]).toEqual([a, b, Math.sign(i - j)]);
        expect(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))).toBe(Math.sign(i - j));
      }
    }
  });
});
