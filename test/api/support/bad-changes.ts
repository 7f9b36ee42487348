import { BAD_NAMES, PUBLISH, request } from './bad-input.js';
import type { BadInput } from './bad-input.js';

const GOOD = { collection: 'quakes', key: 'k', data: {} };
const KIB_256 = 256 * 1_024;

/** A row whose second change is wrong, so that the index is worth something. */
const change = (name: string, wrong: object, path: string, code = 'BAD_USER_INPUT'): BadInput => ({
  name,
  request: () => request(PUBLISH, { source: 'crm', changes: [GOOD, { ...GOOD, ...wrong }] }),
  code,
  path: `changes[1]${path}`,
  index: 1,
});

const call = (name: string, variables: object, path: string, code = 'BAD_USER_INPUT'): BadInput => ({
  name,
  request: () => request(PUBLISH, { source: 'crm', changes: [GOOD], ...variables }),
  code,
  path,
});

/** A call written inside the document. */
const literal = (name: string, changeText: string, code: string, path?: string): BadInput => ({
  name: `${name}, inside the document`,
  request: () => request(`mutation { publish(source: "crm", changes: [${changeText}]) { cursor } }`),
  code,
  ...(path === undefined ? {} : { path, index: 0 }),
});

/** JSON.stringify cannot write some numbers: the text is put together by hand. */
const text = (name: string, json: string, path: string): BadInput => ({
  name,
  request: () => request(PUBLISH, { source: 'crm', changes: [GOOD, 'HERE'] }).replace('"HERE"', json),
  code: 'BAD_USER_INPUT',
  path: `changes[1]${path}`,
  index: 1,
});

const ofLength = (length: number): string => 'x'.repeat(length);
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const nestedArrays = (levels: number): unknown => (levels === 0 ? 1 : [nestedArrays(levels - 1)]);

const names: BadInput[] = BAD_NAMES.flatMap(([why, name]) => [
  change(`a collection that is ${why}`, { collection: name }, '.collection'),
  change(`a key that is ${why}`, { key: name }, '.key'),
  change(`a sourceId that is ${why}`, { sourceId: name }, '.sourceId'),
  call(`a source that is ${why}`, { source: name }, 'source'),
]);

const fields: BadInput[] = [
  change('a collection that is over-long', { collection: ofLength(201) }, '.collection'),
  change('a collection with white space around it', { collection: ' quakes' }, '.collection'),
  change('a collection that is missing', { collection: undefined }, '.collection'),
  change('a collection that is null', { collection: null }, '.collection'),
  change('a collection that is a number', { collection: 5 }, '.collection'),
  change('a key that is over-long', { key: ofLength(501) }, '.key'),
  change('a key that is missing', { key: undefined }, '.key'),
  change('a key that is null', { key: null }, '.key'),
  change('a key that is a boolean', { key: true }, '.key'),
  change('a key that is a fraction', { key: 1.5 }, '.key'),
  change('a key that is 2^53', { key: 2 ** 53 }, '.key'),
  text('a key that is 10^21', '{"collection":"quakes","key":1e21,"data":{}}', '.key'),
  text('a key that is -10^300', '{"collection":"quakes","key":-1e300,"data":{}}', '.key'),
  text(
    'a sourceId that is a whole number of 24 digits',
    `{"collection":"quakes","key":"k","data":{},"sourceId":${'9'.repeat(24)}}`,
    '.sourceId',
  ),
  literal(
    'a key that is 2^53',
    '{ collection: "quakes", key: 9007199254740992, data: {} }',
    'BAD_USER_INPUT',
    'changes[0].key',
  ),
  literal(
    'a sourceId that is 10^21',
    `{ collection: "quakes", key: 1, data: {}, sourceId: 1${'0'.repeat(21)} }`,
    'BAD_USER_INPUT',
    'changes[0].sourceId',
  ),
  change('a sourceId that is over-long', { sourceId: ofLength(501) }, '.sourceId'),
  change('a sourceId that is below -2^53', { sourceId: -(2 ** 53) - 2 }, '.sourceId'),
  change('a write that there is not', { write: 'REPLACE' }, '.write'),
  change('a write that is null', { write: null }, '.write'),
  change('an expectedVersion below 0', { expectedVersion: -1 }, '.expectedVersion'),
  change('an expectedVersion that is a fraction', { expectedVersion: 1.5 }, '.expectedVersion'),
  change('an expectedVersion beyond 2^31', { expectedVersion: 2 ** 31 }, '.expectedVersion'),
  change('an expectedVersion that is a text', { expectedVersion: '1' }, '.expectedVersion'),
  change('a field that there is not', { more: 1 }, '.more'),
  call('a source that is missing', { source: undefined }, 'source'),
  call('a source that is null', { source: null }, 'source'),
  call('a source that is a number', { source: 5 }, 'source'),
  call('a source that is over-long', { source: ofLength(201) }, 'source'),
  call('atomic that is null', { atomic: null }, 'atomic'),
  call('atomic that is a text', { atomic: 'yes' }, 'atomic'),
  call('changes that are missing', { changes: undefined }, 'changes'),
  call('changes that are null', { changes: null }, 'changes'),
  call('no changes', { changes: [] }, 'changes'),
  call('1,001 changes', { changes: Array<object>(1_001).fill(GOOD) }, 'changes', 'TOO_MANY_CHANGES'),
  { ...call('a change that is null', { changes: [null] }, 'changes[0]'), index: 0 },
];

