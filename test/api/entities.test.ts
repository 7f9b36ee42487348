import { databaseKinds } from '../support/databases.js';
import { ask, post } from '../support/client.js';
import { publish } from '../support/operations.js';
import type { ChangeData } from '../support/operations.js';
import { fresh, headOf, ownHub } from './support/own-hub.js';

interface EntityData {
  readonly key: string;
  readonly version: number;
  readonly data: object;
}
interface Entities {
  readonly entities: {
    readonly nodes: readonly EntityData[];
    readonly edges: readonly { readonly cursor: string }[];
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly endCursor: string | null;
    };
  };
}

const ENTITIES = `query ($collection: String!, $where: [FieldCondition!], $first: Int! = 50, $after: String, $atLeast: Cursor) {
  entities(collection: $collection, where: $where, first: $first, after: $after, atLeast: $atLeast) {
    nodes { key version data } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;

/** Values on which conditions differ: numbers as numbers and as texts, null, absent, nested, in arrays, beyond the BMP. */
const PEOPLE: Readonly<Record<string, object>> = {
  ada: { name: 'Ada', age: 36, origin: { city: 'London', lat: 51.5 }, tags: ['a', 'b'], active: true },
  bob: { name: 'Bob', age: 36.5, origin: { city: 'Boston' }, tags: [], active: false },
  cyd: { name: 'cyd', age: '36', origin: null, nick: null },
  dan: { name: 'Dan😀', age: -1e3, origin: [{ city: 'London' }], 'origin.city': 'dotted' },
  eve: { name: '\uffff', age: 1e21, origin: { lat: 51.5, city: 'London' } },
  fay: {},
};

/** Each condition with the keys on which it holds. */
const CONDITIONS: readonly (readonly [object, readonly string[]])[] = [
  [{ field: 'age', eq: 36 }, ['ada']],
  [{ field: 'age', eq: 36.0 }, ['ada']],
  [{ field: 'age', eq: '36' }, ['cyd']],
  [{ field: 'age', ne: 36 }, ['bob', 'cyd', 'dan', 'eve', 'fay']],
  [{ field: 'nick', eq: null }, ['cyd']],
  [{ field: 'nick', ne: null }, ['ada', 'bob', 'dan', 'eve', 'fay']],
  [{ field: 'active', eq: true }, ['ada']],
  [{ field: 'age', in: [36, '36', 1e21] }, ['ada', 'cyd', 'eve']],
  [{ field: 'origin', eq: { lat: 51.5, city: 'London' } }, ['ada', 'eve']],
  [{ field: 'origin.city', eq: 'London' }, ['ada', 'eve']],
  [{ field: 'origin.city', exists: true }, ['ada', 'bob', 'eve']],
  [{ field: 'origin', exists: true }, ['ada', 'bob', 'cyd', 'dan', 'eve']],
  [{ field: 'origin', exists: false }, ['fay']],
  [{ field: 'tags', eq: ['a', 'b'] }, ['ada']],
  [{ field: 'tags', eq: ['b', 'a'] }, []],
  [{ field: 'tags', in: [[], ['b']] }, ['bob']],
  [{ field: 'tags.0', exists: true }, []],
  [{ field: 'age', gt: 36 }, ['bob', 'eve']],
  [{ field: 'age', gte: 36 }, ['ada', 'bob', 'eve']],
  [{ field: 'age', lt: 36 }, ['dan']],
  [{ field: 'age', lte: 36 }, ['ada', 'dan']],
  [{ field: 'age', gt: '3' }, ['cyd']],
  [{ field: 'age', gt: 0, lt: 37 }, ['ada', 'bob']],
  [{ field: 'name', gte: 'Bob', lt: 'd' }, ['bob', 'cyd', 'dan']],
  [{ field: 'name', gt: 'Dan\uffff' }, ['cyd', 'dan', 'eve']],
  [{ field: 'name', startsWith: 'Dan😀' }, ['dan']],
  [{ field: 'name', startsWith: '' }, ['ada', 'bob', 'cyd', 'dan', 'eve']],
  [{ field: 'name', startsWith: '%' }, []],
  [{ field: 'age', startsWith: '3' }, ['cyd']],
];

/** The newest state: entities, conditions on them, their history. */
describe.each(databaseKinds)('exploring entities on $name', (kind) => {
  const hub = ownHub(kind);

  beforeAll(async () => {
    const changes = Object.entries(PEOPLE).map(([key, data]) => ({ collection: 'people', key, data }));
    await publish(hub.url, changes);
  });

  const entities = async (variables: object): Promise<Entities['entities']> =>
    (await ask<Entities>(hub.url, ENTITIES, { collection: 'people', ...variables })).entities;
  const keysWhere = async (...where: readonly object[]): Promise<string[]> =>
    (await entities({ where })).nodes.map(({ key }) => key);

  it.each(CONDITIONS)('%j holds on %j', async (condition, keys) => {
    expect(await keysWhere(condition)).toEqual(keys);
  });

  it('holds all conditions of a where together', async () => {
    expect(await keysWhere({ field: 'origin.city', eq: 'London' }, { field: 'age', lt: 100 })).toEqual([
      'ada',
    ]);
    expect(await keysWhere({ field: 'age', eq: 36 }, { field: 'age', ne: 36 })).toEqual([]);
  });

  it('lists live entities in the order of their keys by code point, page by page', async () => {
    const collection = fresh('sorted');
    const keys = ['a', 'B', 'é', '\uffff', '😀', 'ab', 'Ab', '10', '9', 'gone'];
    await publish(
      hub.url,
      keys.map((key) => ({ collection, key, data: { key } })),
    );
    await publish(hub.url, [{ collection, key: 'gone', write: 'DELETE' }]);
    const seen: string[] = [];
    let after: string | null = null;
    for (const more of [true, true, false]) {
      const page: Entities['entities'] = await entities({ collection, first: 4, after });
      expect(page.pageInfo).toEqual({
        ...{ hasNextPage: more, hasPreviousPage: after !== null, endCursor: page.edges.at(-1)?.cursor },
      });
      seen.push(...page.nodes.map(({ key }) => key));
      after = page.pageInfo.endCursor;
    }
    expect(seen).toEqual(['10', '9', 'Ab', 'B', 'a', 'ab', 'é', '\uffff', '😀']);
  });

  it('knows no entity that never was, nor one that was deleted', async () => {
    const collection = fresh('gone');
    await publish(hub.url, [{ collection, key: 'k', data: {} }]);
    await publish(hub.url, [{ collection, key: 'k', write: 'DELETE' }]);
    const query =
      'query ($collection: String!, $key: ID!) { entity(collection: $collection, key: $key) { key } }';
    expect(await ask(hub.url, query, { collection, key: 'k' })).toEqual({ entity: null });
    expect(await ask(hub.url, query, { collection, key: 'never' })).toEqual({ entity: null });
    expect(await entities({ collection })).toMatchObject({ nodes: [] });
    expect(await entities({ collection: 'never' })).toMatchObject({ nodes: [] });
  });

  it('shows the newest state with its source, time and place', async () => {
    const key = fresh('k');
    await publish(hub.url, [{ collection: 'states', key, data: { n: 1 } }], { source: 'first' });
    const { results } = await publish(hub.url, [{ collection: 'states', key, data: { n: 2 } }], {
      source: 'second',
    });
    const { entity } = await ask<{ entity: object }>(
      hub.url,
      `query ($key: ID!) { entity(collection: "states", key: $key) {
        collection key version data source updatedAt cursor } }`,
      { key },
    );
    const newest = results[0]?.change;
    expect(entity).toEqual({
      ...{ collection: 'states', key, version: 2, data: { n: 2 }, source: 'second' },
      ...{ updatedAt: newest?.recordedAt, cursor: newest?.cursor },
    });
  });

  it('answers atLeast at once for a place that the log has come to', async () => {
    const head = await headOf(hub.url);
    expect((await entities({ atLeast: head })).nodes).toHaveLength(6);
  });

  describe('history', () => {
    const HISTORY = `query ($key: ID!, $first: Int! = 20, $after: String) { entity(collection: "told", key: $key) {
      history(first: $first, after: $after) { nodes { cursor version operation before after }
        edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
    interface History {
      readonly nodes: readonly ChangeData[];
      readonly edges: readonly { readonly cursor: string }[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    }
    const historyOf = async (key: string, variables: object = {}): Promise<History> =>
      (await ask<{ entity: { history: History } }>(hub.url, HISTORY, { key, ...variables })).entity.history;

    it('tells an entity newest first, over deletes, page by page, beside its neighbours', async () => {
      const [key, other] = [fresh('k'), fresh('k')];
      for (let n = 1; n <= 5; n += 1) {
        const data = { n };
        await publish(hub.url, [
          { collection: 'told', key, data },
          { collection: 'told', key: other, data },
        ]);
        if (n === 3) await publish(hub.url, [{ collection: 'told', key, write: 'DELETE' }]);
      }
      const whole = await historyOf(key);
      expect(whole.nodes.map((change) => [change.version, change.operation])).toEqual([
        ...[
          [6, 'UPDATE'],
          [5, 'CREATE'],
          [4, 'DELETE'],
          [3, 'UPDATE'],
          [2, 'UPDATE'],
          [1, 'CREATE'],
        ],
      ]);
      expect(whole.nodes[2]).toMatchObject({ before: { n: 3 }, after: null });
      const seen: string[] = [];
      let after: string | null = null;
      for (const more of [true, false]) {
        const page: History = await historyOf(key, { first: 3, after });
        expect(page.pageInfo).toMatchObject({ hasNextPage: more, hasPreviousPage: after !== null });
        seen.push(...page.edges.map(({ cursor }) => cursor));
        after = page.pageInfo.endCursor;
      }
      expect(seen).toEqual(whole.nodes.map(({ cursor }) => cursor));
    });

    it('refuses the place of another entity', async () => {
      const [key, other] = [fresh('k'), fresh('k')];
      const { results } = await publish(hub.url, [
        { collection: 'told', key, data: {} },
        { collection: 'told', key: other, data: {} },
      ]);
      const { errors } = await post(hub.url, HISTORY, { key, after: results[1]?.change?.cursor });
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_CURSOR', path: 'after' });
    });
  });
});
