import type { Point } from '../../src/model/cursor.js';
import { View } from '../../src/view/view.js';
import { databaseKinds } from '../support/databases.js';
import { eventually } from '../support/wait.js';
import { RoomsOfHub } from './support/callers.js';
import { COLLECTIONS, ENTITIES, recordMore, recordSecrets, restricted, SECRET } from './support/secrets.js';
import { Walker } from './support/walker.js';
import { fieldsOf, rootFieldsOf } from './support/ways-out.js';
import { present } from '../support/present.js';
import { unmarked } from '../contract/support/parts.js';

/** How a caller gets something out of the hub. */
interface Way {
  /** Asks in every manner that could make a difference. */
  readonly go: (walker: Walker, log: Recorded) => Promise<void>;
  /** Whether a caller that sees everything finds the secret in what comes. */
  readonly tells: boolean;
  /** What the restricted caller finds all the same. */
  readonly shows?: string;
}

/** What was recorded before anybody asks. */
interface Recorded {
  /** The cursor of every change, and where it is. */
  readonly cursors: readonly string[];
  readonly points: readonly Point[];
  readonly cursorOf: (position: bigint) => string;
}

const FILTERS: readonly object[] = [
  ...[{}, { sources: ['erp', `${SECRET}-payroll`] }, { operations: ['CREATE'] }, { keys: ['leaves', 'w1'] }],
  ...[{ changedFields: ['salary'] }, { changedFields: [`${SECRET}-field`, 'note'] }],
  ...COLLECTIONS.map((name) => ({ collections: [name] })),
  ...['salary', 'note', 'pay'].map((field) => ({ where: [{ field, startsWith: SECRET }] })),
  { where: [{ field: 'region', eq: 'US' }] },
  { collections: ['people'], where: [{ field: 'salary', exists: false }] },
];

const tell =
  (rootField: string, ...cases: readonly object[]): Way['go'] =>
  (walker) =>
    walker.ask(rootField, ...cases);
/** On a consumer of the caller's own, all of whose changes are dead letters. */
const onDead =
  (rootField: string, args: object): Way['go'] =>
  (walker, { cursorOf }) =>
    walker.ask(rootField, {
      name: `dead-${walker.name}`,
      consumer: `dead-${walker.name}`,
      cursor: cursorOf(1n),
      ...args,
    });

/** What a caller sends that may not see what it writes to. */
const attempts = (name: string): object[] => {
  const wage = { collection: 'wages', key: 'w1' };
  const outside = { collection: 'tickets', key: 'outside' };
  const ann = { collection: 'people', key: 'ann' };
  return [
    { ...wage, data: { pay: SECRET }, sourceId: 'wages-1' },
    { ...wage, data: { pay: 0 }, sourceId: 'wages-1' },
    { ...wage, data: {}, expectedVersion: 99 },
    { ...outside, data: { region: 'US', note: SECRET }, sourceId: 'outside-1' },
    { ...outside, data: {}, expectedVersion: 99 },
    { ...outside, write: 'PATCH', data: { by: name } },
    { collection: 'tickets', key: 'leaves', data: {}, expectedVersion: 99 },
    { collection: 'tickets', key: 'deleted', data: {}, expectedVersion: 99 },
    { ...ann, data: { name, salary: SECRET }, expectedVersion: 99 },
    { ...ann, write: 'PATCH', data: { salary: `${SECRET} by ${name}` } },
    { ...ann, write: 'PATCH', data: { name: `ann ${name}` } },
  ];
};

