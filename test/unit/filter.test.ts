import { EVERYTHING, matcher, parseFilter, snapshotMatcher } from '../../src/model/filter.js';
import type { Scope } from '../../src/model/change.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import { changeAt, thrownBy } from '../contract/support/parts.js';

const parse = (input: Record<string, unknown>): ChangeFilter => parseFilter(input, 'filter');

describe('a filter', () => {
  const created = changeAt(1n, {
    collection: 'quakes',
    key: 'q1',
    source: 'usgs',
    after: '{"a":1,"b":{"c":2}}',
  });
  const updated = changeAt(2n, { operation: 'UPDATE', after: '{"a":2,"b":1}', undo: '{"a":[1],"gone":[7]}' });
  const deleted = changeAt(3n, { operation: 'DELETE', after: null, undo: '{"a":[9]}' });
  const all = [created, updated, deleted];

  it.each<[ChangeFilter, bigint[]]>([
    [{}, [1n, 2n, 3n]],
    [{ collections: ['quakes'] }, [1n, 2n, 3n]],
    [{ collections: ['other'] }, []],
    [{ keys: ['q1', 'q3'] }, [1n, 3n]],
    [{ operations: ['DELETE'] }, [3n]],
    [{ sources: ['usgs'] }, [1n]],
    [{ excludeSources: ['usgs'] }, [2n, 3n]],
    [{ sources: ['usgs'], excludeSources: ['usgs'] }, []],
    [{ changedFields: ['a'] }, [1n, 2n, 3n]],
    [{ changedFields: ['b'] }, [1n]],
    [{ changedFields: ['gone', 'nowhere'] }, [2n]],
  ])('%j selects %s', (filter, positions) => {
    const matches = matcher(filter);
    expect(all.filter((change) => matches(change) !== null).map((change) => change.row.position)).toEqual(
      positions,
    );
    expect(all.map(matches).filter((scope) => scope !== null && scope !== 'WITHIN')).toEqual([]);
  });

  it.each<[ChangeFilter, (Scope | null)[]]>([
    [{ where: [{ field: 'a', gt: 1 }] }, [null, 'ENTERED', 'LEFT']],
    [{ where: [{ field: 'a', gte: 1 }] }, ['ENTERED', 'WITHIN', 'LEFT']],
    [{ where: [{ field: 'b.c', exists: true }] }, ['ENTERED', null, null]],
    [{ where: [{ field: 'gone', exists: true }] }, [null, 'LEFT', null]],
    [{ where: [{ field: 'a', ne: 5 }], operations: ['CREATE'] }, ['ENTERED', null, 'LEFT']],
    [{ where: [{ field: 'a', ne: 5 }], changedFields: ['b'] }, ['ENTERED', null, 'LEFT']],
    [{ where: [{ field: 'a', ne: 5 }], changedFields: ['gone'] }, ['ENTERED', 'WITHIN', 'LEFT']],
    [{ where: [{ field: 'a', ne: 5 }], keys: ['q2'] }, [null, 'WITHIN', null]],
  ])('%j puts what happened in scope: %s', (filter, scopes) => {
    expect(all.map(matcher(filter))).toEqual(scopes);
  });

  it('counts the present state alone in a snapshot', () => {
    const where = [{ field: 'a', gte: 1 }];
    expect(all.map(snapshotMatcher({ where, operations: ['DELETE'] }))).toEqual(['ENTERED', 'ENTERED', null]);
    expect(all.map(snapshotMatcher({ operations: ['UPDATE'] }))).toEqual([null, 'WITHIN', null]);
  });
});

describe('a filter from outside', () => {
  it('that is absent or empty lets everything through', () => {
    expect(parseFilter(null, 'filter')).toEqual(EVERYTHING);
    expect(parseFilter(undefined, 'filter')).toEqual(EVERYTHING);
    expect(parse({ collections: null, where: null })).toEqual({});
    expect(parse({ where: [], excludeSources: [] })).toEqual({});
  });

  it('has one text, whatever the order and repeats of its lists', () => {
    const one = parse({
      keys: ['b', 'a', 'b'],
      collections: ['c'],
      where: [{ field: 'a', eq: 1, exists: null }],
    });
    const other = parse({
      where: [{ exists: null, eq: 1, field: 'a' }],
      collections: ['c', 'c'],
      keys: ['a', 'b'],
    });
    expect(JSON.stringify(one)).toBe('{"collections":["c"],"keys":["a","b"],"where":[{"field":"a","eq":1}]}');
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  });

  it.each(['collections', 'keys', 'operations', 'sources', 'changedFields'])(
    'is refused with its place where %s is empty',
    (name) => {
      const error = thrownBy(() => parse({ [name]: [] }));
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: `filter.${name}` } });
      expect(error.message).toMatch(/would match nothing/);
    },
  );

  it.each(['collections', 'keys', 'sources', 'excludeSources', 'changedFields'])(
    'is refused with its place where %s is too long or holds what no text can',
    (name) => {
      const long = Array.from({ length: 1_001 }, (_, i) => String(i));
      expect(thrownBy(() => parse({ [name]: long })).details).toMatchObject({ path: `filter.${name}` });
      expect(parse({ [name]: long.slice(1) })).toHaveProperty([name, 'length'], 1_000);
      for (const bad of ['a\0', '\ud83d']) {
        const error = thrownBy(() => parse({ [name]: ['fine', bad] }));
        expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: `filter.${name}[1]` } });
      }
    },
  );

  it('is refused with the place of a wrong condition', () => {
    const error = thrownBy(() => parse({ where: [{ field: 'a', eq: 1 }, { field: 'b' }] }));
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: 'filter.where[1]' } });
  });
});
