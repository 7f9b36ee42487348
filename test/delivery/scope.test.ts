import type { Hub } from '../../src/hub.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { changesOf, follow, publish } from '../support/operations.js';
import { eventually } from '../support/wait.js';

/** The tail of one hub holds nothing, so that catch-up reads the log in SQL; the other's holds everything. */
const TAILS = [
  { tail: 'SQL', TAIL_BYTES: '0' },
  { tail: 'memory', TAIL_BYTES: '10000000' },
];
const cases = databaseKinds.flatMap((kind) => TAILS.map((tail) => ({ ...kind, ...tail })));

describe.each(cases)('scope on $name, catch-up from $tail', ({ create, TAIL_BYTES }) => {
  let database: OwnDatabase;
  let hub: Hub;

  beforeAll(async () => {
    database = await create();
    hub = await startHub({ DATABASE_URL: database.url, TAIL_BYTES });
  });

  afterAll(async () => {
    await hub.close();
    await database.drop();
  });

  /** What a filter lets through of the same changes, live and read back later; the last of them must match. */
  async function liveAndLater(filter: object, changes: readonly object[]): Promise<unknown[]> {
    const live = follow(hub.url, { filter });
    const [start] = await live.received(1);
    const { results } = await publish(hub.url, changes);
    const last = results.at(-1)?.change?.cursor;
    const later = follow(hub.url, { startAt: 'CURSOR', cursor: start?.changes.cursor, filter });
    const ended = (reader: typeof live): boolean => changesOf(reader).at(-1)?.cursor === last;
    await eventually(() => ended(live) && ended(later), { what: 'the last change' });
    await Promise.all([live.close(), later.close()]);
    const [seenLive, seenLater] = [live, later].map((reader) =>
      changesOf(reader).map(({ key, version, operation, scope }) => `${key}${version} ${operation} ${scope}`),
    );
    expect(seenLater).toEqual(seenLive);
    return seenLive ?? [];
  }

  it('tells who entered, stayed and left', async () => {
    const filter = { collections: ['tickets'], where: [{ field: 'status.code', in: ['open', 'late'] }] };
    const status = (code: string): object => ({ status: { code } });
    const seen = await liveAndLater(filter, [
      { collection: 'tickets', key: 'a', data: status('open') },
      { collection: 'tickets', key: 'b', data: status('closed') },
      { collection: 'tickets', key: 'a', data: { ...status('late'), note: 1 } },
      { collection: 'tickets', key: 'a', write: 'PATCH', data: { note: 2 } },
      { collection: 'tickets', key: 'b', data: status('open') },
      { collection: 'tickets', key: 'a', data: status('closed') },
      { collection: 'tickets', key: 'a', write: 'DELETE' },
      { collection: 'tickets', key: 'b', write: 'DELETE' },
      { collection: 'tickets', key: 'b', data: status('open') },
    ]);
    expect(seen).toEqual([
      'a1 CREATE ENTERED',
      'a2 UPDATE WITHIN',
      'a3 UPDATE WITHIN',
      'b2 UPDATE ENTERED',
      'a4 UPDATE LEFT',
      'b3 DELETE LEFT',
      'b4 CREATE ENTERED',
    ]);
  });

  it('leaves out by operations and changedFields only those that stay in', async () => {
    const filter = {
      collections: ['orders'],
      operations: ['UPDATE'],
      changedFields: ['total'],
      where: [{ field: 'country', eq: 'SE' }],
    };
    const seen = await liveAndLater(filter, [
      { collection: 'orders', key: 'o', data: { country: 'SE', total: 1 } },
      { collection: 'orders', key: 'o', write: 'PATCH', data: { note: 'x' } },
      { collection: 'orders', key: 'o', write: 'PATCH', data: { total: 2 } },
      { collection: 'orders', key: 'o', write: 'PATCH', data: { country: 'NO' } },
      { collection: 'orders', key: 'o', write: 'PATCH', data: { total: 3 } },
      { collection: 'orders', key: 'o', write: 'PATCH', data: { country: 'SE' } },
    ]);
    expect(seen).toEqual(['o1 CREATE ENTERED', 'o3 UPDATE WITHIN', 'o4 UPDATE LEFT', 'o6 UPDATE ENTERED']);
  });

  it('is WITHIN where no where applies', async () => {
    const seen = await liveAndLater({ collections: ['plain'] }, [
      { collection: 'plain', key: 'p', data: { n: 1 } },
      { collection: 'plain', key: 'p', write: 'DELETE' },
    ]);
    expect(seen).toEqual(['p1 CREATE WITHIN', 'p2 DELETE WITHIN']);
  });
});