/** Every field at which an operation begins. One that is added later has to be added here. */
const WAYS: Readonly<Record<string, Way>> = {
  'Query.hub': { go: tell('Query.hub', {}), tells: false, shows: 'SQL' },
  'Query.node': {
    go: async (walker, log) => walker.ask('Query.node', ...(await idsFor(walker, log)).map((id) => ({ id }))),
    tells: true,
    shows: '"anne"',
  },
  'Query.nodes': {
    go: async (walker, log) => walker.ask('Query.nodes', { ids: await idsFor(walker, log) }),
    tells: true,
    shows: '"anne"',
  },
  'Query.change': {
    go: (walker, { cursors }) => walker.ask('Query.change', ...cursors.map((cursor) => ({ cursor }))),
    tells: true,
    shows: '"anne"',
  },
  'Query.changes': {
    go: async (walker, { cursors }) => {
      await walker.ask('Query.changes', ...FILTERS.flatMap((filter) => [{ filter }, { filter, last: 3 }]));
      await walker.ask('Query.changes', ...cursors.map((after) => ({ after, first: 2 })));
    },
    tells: true,
    shows: '"anne"',
  },
  'Query.entity': { go: tell('Query.entity', ...ENTITIES), tells: true, shows: '"anne"' },
  'Query.entities': {
    go: tell(
      'Query.entities',
      ...COLLECTIONS.flatMap((collection) => [
        { collection },
        { collection, where: [{ field: 'salary', startsWith: SECRET }] },
        { collection, where: [{ field: 'salary', exists: false }] },
        { collection, where: [{ field: 'region', eq: 'US' }] },
      ]),
    ),
    tells: true,
    shows: '"anne"',
  },
  'Query.collections': { go: tell('Query.collections', {}), tells: true, shows: '"people"' },
  'Query.sources': { go: tell('Query.sources', {}), tells: true },
  'Query.consumer': { go: onDead('Query.consumer', {}), tells: true, shows: '"anne"' },
  'Query.consumers': { go: tell('Query.consumers', {}), tells: true, shows: '"anne"' },
  'Mutation.publish': {
    go: async (walker) => {
      for (const change of attempts(walker.name))
        await walker.ask('Mutation.publish', { source: 'erp', changes: [change] });
      await walker.ask('Mutation.publish', {
        source: 'erp',
        changes: attempts(walker.name).slice(0, 6),
        atomic: true,
      });
    },
    tells: true,
    shows: '"DUPLICATE"',
  },
  'Mutation.acknowledge': { go: onDead('Mutation.acknowledge', {}), tells: true, shows: '"anne"' },
  'Mutation.seekConsumer': {
    go: onDead('Mutation.seekConsumer', { to: 'CURSOR' }),
    tells: true,
    shows: '"anne"',
  },
  'Mutation.pauseConsumer': { go: onDead('Mutation.pauseConsumer', {}), tells: true, shows: '"anne"' },
  'Mutation.resumeConsumer': { go: onDead('Mutation.resumeConsumer', {}), tells: true, shows: '"anne"' },
  'Mutation.createConsumer': {
    go: (walker) => walker.ask('Mutation.createConsumer', { input: { name: `new-${walker.name}` } }),
    tells: false,
    shows: '"new-',
  },
  'Mutation.deleteConsumer': {
    go: (walker) => walker.ask('Mutation.deleteConsumer', { name: `new-${walker.name}` }),
    tells: false,
    shows: '"new-',
  },
  'Mutation.reject': {
    go: (walker, { cursors }) =>
      walker.ask(
        'Mutation.reject',
        ...cursors.map((change) => ({ consumer: `rejects-${walker.name}`, change, reason: 'no room' })),
      ),
    tells: true,
    shows: '"anne"',
  },
  'Mutation.redrive': {
    go: async (walker) => {
      const consumer = `dead-${walker.name}`;
      return walker.ask('Mutation.redrive', { consumer, ids: [await letterOf(walker, consumer, 1n)] });
    },
    tells: false,
  },
  'Mutation.discard': {
    go: async (walker) => {
      const consumer = `dead-${walker.name}`;
      return walker.ask('Mutation.discard', { consumer, ids: [await letterOf(walker, consumer, 2n)] });
    },
    tells: false,
  },
  'Subscription.changes': {
    go: async (walker) => {
      const starts = ['EARLIEST', 'LATEST', 'SNAPSHOT'];
      const last = `last-${walker.name}`;
      const filters = [{}, { collections: ['people', ...COLLECTIONS] }];
      const looks = filters.flatMap((filter) => starts.map((startAt) => ({ startAt, filter })));
      const again = { consumer: `again-${walker.name}` };
      await walker.follow(
        'Subscription.changes',
        looks,
        () => recordMore(walker.hub, last),
        (text) => text.includes(`"${last}"`),
      );
      await walker.follow(
        'Subscription.changes',
        [again],
        () => Promise.resolve(),
        (text) => text.includes(`"${last}"`) && text.split('"attempt":2').length > REJECTED.length,
      );
    },
    tells: true,
    shows: '"anne"',
  },
};

