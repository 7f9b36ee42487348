import { allHold, parseConditions, valueAt } from '../../src/model/condition.js';
import type { FieldCondition } from '../../src/model/condition.js';
import { HubError } from '../../src/model/errors.js';
import type { Json, JsonObject } from '../../src/model/json.js';
import { thrownBy } from '../contract/support/parts.js';

const DOCUMENT = JSON.parse(
  '{"n":1,"s":"abc","z":null,"t":true,"o":{"p":{"q":2},"0":"zero"},"l":[1,{"x":1}],"":{"a":1},"__proto__":{"y":5}}',
) as JsonObject;

const holds = (field: string, operators: Omit<FieldCondition, 'field'>): boolean =>
  allHold([{ field, ...operators }], DOCUMENT);

const BELOW_TEN = { lt: 10, lte: 10, gt: -10, gte: -10 };

describe('a dotted path', () => {
  it.each<[string, Json | undefined]>([
    ['n', 1],
    ['o.p.q', 2],
    ['o.0', 'zero'],
    ['z', null],
    ['l', [1, { x: 1 }]],
    ['__proto__.y', 5],
    ['missing', undefined],
    ['o.p.q.r', undefined],
    ['s.length', undefined],
    ['l.0', undefined],
    ['l.length', undefined],
    ['z.a', undefined],
    ['constructor', undefined],
    ['o.constructor.name', undefined],
  ])('%s leads to %j', (path, value) => {
    expect(valueAt(DOCUMENT, path)).toEqual(value);
  });
});

describe('a condition', () => {
  it.each<[string, Omit<FieldCondition, 'field'>, boolean]>([
    ['n', { eq: 1 }, true],
    ['n', { eq: '1' }, false],
    ['o', { eq: { '0': 'zero', p: { q: 2 } } }, true],
    ['z', { eq: null }, true],
    ['missing', { eq: null }, false],
    ['n', { ne: 2 }, true],
    ['n', { ne: 1 }, false],
    ['missing', { ne: 1 }, true],
    ['missing', { ne: null }, true],
    ['z', { ne: null }, false],
    ['n', { in: [2, 1] }, true],
    ['z', { in: [null] }, true],
    ['missing', { in: [null] }, false],
    ['n', { in: ['1', [1]] }, false],
    ['n', { gt: 0 }, true],
    ['n', { gt: 1 }, false],
    ['n', { gte: 1 }, true],
    ['n', { lt: 1 }, false],
    ['n', { lte: 1 }, true],
    ['n', { gt: 0, lt: 1 }, false],
    ['s', { gt: 'abb' }, true],
    ['s', { lt: 'abcd' }, true],
    ['s', { gt: 'ABC' }, true],
    ['n', { gt: '0' }, false],
    ['s', { gt: 0 }, false],
    ['t', { gte: 1 }, false],
    ['z', BELOW_TEN, false],
    ['missing', BELOW_TEN, false],
    ['s', { startsWith: 'ab' }, true],
    ['s', { startsWith: '' }, true],
    ['s', { startsWith: 'b' }, false],
    ['n', { startsWith: '1' }, false],
    ['n', { startsWith: '' }, false],
    ['z', { exists: true }, true],
    ['missing', { exists: true }, false],
    ['missing', { exists: false }, true],
    ['n', { exists: false }, false],
    ['l.0', { exists: true }, false],
  ])('on %s with %j holds: %s', (field, operators, expected) => {
    expect(holds(field, operators)).toBe(expected);
  });

  it('orders texts by code point', () => {
    expect(allHold([{ field: 's', gt: '\uffff' }], { s: '😀' })).toBe(true);
  });

  it('among several holds only where all do, and none at all holds', () => {
    expect(
      allHold(
        [
          { field: 'n', eq: 1 },
          { field: 's', eq: 'abc' },
        ],
        DOCUMENT,
      ),
    ).toBe(true);
    expect(
      allHold(
        [
          { field: 'n', eq: 1 },
          { field: 's', eq: 'x' },
        ],
        DOCUMENT,
      ),
    ).toBe(false);
    expect(allHold([], DOCUMENT)).toBe(true);
  });
});

