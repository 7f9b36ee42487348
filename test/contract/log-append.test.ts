import { GENESIS_HASH, LEFT_OUT } from '../../src/log/log.js';
import type { AppendView, Log } from '../../src/log/log.js';
import type { ChangeRow } from '../../src/model/change.js';
import { databaseKinds } from '../support/databases.js';
import { append, lookingUp } from './support/append.js';
import { rejectionOf, rowAt } from './support/parts.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';

const NOTHING = lookingUp({});

describe.each(databaseKinds)('appending to the log on $name', (kind) => {
  let stand: Stand;
  let log: Log;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    log = stand.log;
  });
  afterEach(() => stand.drop());

  /** What an append would see, without appending. */
  const look = async (lookup: Parameters<typeof lookingUp>[0]): Promise<AppendView> =>
    (await log.append(lookingUp(lookup), (view) => ({ changes: [], value: view }))).value;

  it('begins at position 1 of a log that is empty', async () => {
    expect(await log.extent()).toEqual({
      ...{ logId: log.id, head: 0n, headHash: GENESIS_HASH, earliest: 1n, actions: 0n },
    });
    const appended = await append(log, [{ key: 'a' }, { key: 'b' }]);
    expect(appended.end.position).toBe(2n);
    expect((await stand.all()).map((row) => row.position)).toEqual([1n, 2n]);
    expect((await log.extent()).head).toBe(2n);
  });

  it('gives every column back as it was written', async () => {
    const row = rowAt(1n, {
      ...{ sourceId: 'id "1"', collection: 'qu,akes', key: "o'k\\ {😀}", source: 'NULL', digest: 'x=' },
      ...{ after: '{"b":"\\"\\\\\\n😀","a":[1.50,{}]}', headers: '{"trace":"{\\"x\\"}"}' },
      ...{ occurredAt: -62_167_219_200_000, recordedAt: 253_402_300_799_999 },
    });
    const deleted = { ...rowAt(2n, row), position: 2n, previous: 1n, version: 2, sourceId: 'id2' };
    const last: ChangeRow = {
      ...deleted,
      operation: 'DELETE',
      after: null,
      undo: '{"b":[{}],"":[]}',
      headers: null,
    };
    const { changes } = await log.append(NOTHING, () => ({ changes: [row, last], value: null }));
    expect(changes).toEqual([row, last]);
    expect(await stand.all()).toEqual([row, last]);
    expect(await log.changeAt(2n)).toEqual(last);
    expect(await log.changeAt(3n)).toBeNull();
  });

  it('looks up the entities and ids that were asked for, tombstones too, and nothing else', async () => {
    await append(log, [
      { key: 'live', sourceId: 'r1', after: '{"a":1}' },
      { key: 'gone' },
      { key: 'gone', operation: 'DELETE', after: null, undo: '{"a":[1]}' },
      { key: 'other', sourceId: 'r1', source: 'erp' },
    ]);
    const view = await look({
      entities: [
        ...[
          { collection: 'quakes', key: 'live' },
          { collection: 'quakes', key: 'gone' },
        ],
        ...[
          { collection: 'quakes', key: 'never' },
          { collection: 'airports', key: 'live' },
        ],
        ...[{ collection: 'quakes', key: 'live' }],
      ],
      sourceIds: [
        { source: 'crm', sourceId: 'r1' },
        { source: 'crm', sourceId: 'none' },
        { source: 'crm', sourceId: 'r1' },
      ],
    });
    expect(view.head).toBe(4n);
    expect(view.recordedAt).toBe(1_700_000_000_000);
    expect(view.entity('quakes', 'live')).toEqual({ version: 1, data: '{"a":1}', position: 1n });
    expect(view.entity('quakes', 'gone')).toEqual({ version: 2, data: null, position: 3n });
    expect(view.entity('quakes', 'never')).toBeUndefined();
    expect(view.entity('airports', 'live')).toBeUndefined();
    expect(view.entity('quakes', 'other')).toBeUndefined();
    expect(view.recorded('crm', 'r1')).toEqual(await log.changeAt(1n));
    expect(view.recorded('crm', 'none')).toBeUndefined();
    expect(view.recorded('erp', 'r1')).toBeUndefined();
  });

  it('looks up a thousand of each at once', async () => {
    const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`);
    await append(
      log,
      keys.map((key) => ({ key, sourceId: `r-${key}` })),
    );
    const view = await look({
      entities: keys.map((key) => ({ collection: 'quakes', key })),
      sourceIds: keys.map((key) => ({ source: 'crm', sourceId: `r-${key}` })),
    });
    const states = keys.map((key) => view.entity('quakes', key));
    expect(states.filter((state) => state === LEFT_OUT || state?.version !== 1)).toEqual([]);
    const rows = keys.map((key) => view.recorded('crm', `r-${key}`));
    expect(rows.map((row) => (row === LEFT_OUT ? row : row?.key))).toEqual(keys);
  });

  it.each<[string, (view: AppendView) => ChangeRow[]]>([
    [
      'a plan that throws',
      () => {
        throw new Error('no such plan');
      },
    ],
    ['a gap', (view) => [rowAt(view.head + 2n)]],
    ['a position that is taken', (view) => [rowAt(view.head)]],
    ['a gap behind a change that fits', (view) => [rowAt(view.head + 1n), rowAt(view.head + 3n)]],
    ['a recordedAt that goes back', (view) => [rowAt(view.head + 1n, { recordedAt: view.recordedAt - 1 })]],
    [
      'a source and id that are recorded',
      (view) => [rowAt(view.head + 1n), rowAt(view.head + 2n, { sourceId: 'r1' })],
    ],
    [
      'one id twice',
      (view) => [rowAt(view.head + 1n, { sourceId: 'r2' }), rowAt(view.head + 2n, { sourceId: 'r2' })],
    ],
  ])('leaves nothing behind after %s, and goes on', async (_what, plan) => {
    await append(log, [{ key: 'a', sourceId: 'r1' }]);
    const before = [await stand.all(), await log.collections(), await log.sources(), await log.extent()];
    await rejectionOf(log.append(NOTHING, (view) => ({ changes: plan(view), value: null })));
    expect([await stand.all(), await log.collections(), await log.sources(), await log.extent()]).toEqual(
      before,
    );
    expect((await append(log, [{ key: 'b' }])).end.position).toBe(2n);
    expect(await log.entity('quakes', 'b')).toMatchObject({ position: 2n });
  });

  it('numbers without gaps where two hubs append at once', async () => {
    const other = await stand.another();
    const appends = Array.from({ length: 40 }, (_, i) =>
      append(i % 2 === 0 ? log : other.log, [
        { key: `k${i}`, sourceId: `r${i}`, source: `s${i % 3}` },
        { key: 'shared', sourceId: `t${i}`, source: `s${i % 3}` },
      ]),
    );
    const appended = await Promise.all(appends);
    const rows = await stand.all();
    expect(rows.map((row) => row.position)).toEqual(Array.from({ length: 80 }, (_, i) => BigInt(i + 1)));
    // Each got the positions that it was told, and the two of a group stand side by side.
    const told = appended.flatMap(({ changes }) => changes).sort((a, b) => Number(a.position - b.position));
    expect(rows).toEqual(told);
    expect(new Set(appended.map(({ end }) => end.position)).size).toBe(40);
    const shared = rows.filter((row) => row.key === 'shared');
    expect(shared.map((row) => row.version)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(shared.slice(1).map((row) => row.previous)).toEqual(
      shared.slice(0, -1).map((row) => row.position),
    );
    expect((await log.extent()).head).toBe(80n);
  });

  it('keeps state and counts as a recount of the changes gives them', async () => {
    const publisher = publisherOf(log);
    const other = publisherOf((await stand.another()).log);
    const calls = Array.from({ length: 60 }, (_, i) => {
      const key = `k${i % 7}`;
      const write = i % 5 === 4 ? { write: 'DELETE' as const } : { data: { i } };
      const parts = { key, collection: i % 3 === 0 ? 'quakes' : 'airports', ...write };
      return publishTo(i % 2 === 0 ? publisher : other, [parts, { key: `own${i}` }], { source: `s${i % 4}` });
    });
    await Promise.all(calls);
    await expectCountsToBeRecounts(stand);
  });

  it('never goes back in recordedAt when the clock of a hub goes back', async () => {
    const other = await stand.another();
    const times = [5_000, 3_000, 9_000, 1_000, 9_001];
    for (const [i, now] of times.entries()) {
      const publisher = publisherOf(i % 2 === 0 ? log : other.log, { clock: () => now });
      await publishTo(publisher, [{ key: `k${i}` }, { key: `l${i}` }]);
    }
    const rows = await stand.all();
    expect(rows.map((row) => row.recordedAt)).toEqual(
      [5_000, 5_000, 9_000, 9_000, 9_001].flatMap((time) => [time, time]),
    );
    // Where the source told no time of its own, it is the recorded one.
    expect(rows.every((row) => row.occurredAt === row.recordedAt)).toBe(true);
  });
});

/** Every count and every state that the append keeps, against what follows from the changes alone. */
async function expectCountsToBeRecounts(stand: Stand): Promise<void> {
  const rows = await stand.all();
  const newest = new Map(rows.map((row) => [`${row.collection}\0${row.key}`, row]));
  const collections = [...new Set(rows.map((row) => row.collection))].sort().map((name) => ({
    name,
    entityCount: [...newest.values()].filter((row) => row.collection === name && row.after !== null).length,
    changeCount: rows.filter((row) => row.collection === name).length,
  }));
  expect(await stand.log.collections()).toEqual(collections);
  const sources = [...new Set(rows.map((row) => row.source))].sort().map((name) => {
    const its = rows.filter((row) => row.source === name);
    return { name, changeCount: its.length, lastChangeAt: its.at(-1)?.recordedAt };
  });
  expect(await stand.log.sources()).toEqual(sources);
  for (const { name } of collections) {
    const range = { collection: name, where: [], afterKey: null, limit: 1_000 };
    const { rows: entities } = await stand.log.entities(range);
    const live = [...newest.values()].filter((row) => row.collection === name && row.after !== null);
    expect(new Map(entities.map((entity) => [entity.key, entity]))).toEqual(
      new Map(live.map((row) => [row.key, entityOf(row)])),
    );
  }
  expect(rows.some((row) => row.operation === 'DELETE')).toBe(true);
}

const entityOf = (row: ChangeRow): object => ({
  ...{ collection: row.collection, key: row.key, version: row.version, source: row.source },
  hash: row.hash,
  ...{ data: JSON.parse(row.after ?? 'null') as unknown, updatedAt: row.recordedAt, position: row.position },
});