const NODE = 'query ($id: ID!) { node(id: $id) { id } }';

/** Changes that come again: a ticket outside, one that leaves, a person, and a wage. */
const REJECTED = [3n, 6n, 12n, 15n];

/** The ids of everything that is recorded, seen or not. */
async function idsFor(walker: Walker, { points }: Recorded): Promise<string[]> {
  const { ids, consumers } = walker.hub.rooms;
  const consumer = `dead-${walker.name}`;
  return [
    ...points.map((point) => ids.change(point)),
    ...ENTITIES.map((entity) => ids.entity(entity)),
    ...(await consumers.list()).map(({ id }) => ids.consumer(id)),
    ...(await Promise.all(points.map(({ position }) => letterOf(walker, consumer, position)))),
  ];
}

/** The id of a consumer's dead letter at a position. */
async function letterOf(walker: Walker, consumer: string, position: bigint): Promise<string> {
  const found = await walker.hub.rooms.consumers.find(consumer);
  return walker.hub.rooms.ids.deadLetter({ consumer: present(found).id, position });
}

describe.each(databaseKinds)('the one door out, on $name', (kind) => {
  let hub: RoomsOfHub;
  const everything = View.of();
  const callers = new Map<string, Walker>();

  beforeAll(async () => {
    hub = await RoomsOfHub.open(kind);
    await recordSecrets(hub);
    const { head } = await hub.stand.log.extent();
    const positions = Array.from({ length: Number(head) }, (_, i) => BigInt(i + 1));
    const points = await Promise.all(positions.map((position) => hub.stand.log.points.at(position)));
    const cursorOf = (position: bigint): string =>
      hub.rooms.cursors.encode(present(points[Number(position) - 1]));
    const recorded = { cursors: positions.map(cursorOf), points, cursorOf };
    for (const walker of [new Walker(hub, 'some', restricted), new Walker(hub, 'all', everything)]) {
      callers.set(walker.name, walker);
      await makeConsumer(`dead-${walker.name}`, 1, positions);
      await makeConsumer(`again-${walker.name}`, 5, REJECTED);
      await makeConsumer(`rejects-${walker.name}`, 5, []);
      await makeConsumer(`live-${walker.name}`, 5, []);
      await connect(`live-${walker.name}`);
      for (const { go } of Object.values(WAYS)) await go(walker, recorded);
    }
  }, 120_000);
  afterAll(() => hub.close());

  /** A session of a consumer that never ends. */
  async function connect(name: string): Promise<void> {
    await hub.rooms.consumers.begin(name, null, { at: 'EARLIEST' }, '127.0.0.1');
    await hub.stand.database.write('update consumer set reported_at = $2 where name = $1', [name, 9e15]);
  }

  /** A consumer of everything that rejected some changes, as somebody saw to who may see all of it. */
  async function makeConsumer(name: string, maxAttempts: number, rejected: readonly bigint[]): Promise<void> {
    const { consumers, retry } = hub.rooms;
    await consumers.create({ name, filter: {}, start: { at: 'EARLIEST' }, maxAttempts });
    // As a session would have reported that had sent all there is.
    const { head } = await hub.stand.log.extent();
    await hub.stand.database.write('update consumer set sent = $2, reach = $2 where name = $1', [name, head]);
    for (const position of rejected) {
      await retry.reject(name, {
        content: { ...unmarked(position), attempt: null },
        reason: 'no room',
        retryInSeconds: 0,
        session: null,
        view: everything,
      });
    }
  }

  /** What the restricted caller gets for an id, and the statements that were run for it. */
  async function answerTo(id: string): Promise<{ readonly answer: unknown; readonly statements: string[] }> {
    const spies = [
      jest.spyOn(hub.stand.database, 'read'),
      jest.spyOn(hub.stand.database, 'readWhile'),
    ] as const;
    const answer = await hub.ask(restricted, NODE, { id });
    const statements = spies.flatMap(({ mock }) => mock.calls.map(([sql]) => sql));
    for (const spy of spies) spy.mockRestore();
    return { answer, statements };
  }

  const textOf = (caller: string, rootField: string): string => callers.get(caller)?.textOf(rootField) ?? '';

  it('is asked for everything that the schema has', () => {
    expect(Object.keys(WAYS).sort()).toEqual(rootFieldsOf(hub.schema).sort());
    const answered = callers.get('all')?.answered ?? new Set();
    expect(fieldsOf(hub.schema).filter((name) => !answered.has(name))).toEqual([]);
  });

  it.each(Object.keys(WAYS))('lets nothing secret out by %s', (rootField) => {
    const { tells, shows = '' } = WAYS[rootField] ?? {};
    expect(textOf('all', rootField).includes(SECRET)).toBe(tells);
    expect(textOf('some', rootField)).not.toContain(SECRET);
    expect(textOf('some', rootField)).toContain(shows);
  });

  it('answers an id of what is not seen as one of what is not there, by the same statements', async () => {
    const { ids, consumers } = hub.rooms;
    const { id: consumer } = present(await consumers.find('dead-some'));
    const position = REJECTED[0] ?? 0n;
    const point = await hub.stand.log.points.at(position);
    const entity = (collection: string, key: string): string => ids.entity({ collection, key });
    const pairs = [
      [entity('tickets', 'outside'), entity('tickets', 'nowhere')],
      [entity('wages', 'w1'), entity('wages', 'w2')],
      [ids.change(point), ids.change({ ...point, position: 1_000_000n })],
      [ids.deadLetter({ consumer, position }), ids.deadLetter({ consumer: 1_000_000n, position })],
    ] as const;
    for (const [hidden, nowhere] of pairs) {
      const seen = await answerTo(hidden);
      expect(seen).toEqual(await answerTo(nowhere));
      expect(seen.answer).toEqual({ data: { node: null } });
      expect((await hub.ask(everything, NODE, { id: hidden })).data?.node).not.toBeNull();
    }
  });

  it('answers no condition on what is hidden', async () => {
    const probe = `query ($where: [FieldCondition!]!) {
      changes(filter: { where: $where }) { nodes { key } }
      entities(collection: "people", where: $where) { nodes { key } }
      tickets: entities(collection: "tickets", where: $where) { nodes { key } }
    }`;
    const nothing = { changes: { nodes: [] }, entities: { nodes: [] }, tickets: { nodes: [] } };
    for (const field of ['salary', 'note']) {
      const where = [{ field, startsWith: SECRET }];
      expect(await hub.ask(restricted, probe, { where })).toMatchObject({ data: nothing });
      expect(JSON.stringify(await hub.ask(everything, probe, { where }))).toContain('"key"');
    }
  });

  it('prints what each caller sees where several with other rights follow the same operation', async () => {
    const query = 'subscription { changes(startAt: LATEST) { changes { collection key before after } } }';
    const views = [everything, restricted, everything, restricted];
    const followed = await Promise.all(views.map((view) => hub.follow(view, query, {})));
    await eventually(() => followed.every(({ frames }) => frames.length > 0), { what: 'first batches' });
    await recordMore(hub, 'together');
    const texts = followed.map(
      ({ frames }) =>
        () =>
          frames.join('\n'),
    );
    await eventually(() => texts.every((text) => text().includes('"together"')), { what: 'the last change' });
    expect(texts.map((text) => text().includes(SECRET))).toEqual([true, false, true, false]);
    for (const { end } of followed) await end();
  });

  it('lets no count out of what is not seen', async () => {
    const ask = (source: string): Promise<unknown> => hub.ask(restricted, source, {});
    const people = (await hub.stand.all()).filter(({ collection }) => collection === 'people');
    const collections = [
      { name: 'people', entityCount: new Set(people.map(({ key }) => key)).size, changeCount: people.length },
      { name: 'tickets', entityCount: 0, changeCount: 0 },
    ];
    const counts = '{ hub { changeCount } collections { name entityCount changeCount } sources { name } }';
    expect(await ask(counts)).toMatchObject({
      data: { hub: { changeCount: people.length }, collections, sources: [] },
    });
  });
});
