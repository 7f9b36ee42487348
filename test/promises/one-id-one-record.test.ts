/** Promise 5: one id is recorded once, sent again at once, in parallel, through another hub or after a restart. */
import { databaseKinds } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import { publish } from '../support/operations.js';
import type { ResultData } from '../support/operations.js';
import { seeded } from './support/dice.js';
import { expectWellFormed, readLog } from './support/recorded.js';

const SENDS = 40;

describe.each(databaseKinds)(seeded('promise 5 on $name'), (kind) => {
  it('records an id once, however often, wherever and whenever it is sent; other content conflicts', async () => {
    const database = await kind.create();
    const hubs = await Promise.all([1, 2].map(() => spawnHub({ DATABASE_URL: database.url })));
    const change = { collection: 'orders', key: 'o1', sourceId: 'order-1', data: { total: 1, lines: ['a'] } };
    // The same content, written with its fields in another order.
    const same = { ...change, data: { lines: ['a'], total: 1 } };
    const sent = Array.from({ length: SENDS }, (_, n) =>
      publish(hubs[n % 2]?.url ?? '', [n % 3 === 0 ? same : change, n % 2 === 0 ? change : same]),
    );
    const results: ResultData[] = (await Promise.all(sent)).flatMap((answer) => [...answer.results]);
    expect(results.filter((result) => result.outcome === 'APPLIED')).toHaveLength(1);
    expect(results.filter((result) => result.outcome === 'DUPLICATE')).toHaveLength(2 * SENDS - 1);
    expect(new Set(results.map((result) => result.change?.cursor)).size).toBe(1);

    await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    const { url, process } = await spawnHub({ DATABASE_URL: database.url });
    const [repeated] = (await publish(url, [change])).results;
    expect(repeated).toMatchObject({ outcome: 'DUPLICATE', change: { version: 1, after: change.data } });
    for (const other of [
      { key: 'o2' },
      { collection: 'parts' },
      { data: { total: 2 } },
      { write: 'PATCH' },
    ]) {
      const [result] = (await publish(url, [{ ...change, ...other }])).results;
      expect(result).toMatchObject({ outcome: 'CONFLICT', conflict: { reason: 'ID_REUSED' } });
    }
    // The same id of another source is another id.
    const [others] = (await publish(url, [{ ...change, key: 'o9' }], { source: 'erp' })).results;
    expect(others?.outcome).toBe('APPLIED');
    const log = await readLog(url);
    await expectWellFormed(url, log);
    expect(log.map((one) => `${one.source} ${one.sourceId}`)).toEqual(['crm order-1', 'erp order-1']);
    await process.kill('SIGKILL');
    await database.drop();
  }, 60_000);
});
