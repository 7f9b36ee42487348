import fc from 'fast-check';
import { objectOf } from '../../../src/model/json.js';
import type { Json, JsonObject } from '../../../src/model/json.js';

/**
 * Fields and values are drawn from few, so that what is drawn twice often meets; odd ones are among them, since each is
 * where JavaScript, SQLite and PostgreSQL might each see something else.
 */
export const STEPS = [
  ...['a', 'b', 'ü', '😀', '0', '1', '-1', '__proto__', 'constructor', 'length', 'with space'],
  ...['"', '\\', "'", '$', '*', '@', '?', '[0]', '\n', 'A', 'null', '1e3', '\u2028'],
];
/** No condition can name these. */
const ODD_FIELDS = ['', 'a.b', '.'];

export const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', '0') },
  fc.constantFrom(...STEPS),
);
const fieldName = fc.oneof({ weight: 20, arbitrary: step }, fc.constantFrom(...ODD_FIELDS));

const NUMBERS = [
  ...[
    0,
    -0,
    1,
    -1,
    2,
    10,
    1.5,
    0.1,
    0.3,
    0.1 + 0.2,
    1e-7,
    100,
    1e21,
    1e22,
    -1e21,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
  ],
  ...[Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 2.2250738585072014e-308, 1e300, 1e-300],
];
const TEXTS = [
  ...[
    '',
    'a',
    'A',
    'ab',
    'b',
    'ä',
    'a\u0308',
    '😀',
    '😁',
    '\uffff',
    '\ue000',
    '0',
    '1',
    '1.0',
    'null',
    'true',
  ],
  ...['"', '\\', '\\u0000', "'", '{"a":1}', '[]', ' ', '\n', '\u001f', '%', '_', 'a%', '\u2028'],
];

/** Finite, and no whole number that the hub refuses. */
const anyNumber = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21);
export const number = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NUMBERS) }, anyNumber);

/** Well-formed, without U+0000. */
const anyText = fc
  .string({ unit: 'binary', maxLength: 4 })
  .filter((text) => text.isWellFormed() && !text.includes('\0'));
export const text = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...TEXTS) }, anyText);

const scalar: fc.Arbitrary<Json> = fc.oneof(fc.constantFrom(null, true, false), number, text);

const object = (value: fc.Arbitrary<Json>): fc.Arbitrary<JsonObject> =>
  fc.array(fc.tuple(fieldName, value), { maxLength: 4 }).map(objectOf);

/** Any JSON value that the hub takes, at most three levels deep. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: object(tie('value')) },
  ),
})).value;

export const jsonObject: fc.Arbitrary<JsonObject> = object(json);
