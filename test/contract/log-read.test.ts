import { GENESIS_HASH } from '../../src/log/log.js';
import type { Point } from '../../src/model/cursor.js';
import { present } from '../support/present.js';
import type { Log } from '../../src/log/log.js';
import type { Page } from '../../src/log/log.js';
import type { ChangeRow } from '../../src/model/change.js';
import { databaseKinds } from '../support/databases.js';
import { append } from './support/append.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { Stand } from './support/stand.js';

describe.each(databaseKinds)('reading the log on $name', (kind) => {
  let stand: Stand;
  let log: Log;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    log = stand.log;
  });
  afterEach(() => stand.drop());

  const positionsOf = async (page: Promise<Page<ChangeRow>>): Promise<number[]> =>
    (await page).rows.map((row) => Number(row.position));

  it('gives ranges in log order, from either end', async () => {
    await append(
      log,
      Array.from({ length: 9 }, (_, i) => ({ key: `k${i % 3}` })),
    );
    expect(await positionsOf(log.changes({ after: 0n, limit: 3 }))).toEqual([1, 2, 3]);
    expect(await positionsOf(log.changes({ after: 3n, through: 7n, limit: 100 }))).toEqual([4, 5, 6, 7]);
    expect(await positionsOf(log.changes({ after: 3n, through: 7n, limit: 2, fromEnd: true }))).toEqual([
      6, 7,
    ]);
    expect(await positionsOf(log.changes({ after: 9n, limit: 5 }))).toEqual([]);
    expect(await positionsOf(log.changes({ after: 7n, through: 3n, limit: 5 }))).toEqual([]);
    expect(await positionsOf(log.changes({ after: 0n, limit: 0 }))).toEqual([]);
    const filter = { keys: ['k1'] };
    expect(await positionsOf(log.changes({ after: 2n, filter, limit: 5 }))).toEqual([5, 8]);
  });

  it("follows an entity's history back along its chain, over a delete", async () => {
    await append(log, [
      ...[{ key: 'a' }, { key: 'b' }, { key: 'a' }],
      ...[{ key: 'a', operation: 'DELETE' as const, after: null, undo: '{"a":[1]}' }],
      ...[{ key: 'b' }, { key: 'a', operation: 'CREATE' as const }],
    ]);
    const { rows: history } = await log.history(6n, 100);
    expect(history.map((row) => [Number(row.position), row.version])).toEqual([
      [6, 4],
      [4, 3],
      [3, 2],
      [1, 1],
    ]);
    expect(history[0]).toEqual(await log.changeAt(6n));
    expect(await positionsOf(log.history(4n, 2))).toEqual([4, 3]);
    expect(await positionsOf(log.history(5n, 100))).toEqual([5, 2]);
    expect(await positionsOf(log.history(7n, 100))).toEqual([]);
  });

  it('finds where a time begins, also where many changes share one', async () => {
    const beginning = { position: 0n, hash: GENESIS_HASH };
    expect(await log.points.startAtTime(0)).toEqual({ ...beginning, snapshotUntil: null, notBefore: null });
    const times = [100, 200, 200, 200, 200, 300, 300, 500];
    await append(
      log,
      times.map((recordedAt, i) => ({ key: `k${i}`, recordedAt })),
    );
    for (const time of [-1, 0, 99, 100, 101, 199, 200, 201, 299, 300, 301, 400, 500, 501]) {
      const before = BigInt(times.filter((one) => one < time).length);
      // Of what is recorded later some may be recorded before a time that is newer than the newest change.
      const notBefore = time > 500 ? time : null;
      expect([time, await log.points.startAtTime(time)]).toEqual([
        time,
        { ...(await log.points.at(before)), snapshotUntil: null, notBefore },
      ]);
    }
  });

  it('finds live entities only, in the order of code points of their keys', async () => {
    const keys = ['b', 'a', 'B', 'ä', '😀', '\uffff', '_', '10', '9', 'a b'];
    await append(
      log,
      keys.map((key) => ({ key })),
    );
    await append(log, [
      { key: 'b', operation: 'DELETE', after: null, undo: '{"a":[1]}' },
      { key: 'x', collection: 'other' },
    ]);
    const live = ['10', '9', 'B', '_', 'a', 'a b', 'ä', '\uffff', '😀'];
    const range = { collection: 'quakes', where: [], afterKey: null, limit: 100 };
    const keysOf = async (parts: { afterKey?: string; limit?: number }): Promise<string[]> =>
      (await log.entities({ ...range, ...parts })).rows.map((entity) => entity.key);
    expect(await keysOf({})).toEqual(live);
    expect(await keysOf({ afterKey: 'a', limit: 2 })).toEqual(['a b', 'ä']);
    expect(await keysOf({ afterKey: 'b', limit: 1 })).toEqual(['ä']);
    expect(await log.entity('quakes', 'b')).toBeNull();
    expect(await log.entity('quakes', 'never')).toBeNull();
    expect(await log.entity('quakes', '😀')).toMatchObject({ key: '😀', version: 1, data: { a: 1 } });
  });

  it('starts only where it reaches: not before what it holds, not beyond its end', async () => {
    const { changes: rows } = await append(log, [{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    const startOf = (position: bigint): Promise<Point> => log.points.startOf(unmarked(position), 'after');
    expect(await startOf(0n)).toEqual({ position: 0n, hash: GENESIS_HASH });
    expect(await startOf(3n)).toEqual({ position: 3n, hash: present(rows[2]).hash });
    const ahead = await rejectionOf(startOf(4n));
    expect(ahead).toMatchObject({ code: 'CURSOR_AHEAD', details: { path: 'after' } });
    // What retention will do one day.
    await stand.database.write('update log_head set earliest = 3');
    const expired = await rejectionOf(startOf(1n));
    expect(expired).toMatchObject({
      code: 'CURSOR_EXPIRED',
      details: { path: 'after', earliest: log.cursors.encode(present(rows[1])) },
    });
    expect((await startOf(2n)).position).toBe(2n);
  });

  it('sees whole appends only, also while others append', async () => {
    const other = await stand.another();
    const reads: Promise<Page<ChangeRow>>[] = [];
    const appends = Array.from({ length: 20 }, async (_, i) => {
      const appended = append(
        other.log,
        Array.from({ length: 5 }, (_unused, n) => ({ key: `k${i}.${n}` })),
      );
      reads.push(log.changes({ after: 0n, limit: 1_000 }));
      await appended;
    });
    await Promise.all(appends);
    for (const { rows } of await Promise.all(reads)) {
      expect(rows.length % 5).toBe(0);
      expect(rows.map((row) => row.position)).toEqual(rows.map((_, i) => BigInt(i + 1)));
    }
  });
});
