import { CHANGES } from '../../support/operations.js';
import { BAD_CURSORS, BAD_NAMES, request } from './bad-input.js';
import type { BadInput, Places } from './bad-input.js';

const show = (name: string): string => JSON.stringify(name);

type Values = Readonly<Record<string, unknown>>;
type Variables = Values | ((places: Places) => Values);

const row =
  (query: string) =>
  (name: string, variables: Variables, path: string, code = 'BAD_USER_INPUT'): BadInput => ({
    name,
    request: (places) => request(query, typeof variables === 'function' ? variables(places) : variables),
    code,
    path,
  });

const changes = row(`query ($filter: ChangeFilter, $after: Cursor, $first: Int, $before: Cursor, $last: Int) {
  changes(filter: $filter, after: $after, first: $first, before: $before, last: $last) { nodes { key } } }`);
const entities = row(`query ($where: [FieldCondition!], $first: Int! = 50, $after: String, $atLeast: Cursor) {
  entities(collection: "quakes", where: $where, first: $first, after: $after, atLeast: $atLeast) { nodes { key } } }`);
const nullable = row(
  `query ($first: Int) { entities(collection: "quakes", first: $first) { nodes { key } } }`,
);
const entity = row(`query ($collection: String! = "quakes", $key: ID! = "k", $atLeast: Cursor) {
  entity(collection: $collection, key: $key, atLeast: $atLeast) { key } }`);
const history = row(`query ($first: Int! = 20, $after: String) {
  entity(collection: "quakes", key: "there") { history(first: $first, after: $after) { nodes { key } } } }`);
const change = row('query ($cursor: Cursor!) { change(cursor: $cursor) { key } }');
const acknowledge = row(`mutation ($consumer: ID! = "watcher", $cursor: Cursor!) {
  acknowledge(consumer: $consumer, cursor: $cursor) { name } }`);
const create = row('mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { name } }');
const subscribe = row(CHANGES);

/** Every place that takes a cursor. */
const CURSORS: readonly ((name: string, cursorOf: (places: Places) => string, code: string) => BadInput)[] = [
  (name, of, code) => changes(`changes: after ${name}`, (p) => ({ after: of(p) }), 'after', code),
  (name, of, code) => changes(`changes: before ${name}`, (p) => ({ before: of(p) }), 'before', code),
  (name, of, code) => change(`change: a cursor ${name}`, (p) => ({ cursor: of(p) }), 'cursor', code),
  (name, of, code) => entity(`entity: atLeast ${name}`, (p) => ({ atLeast: of(p) }), 'atLeast', code),
  (name, of, code) => entities(`entities: atLeast ${name}`, (p) => ({ atLeast: of(p) }), 'atLeast', code),
  (name, of, code) =>
    acknowledge(`acknowledge: a cursor ${name}`, (p) => ({ cursor: of(p) }), 'cursor', code),
  (name, of, code) =>
    create(
      `createConsumer: a cursor ${name}`,
      (p) => ({ input: { name: 'new', startAt: 'CURSOR', cursor: of(p) } }),
      'input.cursor',
      code,
    ),
];
const SUBSCRIPTION_CURSOR = ([why, of, code]: (typeof BAD_CURSORS)[number]): BadInput =>
  subscribe(`changes: a cursor ${why}`, (p) => ({ startAt: 'CURSOR', cursor: of(p) }), 'cursor', code);

