import { arrayLiteral } from '../../src/log/array-literal.js';

describe('an array literal of PostgreSQL', () => {
  it.each<[(string | number | bigint | null)[], string]>([
    [[], '{}'],
    [[''], '{""}'],
    [['a', 'b'], '{"a","b"}'],
    [[null, 'NULL', 'null'], '{NULL,"NULL","null"}'],
    [['a,b', '{c}', ' d '], '{"a,b","{c}"," d "}'],
    [['"', '\\', '\\"'], '{"\\"","\\\\","\\\\\\""}'],
    [['a\nb', "it's", '😀'], '{"a\nb","it\'s","😀"}'],
    [['{"a":"\\"x\\""}'], '{"{\\"a\\":\\"\\\\\\"x\\\\\\"\\"}"}'],
    [[1, -2, 9_007_199_254_740_993n, null], '{1,-2,9007199254740993,NULL}'],
  ])('of %j is %s', (values, text) => {
    expect(arrayLiteral(values)).toBe(text);
  });
});