const occurredAt: BadInput[] = [
  ...['yesterday', '', '2026-03-01', '2026-03-01T04:12:09', '2026-02-30T00:00:00Z', '2026-03-01T24:00:00Z'],
  ...[
    '2026-03-01T04:12:60Z',
    '10000-01-01T00:00:00Z',
    '2026-03-01T04:12:09+25:00',
    '0000-01-01T00:00:00+01:00',
  ],
].map((moment) =>
  change(`occurredAt that is ${JSON.stringify(moment)}`, { occurredAt: moment }, '.occurredAt'),
);

const data: BadInput[] = [
  change('no data with UPSERT', { data: undefined }, '.data'),
  change('data that is null', { data: null }, '.data'),
  change('no data with PATCH', { write: 'PATCH', data: undefined }, '.data'),
  change('data with DELETE', { write: 'DELETE' }, '.data'),
  change('data that is an array', { data: [] }, '.data'),
  change('data that is a text', { data: '{}' }, '.data'),
  change('headers that are an array', { headers: [1] }, '.headers'),
  change('data one byte above 256 KiB', { data: { a: ofLength(KIB_256 - 7) } }, '.data', 'PAYLOAD_TOO_LARGE'),
  change(
    ...([
      'data of two-byte characters above 256 KiB',
      { data: { a: 'é'.repeat(KIB_256 / 2) } },
      '.data',
    ] as const),
    'PAYLOAD_TOO_LARGE',
  ),
  change('headers above 256 KiB', { headers: { a: ofLength(KIB_256) } }, '.headers', 'PAYLOAD_TOO_LARGE'),
  change('data of 65 levels', { data: nested(65) }, `.data${'.a'.repeat(64)}`),
  change('data of 65 levels in arrays', { data: { a: nestedArrays(64) } }, `.data.a${'[0]'.repeat(63)}`),
  change('a text in data with U+0000', { data: { a: ['\u0000'] } }, '.data.a[0]'),
  change('a text in data with a lone surrogate', { data: { a: { b: '\ud83d' } } }, '.data.a.b'),
  change('a text in headers with a lone surrogate', { headers: { a: '\udc00' } }, '.headers.a'),
  change('the name of a field with U+0000', { data: { 'a\u0000': 1 } }, '.data.a\u0000'),
  change('the name of a field with a lone surrogate', { data: { '\ud800': 1 } }, '.data.\ud800'),
  change('an integer of 2^53 in data', { data: { a: [0, { b: 2 ** 53 }] } }, '.data.a[1].b'),
  change('an integer below -2^53 in headers', { headers: { a: -(2 ** 60) } }, '.headers.a'),
  text('a key of twenty digits', '{"collection":"c","key":12345678901234567890,"data":{}}', '.key'),
  text('a key of 1e18', '{"collection":"c","key":1e18,"data":{}}', '.key'),
  text(
    'an integer of 2^53 + 1 in data',
    '{"collection":"c","key":"k","data":{"a":9007199254740993}}',
    '.data.a',
  ),
  text(
    '2^53 written as a fraction in data',
    '{"collection":"c","key":"k","data":{"a":9007199254740993.0}}',
    '.data.a',
  ),
  text('a number beyond a double in data', '{"collection":"c","key":"k","data":{"a":-1e400}}', '.data.a'),
  text(
    'an integer in the second of two equal fields',
    '{"collection":"c","key":"k","data":{"a":1,"a":9007199254740993}}',
    '.data.a',
  ),
  text('a lone surrogate by its escape', '{"collection":"c","key":"k","data":{"a":"\\ud83d"}}', '.data.a'),
  text(
    'an integer of 2^53 + 1 below __proto__',
    '{"collection":"c","key":"k","data":{"__proto__":{"a":9007199254740993}}}',
    '.data.__proto__.a',
  ),
];

const literals: BadInput[] = [
  literal(
    'an integer of 2^53 in data',
    '{ collection: "c", key: "k", data: { a: 9007199254740992 } }',
    'BAD_USER_INPUT',
    'changes[0].data',
  ),
  literal(
    'an integer of 2^53 in headers',
    '{ collection: "c", key: "k", data: {}, headers: { a: [9007199254740993] } }',
    'BAD_USER_INPUT',
    'changes[0].headers',
  ),
  literal(
    'a number beyond a double',
    '{ collection: "c", key: "k", data: { a: 1e400 } }',
    'BAD_USER_INPUT',
    'changes[0].data.a',
  ),
  literal(
    'U+0000 in data',
    '{ collection: "c", key: "k", data: { a: "\\u0000" } }',
    'BAD_USER_INPUT',
    'changes[0].data.a',
  ),
  literal(
    'a key with U+0000',
    '{ collection: "c", key: "\\u0000", data: {} }',
    'BAD_USER_INPUT',
    'changes[0].key',
  ),
  literal('a lone surrogate', '{ collection: "c", key: "\\ud83d", data: {} }', 'GRAPHQL_PARSE_FAILED'),
  literal(
    'data that is a number',
    '{ collection: "c", key: "k", data: 5 }',
    'BAD_USER_INPUT',
    'changes[0].data',
  ),
  literal(
    'a field that is missing',
    '{ collection: "c", data: {} }',
    'GRAPHQL_VALIDATION_FAILED',
    'changes[0].key',
  ),
  literal(
    'occurredAt that is no moment',
    '{ collection: "c", key: "k", data: {}, occurredAt: "now" }',
    'BAD_USER_INPUT',
    'changes[0].occurredAt',
  ),
];

/** Everything wrong that a source can send. */
export const BAD_CHANGES: readonly BadInput[] = [...names, ...fields, ...occurredAt, ...data, ...literals];
