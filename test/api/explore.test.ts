import { databaseKinds } from '../support/databases.js';
import { ask, post } from '../support/client.js';
import { CHANGE_FIELDS, publish } from '../support/operations.js';
import type { ChangeData } from '../support/operations.js';
import { headOf, ownHub } from './support/own-hub.js';
import { present } from '../support/present.js';

interface Page<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE = `nodes { cursor key } edges { cursor node { cursor } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const CHANGES = `query ($filter: ChangeFilter, $after: Cursor, $first: Int, $before: Cursor, $last: Int) {
  changes(filter: $filter, after: $after, first: $first, before: $before, last: $last) { ${PAGE} } }`;

/** Reading beside the way: the log in pages, one change, counts, the hub itself. */
describe.each(databaseKinds)('exploring the log on $name', (kind) => {
  const hub = ownHub(kind);
  let recorded: readonly ChangeData[] = [];
  const cursor = (i: number): string => recorded[i]?.cursor ?? '';

  // Ten changes: even ones of `even`, odd ones of `odd`.
  beforeAll(async () => {
    const changes = Array.from({ length: 10 }, (_, i) => ({
      ...{ collection: i % 2 === 0 ? 'even' : 'odd', key: `k${i}`, sourceId: `i${i}`, data: { i } },
    }));
    const answer = await publish(hub.url, changes);
    recorded = answer.results.map(({ change }) => present(change));
  });

  const page = async (variables: object): Promise<Page<{ cursor: string; key: string }>> =>
    (await ask<{ changes: Page<{ cursor: string; key: string }> }>(hub.url, CHANGES, variables)).changes;
  const keys = (of: Page<{ key: string }>): string[] => of.nodes.map(({ key }) => key);

  it('answers the change at a place, and null where there is none', async () => {
    const query = `query ($cursor: Cursor!) { change(cursor: $cursor) { ${CHANGE_FIELDS} } }`;
    expect(await ask(hub.url, query, { cursor: cursor(4) })).toEqual({ change: recorded[4] });
    const beginning = await ask<{ createConsumer: { cursor: string } }>(
      hub.url,
      'mutation { createConsumer(input: { name: "at-the-beginning", startAt: EARLIEST }) { cursor } }',
    );
    expect(await ask(hub.url, query, { cursor: beginning.createConsumer.cursor })).toEqual({ change: null });
  });

  it('pages forwards from the beginning to the end, each change once', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (const more of [true, true, true, false]) {
      const found: Page<{ cursor: string; key: string }> = await page({ first: 3, after });
      expect(found.edges.map((edge) => edge.cursor)).toEqual(found.nodes.map((node) => node.cursor));
      expect(found.pageInfo).toEqual({
        hasNextPage: more,
        hasPreviousPage: after !== null,
        startCursor: found.nodes[0]?.cursor,
        endCursor: found.nodes.at(-1)?.cursor,
      });
      seen.push(...found.nodes.map((node) => node.cursor));
      after = found.pageInfo.endCursor;
    }
    expect(seen).toEqual(recorded.map((change) => change.cursor));
  });

  it('pages backwards from the end to the beginning, each page in log order', async () => {
    const seen: string[] = [];
    let before: string | null = null;
    for (const more of [true, true, true, false]) {
      const found: Page<{ cursor: string; key: string }> = await page({ last: 3, before });
      expect(found.pageInfo).toMatchObject({ hasPreviousPage: more, hasNextPage: before !== null });
      seen.unshift(...found.nodes.map((node) => node.cursor));
      before = found.pageInfo.startCursor;
    }
    expect(seen).toEqual(recorded.map((change) => change.cursor));
  });

  it('pages through what a filter leaves, and says rightly whether there is more of it', async () => {
    const filter = { collections: ['odd'] };
    const first = await page({ filter, first: 2 });
    expect(keys(first)).toEqual(['k1', 'k3']);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = await page({ filter, first: 3, after: first.pageInfo.endCursor });
    expect(keys(rest)).toEqual(['k5', 'k7', 'k9']);
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    // k0 alone lies before k1, and the filter leaves it out.
    expect((await page({ filter, first: 2, after: cursor(0) })).pageInfo.hasPreviousPage).toBe(false);
    // Behind k9 there is nothing at all; behind k8 nothing that matches but k9 itself.
    expect(
      (await page({ filter: { collections: ['even'] }, last: 2, before: cursor(9) })).pageInfo,
    ).toMatchObject({
      ...{ hasNextPage: false, hasPreviousPage: true },
    });
  });

  it('bounds a page at both ends, whichever way it goes', async () => {
    const bounds = { after: cursor(2), before: cursor(6) };
    expect(keys(await page({ ...bounds, first: 10 }))).toEqual(['k3', 'k4', 'k5']);
    expect(keys(await page({ ...bounds, last: 10 }))).toEqual(['k3', 'k4', 'k5']);
    expect(keys(await page({ ...bounds, first: 2 }))).toEqual(['k3', 'k4']);
    expect(keys(await page({ ...bounds, last: 2 }))).toEqual(['k4', 'k5']);
    expect(keys(await page({ after: cursor(6), before: cursor(2), first: 10 }))).toEqual([]);
  });

  it('knows that changes lie behind a page that a bound cut off', async () => {
    const forwards = await page({ after: cursor(2), before: cursor(6), first: 10 });
    expect(forwards.pageInfo).toMatchObject({ hasPreviousPage: true });
    const backwards = await page({ after: cursor(2), before: cursor(6), last: 10 });
    expect(backwards.pageInfo).toMatchObject({ hasNextPage: true });
  });

  it('answers an empty page without cursors', async () => {
    expect(await page({ first: 0 })).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    expect(await page({ filter: { keys: ['nobody'] } })).toMatchObject({
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false },
    });
  });

  it('gives the first 50 where nothing is said', async () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ collection: 'fifty', key: `f${i}`, data: {} }));
    await publish(hub.url, many);
    const found = await page({ filter: { collections: ['fifty'] } });
    expect(keys(found)).toEqual(many.slice(0, 50).map(({ key }) => key));
    expect(found.pageInfo.hasNextPage).toBe(true);
    expect(keys(await page({ filter: { collections: ['fifty'] }, first: 1_000 }))).toHaveLength(60);
  });

  it('refuses first beside last', async () => {
    const { errors } = await post(hub.url, CHANGES, { first: 1, last: 1 });
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', path: 'last' } });
  });

  it('counts what a recount of the log finds, over creates, updates, deletes and repeats', async () => {
    const write = (key: string, write: string, data?: object): object => ({
      collection: 'counted',
      key,
      write,
      data,
    });
    await publish(hub.url, [write('a', 'UPSERT', { n: 1 }), write('b', 'UPSERT', {})], { source: 'one' });
    await publish(hub.url, [write('a', 'PATCH', { n: 2 }), write('b', 'DELETE'), write('c', 'DELETE')], {
      source: 'two',
    });
    await publish(hub.url, [write('a', 'UPSERT', { n: 2 }), write('b', 'UPSERT', {})], { source: 'two' });
    const { changes, collections, sources, hub: about } = await ask<Counts>(hub.url, COUNTS);
    const liveKeys = (name: string): Promise<{ entities: { nodes: object[] } }> =>
      ask(hub.url, 'query ($name: String!) { entities(collection: $name, first: 1000) { nodes { key } } }', {
        name,
      });
    expect(about.changeCount).toBe(changes.nodes.length);
    expect(about.head).toBe(changes.nodes.at(-1)?.cursor);
    expect(collections.map(({ name }) => name)).toEqual(
      [...new Set(changes.nodes.map((c) => c.collection))].sort(),
    );
    for (const { name, changeCount, entityCount, declared } of collections) {
      expect(changeCount).toBe(changes.nodes.filter((change) => change.collection === name).length);
      expect(entityCount).toBe((await liveKeys(name)).entities.nodes.length);
      expect(declared).toBe(false);
    }
    expect(sources.map(({ name }) => name)).toEqual([...new Set(changes.nodes.map((c) => c.source))].sort());
    for (const { name, changeCount, lastChangeAt } of sources) {
      const own = changes.nodes.filter((change) => change.source === name);
      expect({ changeCount, lastChangeAt }).toEqual({
        changeCount: own.length,
        lastChangeAt: own.at(-1)?.recordedAt,
      });
    }
    expect(collections.find(({ name }) => name === 'counted')).toMatchObject({
      changeCount: 5,
      entityCount: 2,
    });
  });

  it('tells what the hub is', async () => {
    const { hub: about } = await ask<{ hub: Record<string, unknown> }>(
      hub.url,
      '{ hub { version logId head changeCount startedAt database signal } }',
    );
    expect(about).toMatchObject({ head: await headOf(hub.url), signal: 'in-process' });
    expect(about.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(about.logId).toMatch(/^[0-9a-f-]{36}$/);
    expect(about.database).toMatch(kind.name);
    expect(Date.parse(String(about.startedAt))).toBeLessThanOrEqual(Date.now());
  });
});

interface Counts {
  readonly changes: { readonly nodes: readonly ChangeData[] };
  readonly collections: readonly {
    readonly name: string;
    readonly entityCount: number;
    readonly changeCount: number;
    readonly declared: boolean;
  }[];
  readonly sources: readonly {
    readonly name: string;
    readonly changeCount: number;
    readonly lastChangeAt: string;
  }[];
  readonly hub: { readonly changeCount: number; readonly head: string };
}

const COUNTS = `{
  hub { changeCount head }
  changes(first: 1000) { nodes { ${CHANGE_FIELDS} } }
  collections { name entityCount changeCount declared }
  sources { name changeCount lastChangeAt }
}`;
