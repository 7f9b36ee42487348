import { IdCodec } from '../../src/model/ids.js';
import { ask, post } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import { changesOf, createConsumer, follow, publish } from '../support/operations.js';
import type { ChangeData } from '../support/operations.js';
import { discard, redrive, reject } from '../delivery/support/rejecting.js';
import { present } from '../support/present.js';
import { eventually } from '../support/wait.js';
import { closedAfterEach } from './support/cleanup.js';
import { fresh, ownHub } from './support/own-hub.js';

const NODES = `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
  ... on Change { sourceId key } ... on Entity { key data } ... on Consumer { name }
  ... on DeadLetter { reason dead change { id } } } }`;
const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';
const CREATE =
  'mutation ($name: ID!) { createConsumer(input: { name: $name, startAt: EARLIEST, maxAttempts: 1 }) { id } }';
const DELETE = 'mutation ($name: ID!) { deleteConsumer(name: $name) { id } }';
const ENTITY =
  'query ($collection: String!, $key: ID!) { entity(collection: $collection, key: $key) { id } }';

type Found = Readonly<Record<string, unknown>> | null;

describe.each(databaseKinds)('ids on $name', (kind) => {
  const hub = ownHub(kind);
  const kept = closedAfterEach();

  const nodes = async (...ids: readonly string[]): Promise<readonly Found[]> =>
    (await ask<{ nodes: Found[] }>(hub.url, NODES, { ids })).nodes;
  const node = async (id: string): Promise<Found> => (await ask<{ node: Found }>(hub.url, NODE, { id })).node;
  const record = async (collection: string, key: string, parts: object = {}): Promise<ChangeData> =>
    present((await publish(hub.url, [{ collection, key, data: { key }, ...parts }])).results[0]?.change);
  const entityId = async (collection: string, key: string): Promise<string> =>
    present((await ask<{ entity: { id: string } | null }>(hub.url, ENTITY, { collection, key })).entity).id;
  const create = async (name: string): Promise<string> =>
    (await ask<{ createConsumer: { id: string } }>(hub.url, CREATE, { name })).createConsumer.id;
  const codec = async (): Promise<IdCodec> =>
    new IdCodec((await ask<{ hub: { logId: string } }>(hub.url, '{ hub { logId } }')).hub.logId);

  /** A change that a consumer got and rejected, once and for all. */
  async function deadLetter(collection: string): Promise<{ name: string; change: ChangeData; id: string }> {
    const [name, change] = [fresh('c'), await record(collection, 'k')];
    await createConsumer(hub.url, {
      name,
      filter: { collections: [collection] },
      startAt: 'EARLIEST',
      maxAttempts: 1,
    });
    const session = kept(follow(hub.url, { consumer: name }));
    await eventually(() => changesOf(session).length > 0, { what: 'the change' });
    return { name, change, id: (await reject(hub.url, name, change.cursor, { reason: 'no' })).id };
  }

  it('name what they were got with, of every type, in the order of the question', async () => {
    const collection = fresh('all');
    const { name, change, id: letter } = await deadLetter(collection);
    const entity = await entityId(collection, 'k');
    const { id: consumer } = (
      await ask<{ consumer: { id: string } }>(
        hub.url,
        'query ($name: ID!) { consumer(name: $name) { id } }',
        { name },
      )
    ).consumer;
    const found = {
      [letter]: { __typename: 'DeadLetter', reason: 'no', dead: true, change: { id: change.id } },
      [consumer]: { __typename: 'Consumer', name },
      [entity]: { __typename: 'Entity', key: 'k', data: { key: 'k' } },
      [change.id]: { __typename: 'Change', sourceId: change.sourceId, key: 'k' },
    };
    const ids = [letter, 'none', change.id, entity, consumer, change.id];
    expect(await nodes(...ids)).toEqual(ids.map((id) => (found[id] ? { id, ...found[id] } : null)));
    for (const [id, { __typename }] of Object.entries(found))
      expect(await node(id)).toEqual({ __typename, id });
    expect(await nodes()).toEqual([]);
  });

  it('are the same wherever an object comes out', async () => {
    const collection = fresh('same');
    const { name, change, id: letter } = await deadLetter(collection);
    const session = kept(follow(hub.url, { startAt: 'EARLIEST', filter: { collections: [collection] } }));
    await eventually(() => changesOf(session).length > 0, { what: 'the change' });
    expect(changesOf(session).map(({ id }) => id)).toEqual([change.id]);
    const answer = await ask<Record<string, unknown>>(
      hub.url,
      `query ($collection: String!, $name: ID!, $cursor: Cursor!) {
        change(cursor: $cursor) { id }
        changes(filter: { collections: [$collection] }) { nodes { id } }
        entity(collection: $collection, key: "k") { id history { nodes { id } } }
        entities(collection: $collection) { nodes { id } }
        consumer(name: $name) { deadLetters { nodes { id change { id } } edges { cursor } } } }`,
      { collection, name, cursor: change.cursor },
    );
    const [one, entity] = [{ id: change.id }, await entityId(collection, 'k')];
    expect(answer).toEqual({
      change: one,
      changes: { nodes: [one] },
      entity: { id: entity, history: { nodes: [one] } },
      entities: { nodes: [{ id: entity }] },
      consumer: {
        deadLetters: {
          nodes: [{ id: letter, change: one }],
          edges: [{ cursor: expect.not.stringMatching(letter) as string }],
        },
      },
    });
    const again = await publish(hub.url, [
      { collection, key: 'k', data: { key: 'k' }, sourceId: change.sourceId },
    ]);
    expect(again.results[0]).toMatchObject({ outcome: 'DUPLICATE', change: one });
  });

  it('differ where two sources give the same sourceId', async () => {
    const change = { collection: fresh('two'), sourceId: fresh('id'), data: {} };
    const made = [];
    for (const source of ['crm', 'erp'])
      made.push(
        present((await publish(hub.url, [{ ...change, key: source }], { source })).results[0]?.change),
      );
    expect(new Set(made.map(({ sourceId }) => sourceId)).size).toBe(1);
    expect((await nodes(...made.map(({ id }) => id))).map((one) => one?.key)).toEqual(['crm', 'erp']);
  });

  it('of entities outlive a delete, and name nothing while it lasts', async () => {
    const collection = fresh('gone');
    await record(collection, 'k');
    const id = await entityId(collection, 'k');
    await record(collection, 'k', { write: 'DELETE', data: undefined });
    expect(await node(id)).toBeNull();
    await record(collection, 'k');
    expect([await node(id), await entityId(collection, 'k')]).toEqual([{ __typename: 'Entity', id }, id]);
  });

  it('of consumers are never given twice', async () => {
    const name = fresh('c');
    const first = await create(name);
    expect(await ask(hub.url, DELETE, { name })).toEqual({ deleteConsumer: { id: first } });
    expect(await node(first)).toBeNull();
    const second = await create(name);
    expect(second).not.toBe(first);
    expect(await nodes(first, second)).toEqual([null, { __typename: 'Consumer', id: second, name }]);
  });

  it('of dead letters are what discard and redrive take, and name nothing once they are gone', async () => {
    const { name, id } = await deadLetter(fresh('dead'));
    expect(await redrive(hub.url, name, [id])).toBe(1);
    expect(await nodes(id)).toMatchObject([{ __typename: 'DeadLetter', id, dead: false }]);
    const other = await deadLetter(fresh('dead'));
    expect(await discard(hub.url, other.name, [other.id])).toBe(1);
    expect(await node(other.id)).toBeNull();
    const { errors } = await post(
      hub.url,
      'mutation ($name: ID!, $ids: [ID!]!) { discard(consumer: $name, ids: $ids) }',
      {
        ...{ name, ids: [other.id] },
      },
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: 'ids[0]' });
  });

  it('of conflicts name nothing: they are not kept', async () => {
    const { results } = (
      await ask<{ publish: { results: { conflict: { id: string } }[] } }>(
        hub.url,
        `mutation { publish(source: "crm", changes: [{ collection: "orders", key: "k", data: {}, expectedVersion: 9 }]) {
          results { conflict { id } } } }`,
      )
    ).publish;
    expect(await node(present(results[0]).conflict.id)).toBeNull();
  });

  it('are no cursors, and cursors no ids', async () => {
    const change = await record(fresh('cursor'), 'k');
    expect(await node(change.cursor)).toBeNull();
    const { errors } = await post(hub.url, 'query ($at: Cursor!) { change(cursor: $at) { id } }', {
      at: change.id,
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_CURSOR', path: 'cursor' });
  });

  it('that name what cannot be there name nothing', async () => {
    const ids = await codec();
    const change = await record(fresh('k'), 'k');
    const [most, beyond] = [2n ** 63n - 1n, 2n ** 63n];
    const hash = Buffer.alloc(32, 7).toString('base64url');
    const surrogate = Buffer.concat([
      Buffer.from(ids.entity({ collection: 'c', key: 'k' }), 'base64url'),
      Buffer.from([0xed, 0xa0, 0x80]),
    ]).toString('base64url');
    const strange = [
      ...['', 'none', '\0', '\ud800', '😀', change.key, change.sourceId],
      ...[most, beyond, 10n ** 30n].flatMap((n) => [
        ids.change({ position: n, hash }),
        ids.consumer(n),
        ids.deadLetter({ consumer: n, position: 1n }),
        ids.deadLetter({ consumer: 1n, position: n }),
      ]),
      // Another change at a position that is taken, as after a restore.
      ids.change({ position: 1n, hash }),
      ids.entity({ collection: 'c', key: 'k\0k' }),
      ids.entity({ collection: 'c', key: '😀'.repeat(5_000) }),
      surrogate,
      new IdCodec('00000000-0000-4000-8000-000000000000').entity({ collection: change.collection, key: 'k' }),
    ];
    expect(await nodes(...strange)).toEqual(strange.map(() => null));
    for (const id of strange) expect(await node(id)).toBeNull();
  });

  it('are answered 1,000 at once, and no more', async () => {
    const { id } = await record(fresh('many'), 'k');
    const ids = Array.from({ length: 1_000 }, () => id);
    expect(new Set((await nodes(...ids)).map((one) => one?.id))).toEqual(new Set([id]));
    const { errors } = await post(hub.url, NODES, { ids: [...ids, id] });
    expect(errors?.[0]).toMatchObject({
      message: 'ids: has 1001 ids; 1000 are allowed',
      extensions: { code: 'BAD_USER_INPUT', path: 'ids' },
    });
  });
});
