import type { Hub } from '../../src/hub.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ask } from '../support/client.js';
import { acknowledge, changesOf, follow, publish } from '../support/operations.js';
import type { ChangeData } from '../support/operations.js';
import { present } from '../support/present.js';
import { eventually } from '../support/wait.js';
import { tryReject } from './support/rejecting.js';

/** The state that a consumer's copy has after these changes: what is live, by key. */
function copyOf(changes: readonly ChangeData[]): Record<string, unknown> {
  const copy = new Map<string, unknown>();
  for (const { key, after } of changes) {
    if (after === null) copy.delete(key);
    else copy.set(key, after);
  }
  return Object.fromEntries([...copy].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each(databaseKinds)('a snapshot on $name', (kind) => {
  let database: OwnDatabase;
  let hub: Hub;

  beforeAll(async () => {
    database = await kind.create();
    hub = await startHub({ DATABASE_URL: database.url });
  });

  afterAll(async () => {
    await hub.close();
    await database.drop();
  });

  const entities = async (collection: string): Promise<Record<string, unknown>> => {
    const query = `query ($collection: String!) {
      entities(collection: $collection, first: 1000) { nodes { key data } } }`;
    const { entities } = await ask<{ entities: { nodes: { key: string; data: unknown }[] } }>(
      hub.url,
      query,
      {
        collection,
      },
    );
    return Object.fromEntries(entities.nodes.map(({ key, data }) => [key, data]));
  };

  it('brings the newest change of every live entity in cursor order, then the log', async () => {
    await publish(hub.url, [
      { collection: 'first', key: 'a', data: { n: 1 } },
      { collection: 'first', key: 'b', data: { n: 1 } },
      { collection: 'first', key: 'gone', data: { n: 1 } },
      { collection: 'first', key: 'a', data: { n: 2 } },
      { collection: 'first', key: 'gone', write: 'DELETE' },
    ]);
    const reader = follow(hub.url, {
      consumer: 'first',
      startAt: 'SNAPSHOT',
      filter: { collections: ['first'] },
    });
    await eventually(() => changesOf(reader).length === 2, { what: 'the snapshot' });
    await publish(hub.url, [{ collection: 'first', key: 'b', write: 'DELETE' }]);
    await eventually(() => changesOf(reader).length === 3, { what: 'the change after it' });
    expect(changesOf(reader).map(({ key, version, operation }) => [key, version, operation])).toEqual([
      ['b', 1, 'CREATE'],
      ['a', 2, 'UPDATE'],
      ['b', 2, 'DELETE'],
    ]);
    await reader.close();
  });

  it('goes on where it was acknowledged, under writes that race it, and ends in the same state', async () => {
    const keys = Array.from({ length: 120 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await publish(
      hub.url,
      keys.map((key) => ({ collection: 'raced', key, data: { n: 0 } })),
    );
    const start = {
      consumer: 'raced',
      startAt: 'SNAPSHOT',
      filter: { collections: ['raced'] },
      batchSize: 10,
    };
    const copied: ChangeData[] = [];
    // Each session takes a few batches, acknowledges some of them and is cut off; between two of them the state moves.
    for (let session = 0; session < 5; session++) {
      const reader = follow(hub.url, { ...start, maxInFlight: 30 });
      const messages = await reader.received(3);
      const taken = messages.slice(0, 3).map((message) => message.changes);
      copied.push(...taken.flatMap((batch) => batch.changes));
      await acknowledge(hub.url, 'raced', taken[2]?.cursor ?? '');
      await reader.close();
      await publish(hub.url, [
        { collection: 'raced', key: keys[(session * 17) % 120], write: 'DELETE' },
        { collection: 'raced', key: keys[(session * 31 + 5) % 120], data: { n: session + 1 } },
        { collection: 'raced', key: `new${session}`, data: { n: session } },
      ]);
    }
    const rest = follow(hub.url, start);
    await eventually(async () => (await rest.received(1)).at(-1)?.changes.cursor === (await head(hub)), {
      what: 'the end of the log',
    });
    copied.push(...changesOf(rest));
    expect(copyOf(copied)).toEqual(await entities('raced'));
    await rest.close();
  });

  it('lets in who matches now, whatever operations and changedFields say', async () => {
    await publish(hub.url, [
      { collection: 'scoped', key: 'in', data: { n: 1 } },
      { collection: 'scoped', key: 'out', data: { n: 9 } },
      { collection: 'scoped', key: 'in', data: { n: 9 } },
      { collection: 'scoped', key: 'out', data: { n: 1 } },
    ]);
    const filter = { collections: ['scoped'], operations: ['DELETE'], where: [{ field: 'n', gte: 5 }] };
    const reader = follow(hub.url, { startAt: 'SNAPSHOT', filter });
    await eventually(() => changesOf(reader).length > 0, { what: 'the snapshot' });
    expect(changesOf(reader)).toMatchObject([{ key: 'in', version: 2, scope: 'ENTERED' }]);
    await reader.close();
  });

  it('takes no rejection of a change that it left out', async () => {
    const { results } = await publish(
      hub.url,
      [1, 2].map((n) => ({ collection: 'left out', key: 'a', data: { n } })),
    );
    const filter = { collections: ['left out'] };
    const reader = follow(hub.url, { consumer: 'left out', startAt: 'SNAPSHOT', filter });
    await eventually(() => changesOf(reader).length === 1, { what: 'the snapshot' });
    const rejected = results.map(({ change }) => tryReject(hub.url, 'left out', present(change).cursor));
    const [older, newest] = await Promise.all(rejected);
    expect(older?.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: 'change' });
    expect(newest?.data?.reject).toMatchObject({ attempts: 1 });
    await reader.close();
  });

  it.each<[string, object]>([
    ['where and changedFields', { where: [{ field: 'status', eq: 'open' }], changedFields: ['status'] }],
    ['where and operations', { where: [{ field: 'status', eq: 'open' }], operations: ['CREATE'] }],
    ['operations alone', { operations: ['CREATE'] }],
    ['sources', { sources: ['crm'] }],
    ['excludeSources', { excludeSources: ['erp'] }],
  ])('brings what changes while it is walked, whatever the filter chooses: %s', async (what, filter) => {
    const collection = `walked with ${what}`;
    const keys = ['a', 'b', 'c'];
    await publish(
      hub.url,
      keys.map((key) => ({ collection, key, data: { status: 'open', note: 0 } })),
    );
    const reader = follow(hub.url, {
      ...{ consumer: collection, startAt: 'SNAPSHOT', batchSize: 1, maxInFlight: 1 },
      filter: { collections: [collection], ...filter },
    });
    await eventually(() => changesOf(reader).length === 1, { what: 'the first entity' });
    // Neither passes the filter: what the filter chooses among changes must not decide what the copy begins with.
    await publish(hub.url, [{ collection, key: 'b', write: 'PATCH', data: { note: 1 } }], { source: 'erp' });
    await publish(hub.url, [{ collection, key: 'b', write: 'PATCH', data: { note: 2 } }], { source: 'erp' });
    for (const count of [2, 3]) {
      await acknowledge(hub.url, collection, changesOf(reader).at(-1)?.cursor ?? '');
      await eventually(() => changesOf(reader).length >= count, { what: `entity ${count}` });
    }
    expect(changesOf(reader).map(({ key, version }) => `${key}${version}`)).toEqual(['a1', 'b1', 'c1']);
    await reader.close();
  });
});

const head = async (hub: Hub): Promise<string> =>
  (await ask<{ hub: { head: string } }>(hub.url, '{ hub { head } }')).hub.head;
