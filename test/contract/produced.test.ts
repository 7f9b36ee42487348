/** What a call makes is bounded, not only what it sends: a change of ten bytes may record a large entity. */
import type { ChangeRow } from '../../src/model/change.js';
import type { Limits } from '../../src/model/limits.js';
import type { PublishAnswer, Publisher } from '../../src/publish/publish.js';
import { databaseKinds } from '../support/databases.js';
import { rejectionOf } from './support/parts.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';
import type { ChangeParts, PublisherParts } from './support/stand.js';

const MIB = 1_024 * 1_024;
const LARGE = 'x'.repeat(200_000);
const GROUP = 16 * MIB;

const outcomes = (answer: PublishAnswer): string[] => answer.results.map((result) => result.outcome);
const patches = (count: number, key: string, parts: ChangeParts = {}): ChangeParts[] =>
  Array.from({ length: count }, (_, n) => ({ key, write: 'PATCH', data: { [`${key}n`]: n }, ...parts }));

describe.each(databaseKinds)('what a call produces, on $name', (kind) => {
  let stand: Stand;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    const large = publishTo(
      publisherOf(stand.log),
      ['a', 'b'].map((key) => ({ key, data: { text: LARGE } })),
    );
    await large;
  });
  afterEach(() => stand.drop());

  const publisherWith = (limits: Partial<Limits>, parts: PublisherParts = {}): Publisher =>
    publisherOf(stand.log, { ...parts, limits });
  const keysBehind = async (position: bigint): Promise<string[]> =>
    (await stand.all()).filter((row) => row.position > position).map((row) => row.key);

  it('refuses a call beyond the limit whole, by the change that exceeds it, and no other of its group', async () => {
    const publisher = publisherWith({ producedBytes: MIB });
    const [first, refused, last] = await Promise.allSettled([
      publishTo(publisher, patches(2, 'a')),
      publishTo(publisher, [{ key: 'small' }, ...patches(900, 'b')]),
      publishTo(publisher, [{ key: 'c' }, ...patches(1, 'b')]),
    ]);
    expect([first.status, last.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'PAYLOAD_TOO_LARGE',
        message: expect.stringContaining('fewer changes') as string,
        details: { index: 6, path: 'changes[6]', limit: MIB },
      },
    });
    expect(await keysBehind(2n)).toEqual(['a', 'a', 'c', 'b']);
    expect(await stand.log.entity('quakes', 'b')).toMatchObject({ version: 2, data: { bn: 0 } });
  });

  it('counts what was before as well: deleting large entities produces them', async () => {
    const publisher = publisherWith({ producedBytes: 300_000 });
    const refused = await rejectionOf(
      publishTo(publisher, [
        { key: 'a', write: 'DELETE' },
        { key: 'b', write: 'DELETE' },
      ]),
    );
    expect(refused).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { index: 1, limit: 300_000 } });
    expect(outcomes(await publishTo(publisher, [{ key: 'a', write: 'DELETE' }]))).toEqual(['APPLIED']);
  });

  it('bounds what an answer repeats: states of conflicts, and changes that were recorded before', async () => {
    const conflicts = Array.from({ length: 10 }, () => ({ key: 'a', expectedVersion: 7 }));
    const publisher = publisherWith({ producedBytes: MIB });
    expect(await rejectionOf(publishTo(publisher, conflicts))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { index: 5, limit: MIB },
    });
    expect(new Set(outcomes(await publishTo(publisher, conflicts.slice(0, 5))))).toEqual(
      new Set(['CONFLICT']),
    );
    const sent = { key: 'c', sourceId: 'r1', data: { text: LARGE } };
    await publishTo(publisher, [sent]);
    const again = Array.from({ length: 10 }, () => sent);
    expect(await rejectionOf(publishTo(publisher, again))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { index: 5 },
    });
  });

  it('bounds the answer of an aborted call by the states that it shows', async () => {
    const changes: ChangeParts[] = [
      { key: 'a', data: { n: 1 } },
      ...Array.from({ length: 10 }, () => ({ key: 'a', expectedVersion: 7 })),
    ];
    const refused = publishTo(publisherWith({ producedBytes: MIB }), changes, { atomic: true });
    expect(await rejectionOf(refused)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { index: 6 } });
    expect(await keysBehind(2n)).toEqual([]);
  });

  it('answers a call that is sent again, whatever became of its entities', async () => {
    const publisher = publisherOf(stand.log);
    const calls = [1, 2].map((call) =>
      Array.from({ length: 60 }, (_, n) => ({
        key: `k${call}.${n}`,
        sourceId: `r${call}.${n}`,
        data: { n },
      })),
    );
    for (const call of calls) await publishTo(publisher, call);
    for (const key of calls.flat().map((change) => change.key)) {
      await publishTo(publisher, [{ key, data: { text: LARGE } }]);
    }
    const again = await publishTo(publisher, calls.flat());
    expect(new Set(outcomes(again))).toEqual(new Set(['DUPLICATE']));
    // The same without ids reads 24 MB of states, and the bound of what one append reads holds.
    const reading = calls.flat().map(({ key }) => ({ key, expectedVersion: 1, data: {} }));
    expect(await rejectionOf(publishTo(publisher, reading))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      details: { limit: GROUP },
    });
  });

  it('cuts a group that produces too much, keeps the order, and answers every call', async () => {
    const groups: number[] = [];
    const onAppended = (changes: readonly { readonly row: ChangeRow }[]): void =>
      void groups.push(
        changes.reduce((sum, { row }) => sum + (row.after?.length ?? 0) + (row.undo?.length ?? 0), 0),
      );
    const publisher = publisherWith({}, { onAppended });
    const calls = Array.from({ length: 12 }, (_, n) =>
      publishTo(publisher, [...patches(20, n % 2 === 0 ? 'a' : 'b', { data: { n } }), { key: `end ${n}` }]),
    );
    const answers = await Promise.all(calls);
    const ends = answers.map((answer) => answer.results.at(-1)?.change?.row.position ?? 0n);
    expect([...ends].sort((x, y) => Number(x - y))).toEqual(ends);
    for (const bytes of groups) expect(bytes).toBeLessThanOrEqual(GROUP);
    expect(await keysBehind(2n)).toEqual(
      answers.flatMap(({ results }) => results.flatMap(({ change }) => change?.row.key ?? [])),
    );
  });

  it('cuts a group that produces 48 MB into several', async () => {
    const groups: number[] = [];
    const publisher = publisherWith({}, { onAppended: (changes) => void groups.push(changes.length) });
    const call = (n: number): ChangeParts[] =>
      Array.from({ length: 40 }, (_, i) => ({
        key: n % 2 === 0 ? 'a' : 'b',
        write: 'PATCH',
        data: { i, n },
      }));
    await Promise.all([0, 1, 2, 3, 4, 5].map((n) => publishTo(publisher, call(n))));
    expect(groups.reduce((sum, changes) => sum + changes, 0)).toBe(240);
    expect(Math.max(...groups)).toBe(80);
  });
});
