import { findDefect } from '../../src/model/json-check.js';
import type { Json } from '../../src/model/json.js';

const nested = (levels: number): Json => (levels === 0 ? 1 : { a: nested(levels - 1) });

describe('the check of data from outside', () => {
  it.each<[string, Json]>([
    ['null', null],
    ['2^53 - 1', 2 ** 53 - 1],
    ['-(2^53 - 1)', -(2 ** 53 - 1)],
    ['10^21, which nobody takes for an id', 1e21],
    ['the largest double', Number.MAX_VALUE],
    ['the smallest double', 5e-324],
    ['a fraction', 0.1],
    ['an emoji', '😀'],
    ['a line break', 'a\nb'],
    ['the text \\u0000', '\\u0000'],
    ['an empty key', { '': { '': [] } }],
  ])('lets %s through', (_what, value) => {
    expect(findDefect(value, 64)).toBeNull();
    expect(findDefect({ a: [value] }, 64)).toBeNull();
  });

  it.each<[string, Json, string, RegExp]>([
    ['2^53', { a: 2 ** 53 }, '.a', /beyond 2\^53 - 1.*string/],
    ['-2^53', { a: [1, -(2 ** 53)] }, '.a[1]', /beyond 2\^53 - 1/],
    [
      'the last whole number below 10^21',
      { a: { b: 999_999_999_999_999_900_000 } },
      '.a.b',
      /beyond 2\^53 - 1/,
    ],
    ['a number beyond a double', { a: JSON.parse('1e400') as number }, '.a', /beyond a double/],
    ['a number below a double', { a: JSON.parse('-1e400') as number }, '.a', /beyond a double/],
    ['U+0000', { a: [{ b: 'x\0y' }] }, '.a[0].b', /U\+0000/],
    ['U+0000 in a key', { a: { 'x\0': 1 } }, '.a.x\0', /U\+0000/],
    ['half of a surrogate pair', { a: '\ud83d' }, '.a', /surrogate/],
    ['the other half', { a: '\ude00x' }, '.a', /surrogate/],
    ['half of a pair in a key', { '\ud83d': 1 }, '.\ud83d', /surrogate/],
    [
      'a defect below __proto__',
      JSON.parse('{"__proto__":{"a":"\\u0000"}}') as Json,
      '.__proto__.a',
      /U\+0000/,
    ],
  ])('names the place of %s', (_what, value, path, sentence) => {
    const defect = findDefect(value, 64);
    expect(defect?.path).toBe(path);
    expect(defect?.sentence).toMatch(sentence);
  });

  it('names the first of several', () => {
    expect(findDefect({ a: 1, b: 'x\0', c: 2 ** 53 }, 64)?.path).toBe('.b');
  });

  it('counts levels of objects and arrays', () => {
    expect(findDefect(nested(3), 3)).toBeNull();
    expect(findDefect(nested(4), 3)).toEqual({
      path: '.a.a.a',
      sentence: expect.stringMatching(/too deeply/) as string,
    });
    expect(findDefect([[[[]]]], 3)?.path).toBe('[0][0][0]');
    expect(findDefect({ a: {} }, 1)?.path).toBe('.a');
  });

  it('stops at the limit, however deep the data goes', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as Json;
    expect(findDefect(deep, 64)?.path).toBe('[0]'.repeat(64));
  });
});