/** Filters that are refused wherever one is given, with what comes behind `filter`. */
const FILTERS: readonly (readonly [name: string, filter: object, path: string])[] = [
  ['no collections', { collections: [] }, '.collections'],
  ['no operations', { operations: [] }, '.operations'],
  ['1,001 keys', { keys: Array.from({ length: 1_001 }, String) }, '.keys'],
  ['a key with U+0000', { keys: ['a', '\u0000'] }, '.keys[1]'],
  ['a source with a lone surrogate', { sources: ['\ud800'] }, '.sources[0]'],
  ['a key that is 2^53', { keys: [2 ** 53] }, '.keys[0]'],
  ['a collection that is null', { collections: [null] }, '.collections[0]'],
  ['an operation that there is not', { operations: ['UPSERT'] }, '.operations[0]'],
  ['a field of its own that there is not', { colour: 'red' }, '.colour'],
  ['a condition without an operator', { where: [{ field: 'a' }] }, '.where[0]'],
  ['a condition without a field', { where: [{ eq: 1 }] }, '.where[0].field'],
  ['a path that is empty', { where: [{ field: '', exists: true }] }, '.where[0].field'],
  ['a path with an empty step', { where: [{ field: 'a..b', exists: true }] }, '.where[0].field'],
  ['a path with U+0000', { where: [{ field: 'a\u0000', exists: true }] }, '.where[0].field'],
  ['a path of 501 characters', { where: [{ field: 'a'.repeat(501), exists: true }] }, '.where[0].field'],
  ['33 conditions', { where: Array<object>(33).fill({ field: 'a', eq: 1 }) }, '.where'],
  ['a comparison with null', { where: [{ field: 'a', gt: null }] }, '.where[0].gt'],
  [
    'a comparison with an object',
    {
      where: [
        { field: 'a', eq: 1 },
        { field: 'a', lte: {} },
      ],
    },
    '.where[1].lte',
  ],
  ['no alternatives', { where: [{ field: 'a', in: [] }] }, '.where[0].in'],
  ['a value with U+0000', { where: [{ field: 'a', eq: '\u0000' }] }, '.where[0].eq'],
  [
    'a value with a lone surrogate',
    { where: [{ field: 'a', startsWith: '\udfff' }] },
    '.where[0].startsWith',
  ],
  ['a value of 2^53', { where: [{ field: 'a', eq: 2 ** 53 }] }, '.where[0].eq'],
];

const filters: BadInput[] = FILTERS.flatMap(([name, filter, path]) => [
  changes(`changes: ${name}`, { filter }, `filter${path}`),
  // The variable has the argument's name, so that a place named after either reads the same.
  create(`createConsumer: ${name}`, { input: { name: 'new', filter } }, `input.filter${path}`),
]);

const pages: BadInput[] = [
  ...[-1, 1_001].flatMap((size) => [
    changes(`changes: first: ${size}`, { first: size }, 'first'),
    changes(`changes: last: ${size}`, { last: size }, 'last'),
    entities(`entities: first: ${size}`, { first: size }, 'first'),
    history(`history: first: ${size}`, { first: size }, 'first'),
  ]),
  changes('changes: first beside last', { first: 1, last: 1 }, 'last'),
  changes('changes: first that is a text', { first: '5' }, 'first'),
  changes('changes: first beyond 2^31', { first: 2 ** 31 }, 'first'),
  entities('entities: first that is null', { first: null }, 'first'),
  nullable('entities: first by a variable that may be null, and is', { first: null }, 'first'),
  entities('entities: a condition without an operator', { where: [{ field: 'a' }] }, 'where[0]'),
  entities('entities: after that is no cursor', { after: 'nope' }, 'after', 'INVALID_CURSOR'),
  entities('entities: after that is empty', { after: '' }, 'after', 'INVALID_CURSOR'),
  entities(
    'entities: after that is a cursor of the log',
    (p) => ({ after: p.head }),
    'after',
    'INVALID_CURSOR',
  ),
  entities(
    'entities: after that would be a key with U+0000',
    { after: Buffer.from('key:\0').toString('base64url') },
    'after',
    'INVALID_CURSOR',
  ),
  history('history: after that is no cursor', { after: 'nope' }, 'after', 'INVALID_CURSOR'),
  history('history: after of another log', (p) => ({ after: p.foreign }), 'after', 'INVALID_CURSOR'),
  change('change: no cursor', {}, 'cursor'),
  change('change: a cursor that is a number', { cursor: 5 }, 'cursor'),
];

const consumers: BadInput[] = [
  ...BAD_NAMES.map(([why, name]) =>
    create(`createConsumer: a name that is ${why}`, { input: { name } }, 'input.name'),
  ),
  create('createConsumer: a name that is over-long', { input: { name: 'x'.repeat(201) } }, 'input.name'),
  create('createConsumer: no name', { input: {} }, 'input.name'),
  create('createConsumer: no input', {}, 'input'),
  create('createConsumer: CURSOR without one', { input: { name: 'new', startAt: 'CURSOR' } }, 'input.cursor'),
  create('createConsumer: TIME without one', { input: { name: 'new', startAt: 'TIME' } }, 'input.time'),
  create(
    'createConsumer: a cursor for nothing',
    (p) => ({ input: { name: 'new', cursor: p.head } }),
    'input.cursor',
  ),
  create(
    'createConsumer: a time that is none',
    { input: { name: 'new', startAt: 'TIME', time: 'now' } },
    'input.time',
  ),
  create('createConsumer: startAt that is null', { input: { name: 'new', startAt: null } }, 'input.startAt'),
  create('createConsumer: no attempts', { input: { name: 'new', maxAttempts: 0 } }, 'input.maxAttempts'),
  acknowledge('acknowledge: no cursor', { consumer: 'watcher' }, 'cursor'),
];

