/**
 * A database was restored from a backup while no hub ran, and took other changes since. No hub can have noticed; the cursors
 * that consumers hold tell.
 */
import { connect } from '../contract/support/stand.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { ask, post } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ACKNOWLEDGE, acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { present } from '../support/present.js';
import { eventually } from '../support/wait.js';

/** Changes that the backup holds, and those that were lost with what came after it. */
const KEPT = ['a', 'b', 'c'];
const LOST = ['d', 'e'];
const OTHERS = ['f', 'g', 'h'];

const READS: readonly [string, (url: string, cursor: string) => Promise<string | undefined>][] = [
  ['acknowledge', (url, cursor) => codeOf(url, ACKNOWLEDGE, { consumer: 'erp', cursor })],
  [
    'a page',
    (url, cursor) =>
      codeOf(url, 'query ($c: Cursor) { changes(after: $c) { nodes { key } } }', { c: cursor }),
  ],
  [
    'a page backwards',
    (url, cursor) =>
      codeOf(url, 'query ($c: Cursor) { changes(before: $c, last: 2) { nodes { key } } }', { c: cursor }),
  ],
  [
    'a change',
    (url, cursor) => codeOf(url, 'query ($c: Cursor!) { change(cursor: $c) { key } }', { c: cursor }),
  ],
  [
    'a read of what was written',
    (url, cursor) =>
      codeOf(url, 'query ($c: Cursor) { entity(collection: "quakes", key: "a", atLeast: $c) { key } }', {
        c: cursor,
      }),
  ],
  [
    'seek',
    (url, cursor) =>
      codeOf(url, 'mutation ($c: Cursor) { seekConsumer(name: "erp", to: CURSOR, cursor: $c) { name } }', {
        c: cursor,
      }),
  ],
  [
    'reject',
    (url, cursor) =>
      codeOf(url, 'mutation ($c: Cursor!) { reject(consumer: "erp", change: $c, reason: "x") { id } }', {
        c: cursor,
      }),
  ],
  [
    'a subscription',
    async (url, cursor) => {
      const reader = follow(url, { startAt: 'CURSOR', cursor });
      try {
        return (await reader.failure()).extensions?.code as string;
      } finally {
        await reader.close();
      }
    },
  ],
];

const codeOf = async (url: string, query: string, variables: object): Promise<string | undefined> =>
  (await post(url, query, variables)).errors?.[0]?.extensions?.code as string | undefined;

describe.each(databaseKinds)('a log that went on otherwise on $name', (kind) => {
  const kept = closedAfterEach();
  let own: OwnDatabase;
  let url: string;
  let known: readonly string[];
  let lost: readonly string[];

  const put = async (at: string, keys: readonly string[]): Promise<readonly string[]> => {
    const changes = keys.map((key) => ({ collection: 'quakes', key, data: { key } }));
    return (await publish(at, changes)).results.map(({ change }) => present(change).cursor);
  };

  beforeEach(async () => {
    own = await kind.create();
    kept({ close: () => own.drop() });
    const before = await startHub({ DATABASE_URL: own.url });
    known = await put(before.url, KEPT);
    const reader = follow(before.url, { consumer: 'erp', startAt: 'EARLIEST' });
    lost = await put(before.url, LOST);
    await eventually(() => changesOf(reader).length === KEPT.length + LOST.length, { what: 'all changes' });
    await acknowledge(before.url, 'erp', present(known[1]));
    await reader.close();
    await before.close();
    const connection = await connect(own.url);
    // What the backup does not hold.
    await connection.write(`delete from change where position > ${KEPT.length}`);
    await connection.write(`delete from entity where position > ${KEPT.length}`);
    await connection.write(
      `update log_head set position = ${KEPT.length}, hash = (select hash from change where position = ${KEPT.length})`,
    );
    await connection.close();
    ({ url } = kept(await startHub({ DATABASE_URL: own.url })));
    await put(url, OTHERS);
  });

  it.each(READS)('refuses a cursor of what was lost: %s', async (_what, read) => {
    for (const cursor of lost) expect(await read(url, cursor)).toBe('INVALID_CURSOR');
  });

  it('takes every cursor of what it still holds, and moves the consumer by none of what it lost', async () => {
    for (const cursor of lost) await post(url, ACKNOWLEDGE, { consumer: 'erp', cursor });
    const { consumer } = await ask<{ consumer: { cursor: string } }>(
      url,
      '{ consumer(name: "erp") { cursor } }',
    );
    expect(consumer.cursor).toBe(known[1]);
    expect((await acknowledge(url, 'erp', present(known[2]))).cursor).toBe(known[2]);
    // One that was acknowledged before, and of this log, is no error.
    expect((await acknowledge(url, 'erp', present(known[0]))).cursor).toBe(known[2]);
  });
});
