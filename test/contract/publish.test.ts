import type { Log } from '../../src/log/log.js';
import type { Change } from '../../src/model/change.js';
import { silent } from '../../src/model/telemetry.js';
import { databaseKinds } from '../support/databases.js';
import { rejectionOf } from './support/parts.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';
import type { PublishAnswer } from '../../src/publish/publish.js';

const outcomes = (answer: PublishAnswer): string[] => answer.results.map((result) => result.outcome);
const positions = (answer: PublishAnswer): (bigint | null)[] =>
  answer.results.map((result) => result.change?.row.position ?? null);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe.each(databaseKinds)('publishing on $name', (kind) => {
  let stand: Stand;
  let log: Log;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    log = stand.log;
  });
  afterEach(() => stand.drop());

  it('answers what became of each change, in the order of the call', async () => {
    const publisher = publisherOf(log);
    const answer = await publishTo(publisher, [
      ...[{ sourceId: 'r1', data: { a: 1 } }, { data: { a: 1 } }, { sourceId: 'r1', data: { a: 1 } }],
      ...[
        { sourceId: 'r1', data: { a: 2 } },
        { data: { b: 2 }, write: 'PATCH' as const },
        { data: {}, expectedVersion: 1 },
      ],
      ...[
        { key: 'q2', expectedVersion: 0 },
        { write: 'DELETE' as const, expectedVersion: 2 },
        { key: 'q3', write: 'DELETE' as const },
      ],
    ]);
    expect(outcomes(answer)).toEqual([
      ...[
        'APPLIED',
        'UNCHANGED',
        'DUPLICATE',
        'CONFLICT',
        'APPLIED',
        'CONFLICT',
        'APPLIED',
        'APPLIED',
        'UNCHANGED',
      ],
    ]);
    expect(positions(answer)).toEqual([1n, null, 1n, null, 2n, null, 3n, 4n, null]);
    expect(answer.end.position).toBe(4n);
    expect(answer.results[3]?.conflict).toMatchObject({
      ...{ reason: 'ID_REUSED', current: { a: 1 }, currentVersion: 1, incoming: { a: 2 } },
      ...{ source: 'crm', collection: 'quakes', key: 'q1', resolution: 'REJECTED' },
    });
    expect(answer.results[5]?.conflict).toMatchObject({ reason: 'VERSION_MISMATCH', currentVersion: 2 });
    expect((await stand.all()).map((row) => [row.key, row.operation, row.version, row.previous])).toEqual([
      ...[
        ['q1', 'CREATE', 1, null],
        ['q1', 'UPDATE', 2, 1n],
      ],
      ...[
        ['q2', 'CREATE', 1, null],
        ['q1', 'DELETE', 3, 2n],
      ],
    ]);
  });

  it('answers a repeat with what was recorded then, whatever came since, and however its fields are ordered', async () => {
    const publisher = publisherOf(log);
    const first = await publishTo(publisher, [{ sourceId: 'r1', data: { a: 1, b: { c: 1, d: 2 } } }]);
    await publishTo(publisher, [{ data: { a: 2 } }, { write: 'DELETE' }]);
    const again = await publishTo(publisher, [
      { sourceId: 'r1', data: { b: { d: 2, c: 1 }, a: 1 }, expectedVersion: 0 },
    ]);
    expect(outcomes(again)).toEqual(['DUPLICATE']);
    expect(again.results[0]?.change?.row).toEqual(first.results[0]?.change?.row);
    expect(again.end.position).toBe(3n);
    const elsewhere = await publishTo(publisher, [{ sourceId: 'r1' }], { source: 'erp' });
    expect(outcomes(elsewhere)).toEqual(['APPLIED']);
    expect(await stand.all()).toHaveLength(4);
  });

  it('records no id of what was UNCHANGED or refused: it may be used then', async () => {
    const publisher = publisherOf(log);
    await publishTo(publisher, [{ data: { a: 1 } }]);
    const answer = await publishTo(publisher, [
      { sourceId: 'r1', data: { a: 1 } },
      { sourceId: 'r2', expectedVersion: 9 },
    ]);
    expect(outcomes(answer)).toEqual(['UNCHANGED', 'CONFLICT']);
    const later = await publishTo(publisher, [
      { sourceId: 'r1', data: { a: 2 } },
      { sourceId: 'r2', data: { a: 3 } },
    ]);
    expect(outcomes(later)).toEqual(['APPLIED', 'APPLIED']);
  });

  it('keeps the order of a call, and hands on what it recorded in log order', async () => {
    const heard: Change[] = [];
    const publisher = publisherOf(log, { onAppended: (changes) => heard.push(...changes) });
    const calls = numbers(20).map((call) =>
      publishTo(
        publisher,
        numbers(5).map((n) => ({ key: `c${call}`, data: { n } })),
      ),
    );
    const answers = await Promise.all(calls);
    const rows = await stand.all();
    expect(heard.map((change) => change.row)).toEqual(rows);
    for (const [call, answer] of answers.entries()) {
      const own = rows.filter((row) => row.key === `c${call}`);
      expect(own.map((row) => row.after)).toEqual(numbers(5).map((n) => JSON.stringify({ n })));
      expect(positions(answer)).toEqual(own.map((row) => row.position));
      expect(answer.end.position).toBeGreaterThanOrEqual(own.at(-1)?.position ?? 0n);
    }
  });

  it('commits many calls that come at once in few transactions', async () => {
    const groups: number[] = [];
    const telemetry = { ...silent, appended: (changes: number) => void groups.push(changes) };
    const publisher = publisherOf(log, { telemetry });
    await Promise.all(numbers(300).map((n) => publishTo(publisher, [{ key: `k${n}` }])));
    expect(groups.reduce((sum, changes) => sum + changes, 0)).toBe(300);
    expect(groups.length).toBeLessThanOrEqual(5);
    await publisher.settled();
  });

  it('leaves nothing of an atomic call with one conflict, and says ABORTED of the rest', async () => {
    const publisher = publisherOf(log);
    const kept = await publishTo(publisher, [{ sourceId: 'r0', key: 'before' }]);
    const answer = await publishTo(
      publisher,
      [
        ...[
          { key: 'a', sourceId: 'r1' },
          { sourceId: 'r0', key: 'before' },
          { key: 'a', sourceId: 'r1' },
        ],
        ...[{ key: 'b', expectedVersion: 7 }, { key: 'before' }, { key: 'c' }],
      ],
      { atomic: true },
    );
    expect(outcomes(answer)).toEqual(['ABORTED', 'DUPLICATE', 'ABORTED', 'CONFLICT', 'ABORTED', 'ABORTED']);
    expect(answer.results[1]?.change?.row).toEqual(kept.results[0]?.change?.row);
    expect(answer.results.filter((result) => result.outcome === 'ABORTED' && result.change)).toEqual([]);
    expect(await stand.all()).toHaveLength(1);
    const again = await publishTo(publisher, [{ key: 'a', sourceId: 'r1' }, { key: 'c' }], { atomic: true });
    expect(outcomes(again)).toEqual(['APPLIED', 'APPLIED']);
    expect(positions(again)).toEqual([2n, 3n]);
  });

  it('says in an aborted call what is recorded, not what the call had made of it', async () => {
    const publisher = publisherOf(log);
    await publishTo(publisher, [{ sourceId: 'r0', key: 'a', data: { n: 1 } }]);
    const [mate, aborted] = await Promise.all([
      publishTo(publisher, [{ key: 'b', sourceId: 'r2', data: { n: 5 } }]),
      publishTo(
        publisher,
        [
          { key: 'a', data: { n: 2 } },
          { key: 'a', expectedVersion: 7 },
          { key: 'c', sourceId: 'r1' },
          { key: 'c', expectedVersion: 7 },
          { key: 'a', sourceId: 'r1' },
          { key: 'a', sourceId: 'r0', data: { n: 1 } },
          { key: 'b', sourceId: 'r2', data: { n: 5 } },
          { key: 'c', sourceId: 'r1' },
        ],
        { atomic: true },
      ),
    ]);
    expect(outcomes(aborted)).toEqual([
      ...['ABORTED', 'CONFLICT', 'ABORTED', 'CONFLICT', 'CONFLICT', 'DUPLICATE', 'DUPLICATE', 'ABORTED'],
    ]);
    const shown = aborted.results.map(
      ({ conflict }) => conflict && [conflict.current, conflict.currentVersion],
    );
    expect([shown[1], shown[3], shown[4]]).toEqual([
      [{ n: 1 }, 1],
      [null, 0],
      [{ n: 1 }, 1],
    ]);
    expect(aborted.results[6]?.change?.row).toEqual(mate.results[0]?.change?.row);
    expect((await stand.all()).map((row) => row.key)).toEqual(['a', 'b']);
  });

  it('lets calls of one group see each other, but not what an aborted one would have done', async () => {
    const publisher = publisherOf(log);
    const [first, aborted, second, third] = await Promise.all([
      publishTo(publisher, [{ key: 'a', data: { n: 1 } }, { key: 'x' }]),
      publishTo(
        publisher,
        [
          { key: 'a', data: { n: 9 } },
          { key: 'z', sourceId: 'r1' },
          { key: 'b', expectedVersion: 5 },
        ],
        { atomic: true },
      ),
      publishTo(publisher, [
        { key: 'a', data: { n: 2 }, expectedVersion: 1 },
        { key: 'z', sourceId: 'r1' },
      ]),
      publishTo(publisher, [{ key: 'a', data: { n: 3 }, expectedVersion: 1 }]),
    ]);
    expect([first, aborted, second, third].map(outcomes)).toEqual([
      ...[['APPLIED', 'APPLIED'], ['ABORTED', 'ABORTED', 'CONFLICT'], ['APPLIED', 'APPLIED'], ['CONFLICT']],
    ]);
    expect((await stand.all()).map((row) => row.position)).toEqual([1n, 2n, 3n, 4n]);
    expect(second.results[0]?.change).toMatchObject({
      before: { n: 1 },
      after: { n: 2 },
      changedFields: ['n'],
    });
  });

  it("leaves a call's group mates unharmed by its error", async () => {
    const limits = { dataBytes: 200 };
    const publisher = publisherOf(log, { limits });
    await publishTo(publisher, [{ key: 'full', data: { a: 'x'.repeat(150) } }]);
    const [before, grown, invalid, after] = await Promise.allSettled([
      publishTo(publisher, [{ key: 'a' }]),
      publishTo(publisher, [
        { key: 'b' },
        { key: 'full', write: 'PATCH', data: { b: 'y'.repeat(100) } },
        { key: 'c' },
      ]),
      publishTo(publisher, [{ key: 'd' }, { key: '' }]),
      publishTo(publisher, [{ key: 'e' }, { key: 'b', expectedVersion: 0 }]),
    ]);
    expect([before.status, after.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(grown).toMatchObject({
      status: 'rejected',
      reason: { code: 'PAYLOAD_TOO_LARGE', details: { path: 'changes[1].data', index: 1, limit: 200 } },
    });
    expect(invalid).toMatchObject({
      status: 'rejected',
      reason: { code: 'BAD_USER_INPUT', details: { path: 'changes[1].key', index: 1 } },
    });
    expect((await stand.all()).map((row) => row.key)).toEqual(['full', 'a', 'e', 'b']);
    expect(await log.entity('quakes', 'full')).toMatchObject({ version: 1, data: { a: 'x'.repeat(150) } });
  });

  it('records each id once where two hubs race with the same calls', async () => {
    const hubs = [publisherOf(log), publisherOf((await stand.another()).log)];
    const answers = await Promise.all(
      numbers(60).flatMap((n) =>
        hubs.map((publisher) => publishTo(publisher, [{ key: `k${n % 9}`, sourceId: `r${n}`, data: { n } }])),
      ),
    );
    const rows = await stand.all();
    expect(rows.map((row) => row.position)).toEqual(numbers(60).map((n) => BigInt(n + 1)));
    expect(new Set(rows.map((row) => row.sourceId)).size).toBe(60);
    const told = answers.flatMap((answer) => answer.results);
    expect(told.filter((result) => result.outcome === 'APPLIED')).toHaveLength(60);
    expect(told.filter((result) => result.outcome === 'DUPLICATE')).toHaveLength(60);
    const byId = new Map(rows.map((row) => [row.sourceId, row]));
    for (const { change } of told) expect(change?.row).toEqual(byId.get(change?.row.sourceId ?? ''));
  });

  it('refuses what would wait beyond its bounds, records nothing of it, and takes calls again afterwards', async () => {
    const publisher = publisherOf(log, { limits: { waitingChanges: 10 } });
    const waiting = numbers(5).map((n) => publishTo(publisher, [{ key: `a${n}` }, { key: `b${n}` }]));
    const refused = await rejectionOf(publishTo(publisher, [{ key: 'too much' }]));
    expect(refused).toMatchObject({ code: 'OVERLOADED', details: { retryable: true } });
    await Promise.all(waiting);
    // One that is larger than the bound goes through where nothing waits.
    const large = await publishTo(
      publisher,
      numbers(20).map((n) => ({ key: `c${n}` })),
    );
    expect(new Set(outcomes(large))).toEqual(new Set(['APPLIED']));
    expect((await publishTo(publisher, [{ key: 'again' }])).end.position).toBe(31n);
    expect((await stand.all()).some((row) => row.key === 'too much')).toBe(false);
    const byBytes = publisherOf(log, { limits: { waitingBytes: 100 } });
    const first = publishTo(byBytes, [{ key: 'x', data: { a: 'x'.repeat(90) } }]);
    expect(await rejectionOf(publishTo(byBytes, [{ key: 'y' }]))).toMatchObject({ code: 'OVERLOADED' });
    await first;
  });

  it('refuses nothing later on account of calls that failed', async () => {
    const publisher = publisherOf(log, { limits: { waitingChanges: 4 } });
    for (let i = 0; i < 10; i += 1) await rejectionOf(publishTo(publisher, [{ key: 'a' }, { key: '' }]));
    expect(
      outcomes(
        await publishTo(
          publisher,
          numbers(4).map((n) => ({ key: `k${n}` })),
        ),
      ),
    ).toHaveLength(4);
  });
});