const UNKNOWN = 'CONSUMER_NOT_FOUND';
const remove = row('mutation ($name: ID!) { deleteConsumer(name: $name) { name } }');
const consumer = row('query ($name: ID!) { consumer(name: $name) { name } }');
const listed = row('query ($collection: String!) { entities(collection: $collection) { nodes { key } } }');

/** Names that no database can look for: they are refused, and not looked for in vain on one database and fail on the other. */
const unthinkable: BadInput[] = ['a\u0000b', 'a\ud800', '\udc00a'].flatMap((name) => [
  acknowledge(
    `acknowledge: consumer: ${show(name)}`,
    (p) => ({ consumer: name, cursor: p.head }),
    'consumer',
  ),
  remove(`deleteConsumer: name: ${show(name)}`, { name }, 'name'),
  consumer(`consumer: name: ${show(name)}`, { name }, 'name'),
  entity(`entity: collection: ${show(name)}`, { collection: name }, 'collection'),
  entity(`entity: key: ${show(name)}`, { key: name }, 'key'),
  listed(`entities: collection: ${show(name)}`, { collection: name }, 'collection'),
]);

const unknown: BadInput[] = [
  {
    ...acknowledge('acknowledge: nobody', (p) => ({ consumer: 'nobody', cursor: p.head }), ''),
    code: UNKNOWN,
  },
  { ...remove('deleteConsumer: nobody', { name: 'nobody' }, ''), code: UNKNOWN },
];

/** JSON.stringify cannot write a number beyond a double, JSON.parse reads one. */
const beyondDouble = (bad: BadInput): BadInput => ({
  ...bad,
  request: (places) => bad.request(places).replace('"HERE"', '1e400'),
});

const operands: BadInput[] = ['eq', 'ne', 'gt'].map((operator) =>
  beyondDouble(
    changes(
      `changes: ${operator} with a number beyond a double`,
      { filter: { where: [{ field: 'a', [operator]: 'HERE' }] } },
      `filter.where[0].${operator}`,
    ),
  ),
);

/** Everything wrong that a reader or a consumer can send over HTTP or a socket. */
export const BAD_ARGUMENTS: readonly BadInput[] = [
  ...BAD_CURSORS.flatMap(([why, of, code]) => CURSORS.map((make) => make(why, of, code))),
  ...filters,
  ...pages,
  ...consumers,
  ...operands,
  ...unthinkable,
  ...unknown,
];

/** What a subscription, which needs a socket, is refused for. */
export const BAD_SUBSCRIPTIONS: readonly BadInput[] = [
  ...BAD_CURSORS.map(SUBSCRIPTION_CURSOR),
  ...BAD_NAMES.map(([why, name]) =>
    subscribe(`changes: a consumer that is ${why}`, { consumer: name }, 'consumer'),
  ),
  ...FILTERS.map(([name, filter, path]) => subscribe(`changes: ${name}`, { filter }, `filter${path}`)),
  ...[0, -1, 1_001].map((size) => subscribe(`changes: batchSize: ${size}`, { batchSize: size }, 'batchSize')),
  ...[0, 100_001].map((size) =>
    subscribe(`changes: maxInFlight: ${size}`, { maxInFlight: size }, 'maxInFlight'),
  ),
  subscribe('changes: batchSize that is null', { batchSize: null }, 'batchSize'),
  subscribe('changes: a consumer of 201 characters', { consumer: 'x'.repeat(201) }, 'consumer'),
  subscribe('changes: a consumer that is 2^53', { consumer: 2 ** 53 }, 'consumer'),
  subscribe('changes: CURSOR without one', { startAt: 'CURSOR' }, 'cursor'),
  subscribe('changes: TIME without one', { startAt: 'TIME' }, 'time'),
  subscribe('changes: a cursor for nothing', (p) => ({ cursor: p.head }), 'cursor'),
  subscribe('changes: a time that is none', { startAt: 'TIME', time: '2026' }, 'time'),
  subscribe('changes: a start that there is not', { startAt: 'NOW' }, 'startAt'),
];