describe('a condition from outside', () => {
  const parse = (...conditions: Record<string, unknown>[]): FieldCondition[] =>
    parseConditions(conditions, 'filter.where');

  it('keeps the operators that were given, null as a value of eq and ne only', () => {
    const input = { field: 'a.b', eq: null, ne: null, in: null, startsWith: null, exists: false, lt: 1 };
    expect(parse(input)).toEqual([{ field: 'a.b', eq: null, ne: null, exists: false, lt: 1 }]);
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['an empty path', { field: '', eq: 1 }, 'filter.where[1].field', /dotted path/],
    ['an empty step', { field: 'a..b', eq: 1 }, 'filter.where[1].field', /dotted path/],
    ['a path that ends in a dot', { field: 'a.', eq: 1 }, 'filter.where[1].field', /dotted path/],
    ['a path with U+0000', { field: 'a\0', eq: 1 }, 'filter.where[1].field', /U\+0000/],
    ['a path with half a pair', { field: '\ud83d', eq: 1 }, 'filter.where[1].field', /surrogate/],
    ['a path of 501 characters', { field: 'x'.repeat(501), eq: 1 }, 'filter.where[1].field', /dotted path/],
    ['no operator', { field: 'a' }, 'filter.where[1]', /no operator/],
    [
      'only operators that are null',
      { field: 'a', in: null, exists: null },
      'filter.where[1]',
      /no operator/,
    ],
    ['gt null', { field: 'a', gt: null }, 'filter.where[1].gt', /not with null/],
    ['lte null beside another', { field: 'a', eq: 1, lte: null }, 'filter.where[1].lte', /not with null/],
    ['gte true', { field: 'a', gte: true }, 'filter.where[1].gte', /number or a string/],
    ['lt a list', { field: 'a', lt: [1] }, 'filter.where[1].lt', /number or a string/],
    ['an empty in', { field: 'a', in: [] }, 'filter.where[1].in', /1 to 1000/],
    ['1,001 alternatives', { field: 'a', in: Array(1_001).fill(1) }, 'filter.where[1].in', /1 to 1000/],
    ['U+0000 in a value', { field: 'a', eq: 'x\0' }, 'filter.where[1].eq', /U\+0000/],
    ['U+0000 in a key', { field: 'a', ne: { 'x\0': 1 } }, 'filter.where[1].ne', /U\+0000/],
    ['half a pair in a list', { field: 'a', in: [1, ['\ud83d']] }, 'filter.where[1].in', /surrogate/],
    [
      'half a pair in startsWith',
      { field: 'a', startsWith: '\ude00' },
      'filter.where[1].startsWith',
      /surrogate/,
    ],
  ])('is refused with its place where it has %s', (_what, condition, path, sentence) => {
    const error = thrownBy(() => parse({ field: 'ok', eq: 1 }, condition));
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
    // Within a value the place may be named more closely still.
    expect(String(error.details.path).slice(0, path.length)).toBe(path);
    expect(error.message.startsWith(`${String(error.details.path)}: `)).toBe(true);
    expect(error.message).toMatch(sentence);
  });

  it('may stand beside 31 others, not beside 32', () => {
    const conditions = Array.from({ length: 33 }, () => ({ field: 'a', eq: 1 }));
    expect(parse(...conditions.slice(1))).toHaveLength(32);
    const error = thrownBy(() => parse(...conditions));
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: 'filter.where' } });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['eq', { field: 'a', eq: JSON.parse('1e400') as number }, 'filter.where[0].eq'],
    ['gt', { field: 'a', gt: JSON.parse('-1e400') as number }, 'filter.where[0].gt'],
    ['in', { field: 'a', in: [JSON.parse('{"b":1e400}') as Json] }, 'filter.where[0].in'],
  ])(
    'is refused where %s holds a number beyond a double, which SQL would take for null',
    (_n, input, path) => {
      const error = thrownBy(() => parse(input));
      expect(error).toBeInstanceOf(HubError);
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(error.message.startsWith(path)).toBe(true);
    },
  );

  it('is refused, not the end of the call stack, where its value is nested too deeply', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as Json;
    const error = thrownBy(() => parse({ field: 'a', eq: deep }));
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it.each(['C:\\udata', 'the text \\u0000', '\\\\ud800'])(
    'may hold text that only looks like an escape: %s',
    (text) => {
      expect(parse({ field: 'a', startsWith: text })).toEqual([{ field: 'a', startsWith: text }]);
      expect(parse({ field: 'a', eq: { [text]: [text] } })).toHaveLength(1);
    },
  );
});
