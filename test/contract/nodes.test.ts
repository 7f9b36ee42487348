/** How objects are read by their ids: in how many statements, in how many bytes, and for whom. */
import { Explorer } from '../../src/explore/explore.js';
import type { ExplorerOptions } from '../../src/explore/explore.js';
import type { ChangeRow } from '../../src/model/change.js';
import { PAGE_BYTES } from '../../src/log/log.js';
import { Retry } from '../../src/retry/retry.js';
import { View } from '../../src/view/view.js';
import { databaseKinds } from '../support/databases.js';
import { rightsTo } from '../support/rights.js';
import { append } from './support/append.js';
import { consumersOf } from './support/consumers.js';
import { rejectionOf } from './support/parts.js';
import { Stand } from './support/stand.js';
import { noNotes } from '../../src/model/notes.js';

const MIB = 1_024 * 1_024;
const EVERYTHING = View.of();
/** Sees one collection, and tickets of the EU. */
const SOME = View.of(rightsTo({ visible: {}, tickets: { where: [{ field: 'region', eq: 'EU' }] } }));

describe.each(databaseKinds)('nodes by their ids on $name', (kind) => {
  let stand: Stand;
  let explorer: Explorer;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    const { log, database } = stand;
    const consumers = stand.closing(consumersOf(stand));
    const backoff = { firstMs: 1, longestMs: 1 };
    const retry = new Retry({
      database,
      consumers,
      backoff,
      log,
      pointOf: (cursor, place) => log.points.of(cursor, place),
      notes: noNotes,
      chance: () => 0,
    });
    explorer = new Explorer({ log, consumers, retry } as unknown as ExplorerOptions);
  });
  afterEach(() => stand.drop());

  /** Changes of about a MiB each, of entities of their own. */
  const recordLarge = async (collection: string, count: number): Promise<readonly ChangeRow[]> => {
    const { head } = await stand.log.extent();
    const after = JSON.stringify({ region: 'US', text: 'x'.repeat(MIB) });
    await append(
      stand.log,
      Array.from({ length: count }, (_, i) => ({
        ...{ collection, key: `k${i}`, after, sourceId: `${collection}-${i}` },
      })),
    );
    return (await stand.all()).filter(({ position }) => position > head);
  };
  const changeId = (row: ChangeRow): string => stand.log.ids.change(row);
  const entityId = (row: ChangeRow): string => stand.log.ids.entity(row);
  const keysOf = (found: readonly unknown[]): unknown[] =>
    found.map((one) => (one as { key?: string } | null)?.key);

  it.each<[string, (row: ChangeRow) => string]>([
    ['changes', (row) => changeId(row)],
    ['entities', (row) => entityId(row)],
  ])('come back whole up to the bytes of a page, and not without a word beyond: %s', async (_what, idOf) => {
    const ids = (await recordLarge('visible', 9)).map(idOf);
    expect(keysOf(await explorer.nodes(EVERYTHING, ids.slice(0, 7)))).toEqual(
      Array.from({ length: 7 }, (_, i) => `k${i}`),
    );
    const refusal = { code: 'PAYLOAD_TOO_LARGE', details: { path: 'ids', limit: PAGE_BYTES } };
    expect(await rejectionOf(explorer.nodes(EVERYTHING, ids))).toMatchObject(refusal);
    // What is asked for twice is answered twice.
    const twice = [...ids.slice(0, 4), ...ids.slice(0, 4)];
    expect(await rejectionOf(explorer.nodes(EVERYTHING, twice))).toMatchObject(refusal);
  });

  it('come back where one alone is larger than a page', async () => {
    const after = JSON.stringify({ text: 'x'.repeat(9 * MIB) });
    await append(stand.log, [{ key: 'large', after }]);
    const [row] = await stand.all();
    for (const id of row ? [changeId(row), entityId(row)] : [])
      expect(keysOf([await explorer.node(EVERYTHING, id)])).toEqual(['large']);
  });

  it('are not too large by what the caller does not see', async () => {
    const hidden = [...(await recordLarge('tickets', 10)), ...(await recordLarge('closed', 10))];
    const [visible] = await recordLarge('visible', 1);
    const rows = [...hidden, ...(visible ? [visible] : [])];
    for (const idOf of [changeId, entityId])
      expect(keysOf(await explorer.nodes(SOME, rows.map(idOf)))).toEqual([
        ...hidden.map(() => undefined),
        'k0',
      ]);
  });

  it('are read by one statement a type, whatever their number', async () => {
    const keys = Array.from({ length: 400 }, (_, i) => `k${i}`);
    await append(
      stand.log,
      keys.map((key) => ({ key, sourceId: key })),
    );
    const { consumers } = explorer.options;
    const made = [];
    for (const name of ['a', 'b', 'c'])
      made.push(await consumers.create({ name, filter: {}, start: { at: 'EARLIEST' }, maxAttempts: 1 }));
    const { ids } = stand.log;
    const asked = [
      ...(await stand.all()).flatMap((row) => [changeId(row), entityId(row)]),
      ...made.flatMap(({ id: consumer }) => [
        ids.consumer(consumer),
        ids.deadLetter({ consumer, position: 1n }),
      ]),
    ];
    const [read, readWhile] = [jest.spyOn(stand.database, 'read'), jest.spyOn(stand.database, 'readWhile')];
    const found = await explorer.nodes(EVERYTHING, asked);
    // On PostgreSQL readWhile is a read.
    const others = kind.name === 'SQLite' ? readWhile.mock.calls : [];
    expect([...read.mock.calls, ...others]).toHaveLength(4);
    expect(found.filter((one) => one !== null)).toHaveLength(803);
  });
});
