import { databaseKinds } from '../support/databases.js';
import { ask } from '../support/client.js';
import { CHANGE_FIELDS, publish } from '../support/operations.js';
import type { ChangeData, PublishData, ResultData } from '../support/operations.js';
import { fresh, headOf, ownHub } from './support/own-hub.js';
import { present } from '../support/present.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const URL_SAFE = /^[\w-]{16,}$/;
const outcomes = ({ results }: PublishData): ResultData['outcome'][] => results.map(({ outcome }) => outcome);

/** What a source's call becomes, as the source sees it. */
describe.each(databaseKinds)('publish on $name', (kind) => {
  const hub = ownHub(kind);

  const one = async (change: object, source?: string): Promise<ResultData> => {
    const { results } = await publish(hub.url, [change], source === undefined ? {} : { source });
    expect(results).toHaveLength(1);
    return present(results[0]);
  };

  describe('a change that is applied', () => {
    it('carries every field that the source gave', async () => {
      const key = fresh('customer');
      const headers = { traceparent: '00-4bf9-01', nested: { list: [1, null, 'é'] } };
      const result = await one({
        ...{ collection: 'customers', key, write: 'UPSERT', sourceId: key, expectedVersion: 0, headers },
        data: { name: 'Ada', tags: ['a', 'b'], address: { city: 'Turin' } },
        occurredAt: '2026-03-01T05:12:09.5+01:00',
      });
      const { id, cursor, recordedAt, ...rest } = present(result.change);
      expect(result).toMatchObject({ outcome: 'APPLIED', conflict: null });
      expect(id).not.toBe(cursor);
      expect(cursor).toBe(await headOf(hub.url));
      expect(id).toMatch(URL_SAFE);
      expect(recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(rest).toEqual({
        ...{
          collection: 'customers',
          key,
          sourceId: key,
          source: 'crm',
          headers,
          version: 1,
          operation: 'CREATE',
          scope: 'WITHIN',
        },
        before: null,
        after: { name: 'Ada', tags: ['a', 'b'], address: { city: 'Turin' } },
        changedFields: ['name', 'tags', 'address'],
        occurredAt: '2026-03-01T04:12:09.500Z',
      });
    });

    it('gets a sourceId of the hub where the source gave none, and occurredAt is recordedAt', async () => {
      const first = await one({ collection: 'customers', key: fresh('c'), data: {} });
      const second = await one({ collection: 'customers', key: fresh('c'), data: {} });
      expect(first.change?.sourceId).toMatch(UUID_V7);
      expect(second.change?.sourceId).toMatch(UUID_V7);
      expect(second.change?.sourceId).not.toBe(first.change?.sourceId);
      expect(first.change).toMatchObject({ occurredAt: first.change?.recordedAt, headers: null });
    });

    it('is an UPSERT where the source says nothing, and replaces the entity whole', async () => {
      const key = fresh('c');
      await one({ collection: 'customers', key, data: { name: 'Ada', city: 'Turin' } });
      const { change } = await one({ collection: 'customers', key, data: { name: 'Bea' } });
      expect(change).toMatchObject({
        ...{
          operation: 'UPDATE',
          version: 2,
          before: { name: 'Ada', city: 'Turin' },
          after: { name: 'Bea' },
        },
      });
      expect(change?.changedFields.toSorted()).toEqual(['city', 'name']);
    });

    it('takes a number as key and sourceId for the text of it', async () => {
      const { change } = await one({
        collection: 'numbers',
        key: 4711,
        sourceId: Number.MAX_SAFE_INTEGER,
        data: {},
      });
      expect(change).toMatchObject({ key: '4711', sourceId: '9007199254740991' });
    });
  });

  describe('PATCH', () => {
    it('merges into the entity: fields replace, null removes, objects merge, arrays replace', async () => {
      const key = fresh('c');
      const data = { name: 'Ada', city: 'Turin', address: { zip: '1', street: 'A' }, tags: [1, 2] };
      await one({ collection: 'customers', key, data });
      const patch = { name: 'Bea', city: null, address: { zip: '2', floor: 3 }, tags: [9], absent: null };
      const { change } = await one({ collection: 'customers', key, write: 'PATCH', data: patch });
      expect(change).toMatchObject({ operation: 'UPDATE', version: 2, before: data });
      expect(change?.after).toEqual({ name: 'Bea', address: { zip: '2', street: 'A', floor: 3 }, tags: [9] });
      expect(change?.changedFields.toSorted()).toEqual(['address', 'city', 'name', 'tags']);
    });

    it('creates an entity that is not live, without the fields that it would remove', async () => {
      const key = fresh('c');
      const data = { name: 'Ada', city: null, address: { zip: null, street: 'A' } };
      const { change } = await one({ collection: 'customers', key, write: 'PATCH', data });
      expect(change).toMatchObject({ operation: 'CREATE', version: 1, before: null });
      expect(change?.after).toEqual({ name: 'Ada', address: { street: 'A' } });
    });
  });

  describe('DELETE', () => {
    it('ends an entity, whose version goes on when it is created again', async () => {
      const key = fresh('c');
      await one({ collection: 'customers', key, data: { name: 'Ada' } });
      const gone = await one({ collection: 'customers', key, write: 'DELETE' });
      const again = await one({ collection: 'customers', key, data: { name: 'Ada' } });
      expect(gone.change).toMatchObject({
        ...{ operation: 'DELETE', version: 2, before: { name: 'Ada' }, after: null, changedFields: ['name'] },
      });
      expect(again.change).toMatchObject({
        operation: 'CREATE',
        version: 3,
        before: null,
        after: { name: 'Ada' },
      });
    });

    it('of what is not live changes nothing', async () => {
      const key = fresh('c');
      expect(await one({ collection: 'customers', key, write: 'DELETE' })).toMatchObject({
        outcome: 'UNCHANGED',
      });
      await one({ collection: 'customers', key, data: {} });
      await one({ collection: 'customers', key, write: 'DELETE' });
      expect(await one({ collection: 'customers', key, write: 'DELETE' })).toMatchObject({
        outcome: 'UNCHANGED',
      });
    });
  });

  describe('a change that changes nothing', () => {
    it('is UNCHANGED, whatever the order of fields, and leaves neither a change nor its sourceId', async () => {
      const key = fresh('c');
      await one({ collection: 'customers', key, data: { a: 1, b: { c: 2, d: [3] } } });
      const head = await headOf(hub.url);
      const same = {
        collection: 'customers',
        key,
        sourceId: `${key}-same`,
        data: { b: { d: [3], c: 2.0 }, a: 1 },
      };
      expect(await one(same)).toEqual({ outcome: 'UNCHANGED', change: null, conflict: null });
      expect(await headOf(hub.url)).toBe(head);
      expect(await one({ ...same, data: { a: 2 } })).toMatchObject({ outcome: 'APPLIED' });
    });
  });

  describe('a sourceId', () => {
    it('that was recorded before is a DUPLICATE with what was recorded then', async () => {
      const change = {
        collection: 'orders',
        key: fresh('o'),
        sourceId: fresh('id'),
        data: { total: 1, of: 'x' },
      };
      const first = await one(change);
      await one({ ...change, sourceId: fresh('id'), data: { total: 2 } });
      const again = await one({ ...change, data: { of: 'x', total: 1 } });
      expect(again).toEqual({ ...first, outcome: 'DUPLICATE' });
    });

    it.each([
      ['data', { data: { total: 2 } }],
      ['key', { key: 'another' }],
      ['collection', { collection: 'invoices' }],
      ['write', { write: 'PATCH' }],
    ])('reused with another %s is a CONFLICT that shows what the hub holds', async (_what, other) => {
      const change = { collection: 'orders', key: fresh('o'), sourceId: fresh('id'), data: { total: 1 } };
      await one(change);
      const head = await headOf(hub.url);
      const { outcome, conflict } = await one({ ...change, ...other });
      expect(outcome).toBe('CONFLICT');
      expect(conflict).toMatchObject({ reason: 'ID_REUSED' });
      expect(await headOf(hub.url)).toBe(head);
    });

    it('belongs to its source: two sources may use the same', async () => {
      const sourceId = fresh('id');
      expect(await one({ collection: 'orders', key: fresh('o'), sourceId, data: {} }, 'crm')).toMatchObject({
        outcome: 'APPLIED',
      });
      expect(await one({ collection: 'orders', key: fresh('o'), sourceId, data: {} }, 'erp')).toMatchObject({
        outcome: 'APPLIED',
      });
    });

    it('is looked up before the version is', async () => {
      const change = {
        collection: 'orders',
        key: fresh('o'),
        sourceId: fresh('id'),
        expectedVersion: 0,
        data: {},
      };
      expect(await one(change)).toMatchObject({ outcome: 'APPLIED' });
      expect(await one(change)).toMatchObject({ outcome: 'DUPLICATE' });
    });

    it('sent in parallel is recorded once', async () => {
      const change = { collection: 'orders', key: fresh('o'), sourceId: fresh('id'), data: { total: 1 } };
      const results = await Promise.all(Array.from({ length: 20 }, () => one(change)));
      const counted = results.map(({ outcome }) => outcome).sort();
      expect(counted).toEqual(['APPLIED', ...Array<string>(19).fill('DUPLICATE')]);
      expect(new Set(results.map((result) => result.change?.cursor)).size).toBe(1);
    });
  });

  describe('expectedVersion', () => {
    it('0 applies only to what is not live: never was, or deleted', async () => {
      const key = fresh('c');
      const create = (name: string): Promise<ResultData> =>
        one({ collection: 'customers', key, expectedVersion: 0, data: { name } });
      expect(await create('Ada')).toMatchObject({ outcome: 'APPLIED', change: { version: 1 } });
      expect(await create('Bea')).toMatchObject({
        outcome: 'CONFLICT',
        change: null,
        conflict: { reason: 'VERSION_MISMATCH', currentVersion: 1, current: { name: 'Ada' } },
      });
      await one({ collection: 'customers', key, write: 'DELETE' });
      expect(await create('Cid')).toMatchObject({ outcome: 'APPLIED', change: { version: 3 } });
    });

    it('n applies only on version n', async () => {
      const key = fresh('c');
      const write = (expectedVersion: number, data: object): Promise<ResultData> =>
        one({ collection: 'customers', key, expectedVersion, data });
      expect(await write(1, {})).toMatchObject({
        outcome: 'CONFLICT',
        conflict: { reason: 'VERSION_MISMATCH', currentVersion: 0, current: null },
      });
      await write(0, { a: 1 });
      expect(await write(1, { a: 2 })).toMatchObject({ outcome: 'APPLIED', change: { version: 2 } });
      expect(await write(1, { a: 3 })).toMatchObject({
        outcome: 'CONFLICT',
        conflict: { currentVersion: 2 },
      });
      await one({ collection: 'customers', key, write: 'DELETE', expectedVersion: 2 });
      expect(await write(3, { a: 4 })).toMatchObject({
        outcome: 'CONFLICT',
        conflict: { currentVersion: 3, current: null },
      });
    });

    it('tells the source everything about its conflict', async () => {
      const key = fresh('c');
      await one({ collection: 'customers', key, data: { a: 1 } });
      const { publish: answer } = await ask<{ publish: { results: { conflict: object }[] } }>(
        hub.url,
        `mutation ($key: ID!) { publish(source: "erp", changes: [
          { collection: "customers", key: $key, expectedVersion: 7, data: { a: 2 } }]) { results { conflict {
            id collection key source reason current currentVersion incoming resolution at } } } }`,
        { key },
      );
      expect(answer.results[0]?.conflict).toEqual({
        ...{
          id: expect.stringMatching(URL_SAFE) as string,
          at: expect.stringMatching(/Z$/) as string,
          collection: 'customers',
          key,
        },
        ...{ source: 'erp', reason: 'VERSION_MISMATCH', resolution: 'REJECTED' },
        ...{ current: { a: 1 }, currentVersion: 1, incoming: { a: 2 } },
      });
    });
  });

  describe('a call of several changes', () => {
    it('answers in the order of the input, and each change sees those before it', async () => {
      const [a, b] = [fresh('a'), fresh('b')];
      const change = { collection: 'steps', key: a, sourceId: a };
      const answer = await publish(hub.url, [
        { ...change, data: { n: 1 } },
        { collection: 'steps', key: b, data: { n: 1 } },
        { collection: 'steps', key: a, write: 'PATCH', expectedVersion: 1, data: { n: 2 } },
        { ...change, data: { n: 1 } },
        { collection: 'steps', key: a, data: { n: 2 } },
        { collection: 'steps', key: b, expectedVersion: 9, data: {} },
        { collection: 'steps', key: a, write: 'DELETE' },
      ]);
      expect(outcomes(answer)).toEqual([
        ...['APPLIED', 'APPLIED', 'APPLIED', 'DUPLICATE', 'UNCHANGED', 'CONFLICT', 'APPLIED'],
      ]);
      expect(answer.results.map(({ change }) => change && [change.key, change.version])).toEqual([
        ...[[a, 1], [b, 1], [a, 2], [a, 1], null, null, [a, 3]],
      ]);
      const { changes } = await ask<{ changes: { nodes: ChangeData[] } }>(
        hub.url,
        `query ($keys: [ID!]) { changes(filter: { keys: $keys }) { nodes { ${CHANGE_FIELDS} } } }`,
        { keys: [a, b] },
      );
      const recorded = [0, 1, 2, 6].map((i) => answer.results[i]?.change);
      expect(changes.nodes).toEqual(recorded);
    });

    it('that is atomic records all or nothing', async () => {
      const [a, b, c] = [fresh('a'), fresh('b'), fresh('c')];
      await publish(hub.url, [{ collection: 'steps', key: c, sourceId: c, data: {} }]);
      const head = await headOf(hub.url);
      const changes = [
        { collection: 'steps', key: a, sourceId: a, data: {} },
        { collection: 'steps', key: c, sourceId: c, data: {} },
        { collection: 'steps', key: b, expectedVersion: 5, data: {} },
        { collection: 'steps', key: c, data: {} },
        { collection: 'steps', key: a, sourceId: a, data: {} },
      ];
      const refused = await publish(hub.url, changes, { atomic: true });
      expect(outcomes(refused)).toEqual(['ABORTED', 'DUPLICATE', 'CONFLICT', 'ABORTED', 'ABORTED']);
      expect(refused.results[0]).toEqual({ outcome: 'ABORTED', change: null, conflict: null });
      expect(await headOf(hub.url)).toBe(head);
      const accepted = await publish(hub.url, [...changes.slice(0, 2), ...changes.slice(3)], {
        atomic: true,
      });
      expect(outcomes(accepted)).toEqual(['APPLIED', 'DUPLICATE', 'UNCHANGED', 'DUPLICATE']);
      expect(accepted.results[0]?.change).toMatchObject({ key: a, version: 1 });
    });

    it('that is not atomic records what fits', async () => {
      const [a, b] = [fresh('a'), fresh('b')];
      const answer = await publish(hub.url, [
        { collection: 'steps', key: a, expectedVersion: 5, data: {} },
        { collection: 'steps', key: b, data: {} },
      ]);
      expect(outcomes(answer)).toEqual(['CONFLICT', 'APPLIED']);
    });

    it('keeps fields that JavaScript knows by heart as fields like any other', async () => {
      const key = fresh('c');
      const text = `{"__proto__":{"admin":true},"constructor":1,"toString":null,"":0,"a.b":{"__proto__":[]}}`;
      const data = JSON.parse(text) as object;
      const created = await one({ collection: 'odd', key, data, headers: data });
      expect(JSON.stringify([created.change?.after, created.change?.headers])).toBe(`[${text},${text}]`);
      const { change } = await one({
        ...{ collection: 'odd', key, write: 'PATCH', data: JSON.parse('{"__proto__":{"x":1}}') as object },
      });
      expect(Object.entries(change?.before ?? {})).toContainEqual(['__proto__', { admin: true }]);
      expect(change?.changedFields).toEqual(['__proto__']);
      expect(Object.entries(change?.after ?? {})).toContainEqual(['__proto__', { admin: true, x: 1 }]);
    });
  });

  it('answers a cursor that covers every result, fit for atLeast', async () => {
    const key = fresh('c');
    const { cursor, results } = await publish(hub.url, [{ collection: 'customers', key, data: { n: 1 } }]);
    expect(cursor).toBe(results[0]?.change?.cursor);
    const unchanged = await publish(hub.url, [{ collection: 'customers', key, data: { n: 1 } }]);
    expect(unchanged.cursor).toBe(cursor);
    const { entity } = await ask<{ entity: object }>(
      hub.url,
      `query ($key: ID!, $cursor: Cursor) {
        entity(collection: "customers", key: $key, atLeast: $cursor) { version data cursor } }`,
      { key, cursor },
    );
    expect(entity).toEqual({ version: 1, data: { n: 1 }, cursor });
  });

  it('takes literals inside the document as it takes variables', async () => {
    const key = fresh('c');
    const { publish: answer } = await ask<{ publish: PublishData }>(
      hub.url,
      `mutation ($key: ID!, $n: Int) { publish(source: "crm", changes: [{ collection: "literals", key: $key, sourceId: 12,
        data: { int: -7, float: 1.5e3, text: "é\\u00e8", yes: true, no: null, list: [1, [2]], object: { n: $n } } }]) {
        cursor results { outcome change { ${CHANGE_FIELDS} } conflict { reason } } } }`,
      { key, n: 3 },
    );
    expect(answer.results[0]?.change).toMatchObject({
      sourceId: '12',
      after: { int: -7, float: 1500, text: 'éè', yes: true, no: null, list: [1, [2]], object: { n: 3 } },
    });
  });
});
