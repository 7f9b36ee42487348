import fc from 'fast-check';
import type { Log } from '../../src/log/log.js';
import { asBigint } from '../../src/platform/platform.js';
import type { Row, Statement } from '../../src/platform/platform.js';
import { Stand } from '../contract/support/stand.js';
import { publisherOf, publishTo } from '../contract/support/stand.js';
import { databaseKinds } from '../support/databases.js';
import { present } from '../support/present.js';

/** Damages that are tried on each database. */
const RUNS = 500;

/** One damage, and how it is undone. */
interface Damaged {
  readonly does: readonly Statement[];
  readonly undoes: readonly Statement[];
  /** The position that the check has to name. */
  readonly at: bigint;
}

const TEXTS = [
  'source_id',
  'collection',
  'key',
  'source',
  'after',
  'undo',
  'digest',
  'headers',
  'salt',
  'payload_digest',
  'hash',
];
const NUMBERS = ['previous', 'version', 'occurred_at', 'recorded_at'];
const STATE_TEXTS = ['collection', 'key', 'data', 'source'];
const STATE_NUMBERS = ['version', 'updated_at'];

/** The same text with one character changed; what is null becomes a text. */
const bent = (text: string | null, at: number): string => {
  if (!text) return 'x';
  const index = at % text.length;
  return text.slice(0, index) + (text[index] === 'x' ? 'y' : 'x') + text.slice(index + 1);
};

describe.each(databaseKinds)('a damaged log on $name', (kind) => {
  let stand: Stand;
  let log: Log;
  let changes: readonly Row[];
  let states: readonly Row[];

  beforeAll(async () => {
    stand = await Stand.create(kind);
    log = stand.log;
    const publisher = publisherOf(log);
    for (let i = 0; i < 12; i += 1) {
      const write = i % 5 === 4 ? 'DELETE' : 'UPSERT';
      const parts =
        write === 'DELETE' ? { write, data: null } : { data: { n: i, name: `é${i}` }, headers: { i } };
      await publishTo(publisher, [{ key: `k${i % 4}`, ...parts } as never]);
    }
    changes = await stand.database.read('select * from change order by position');
    states = await stand.database.read('select * from entity order by position');
  });
  afterAll(() => stand.drop());

  const apply = async (statements: readonly Statement[]): Promise<void> => {
    await stand.database.transact(function* () {
      for (const statement of statements) yield statement;
    });
  };
  const setSql = (table: string, column: string): string =>
    `update ${table} set ${column} = $2 where position = $1`;
  const positionOf = (row: Row): bigint => asBigint(row.position);
  const insertOf = (table: string, row: Row): Statement => {
    const names = Object.keys(row);
    const values = names.map((_, i) => `$${i + 1}`).join(', ');
    return {
      sql: `insert into ${table} (${names.join(', ')}) values (${values})`,
      parameters: Object.values(row) as never,
    };
  };

  const flip = (table: 'change' | 'entity', row: Row, column: string, value: unknown): Damaged => ({
    does: [{ sql: setSql(table, column), parameters: [positionOf(row), value as never] }],
    undoes: [{ sql: setSql(table, column), parameters: [positionOf(row), row[column] as never] }],
    at: positionOf(row),
  });

  const nth = (rows: readonly Row[], n: number): Row => present(rows[n % rows.length]);

  /** Damages of every kind, from four numbers. */
  const damageOf = (kindOf: number, n: number, m: number, at: number): Damaged => {
    const row = nth(changes, n);
    const state = nth(states, n);
    switch (kindOf) {
      case 0: {
        const column = present(TEXTS[m % TEXTS.length]);
        return flip('change', row, column, bent(row[column] as string | null, at));
      }
      case 1: {
        const column = present(NUMBERS[m % NUMBERS.length]);
        return flip('change', row, column, asBigint(row[column] ?? 0n) + 1n);
      }
      case 2: {
        const column = present(STATE_TEXTS[m % STATE_TEXTS.length]);
        return flip('entity', state, column, bent(state[column] as string | null, at));
      }
      case 3: {
        const column = present(STATE_NUMBERS[m % STATE_NUMBERS.length]);
        return flip('entity', state, column, asBigint(state[column]) + 1n);
      }
      case 4: {
        // Left out, in the middle or at the end.
        const sql = 'delete from change where position = $1';
        return {
          does: [{ sql, parameters: [positionOf(row)] }],
          undoes: [insertOf('change', row)],
          at: positionOf(row),
        };
      }
      case 5: {
        // Two changes take each other's places.
        const other = nth(changes, n + 1 + (m % (changes.length - 1)));
        const [a, b] = [positionOf(row), positionOf(other)];
        const swap = [
          { sql: 'update change set position = -1 where position = $1', parameters: [a] },
          { sql: setSql('change', 'position'), parameters: [b, a] },
          { sql: 'update change set position = $1 where position = -1', parameters: [b] },
        ];
        return { does: swap, undoes: swap, at: a < b ? a : b };
      }
      case 6: {
        const last = nth(changes, changes.length - 1);
        const forged = { ...last, position: positionOf(last) + 1n, source_id: 'forged' };
        const undo = { sql: "delete from change where source_id = 'forged'" };
        return { does: [insertOf('change', forged)], undoes: [undo], at: forged.position };
      }
      case 7: {
        // A newest state that was taken back to an older one.
        const later = nth(
          changes.filter(({ previous }) => previous !== null),
          n,
        );
        const now = present(states.find(({ key }) => key === later.key));
        const old = present(changes.find(({ position }) => asBigint(position) === asBigint(later.previous)));
        const values = {
          version: old.version,
          data: old.after,
          deleted: old.operation === 'DELETE' ? 1 : 0,
          position: old.position,
          hash: old.hash,
          source: old.source,
          updated_at: old.recorded_at,
        };
        const restored = { sql: 'delete from entity where key = $1', parameters: [now.key as string] };
        return {
          does: [restored, insertOf('entity', { collection: now.collection, key: now.key, ...values })],
          undoes: [restored, insertOf('entity', now)],
          at: positionOf(later),
        };
      }
      case 8: {
        // A newest state that is gone.
        const sql = 'delete from entity where key = $1';
        const first = present(changes.find(({ key }) => key === state.key));
        return {
          does: [{ sql, parameters: [state.key as string] }],
          undoes: [insertOf('entity', state)],
          at: positionOf(first),
        };
      }
      default: {
        // The end that log_head names goes back.
        const end = BigInt(changes.length);
        const sql = 'update log_head set position = $1 where one = 1';
        const back = BigInt(n % changes.length);
        return { does: [{ sql, parameters: [back] }], undoes: [{ sql, parameters: [end] }], at: back };
      }
    }
  };

  it('is whole before it is damaged', async () => {
    expect(await log.verify()).toEqual({ changes: 12, through: 12n, damage: null });
  });

  it(`is told, with the first wrong position, whatever was done to it (${RUNS} damages)`, async () => {
    const numbers = fc.tuple(fc.nat(9), fc.nat(1_000), fc.nat(1_000), fc.nat(1_000));
    await fc.assert(
      fc.asyncProperty(numbers, async ([kindOf, n, m, at]) => {
        const { does, undoes, at: position } = damageOf(kindOf, n, m, at);
        await apply(does);
        const { damage } = await log.verify();
        await apply(undoes);
        expect(damage).toMatchObject({ position });
      }),
      { numRuns: RUNS },
    );
    expect(await log.verify()).toEqual({ changes: 12, through: 12n, damage: null });
  }, 120_000);

  it('is told where the change that the check begins behind is missing', async () => {
    const row = present(changes[4]);
    await apply([{ sql: 'delete from change where position = $1', parameters: [positionOf(row)] }]);
    const { damage } = await log.verify({ after: positionOf(row) });
    await apply([insertOf('change', row)]);
    expect(damage).toEqual({ position: 5n, what: 'is missing' });
  });

  it('is whole where its beginning was cut off', async () => {
    const cut = changes.slice(0, 6);
    await apply([
      { sql: 'delete from change where position <= 6' },
      { sql: 'update log_head set earliest = 7 where one = 1' },
    ]);
    const found = await log.verify();
    const atTheCut = await log.points.startOf({ position: 6n, mark: 'anything' }, 'cursor');
    await apply([
      ...cut.map((row) => insertOf('change', row)),
      { sql: 'update log_head set earliest = 1 where one = 1' },
    ]);
    expect(found).toEqual({ changes: 6, through: 12n, damage: null });
    expect(atTheCut.position).toBe(6n);
  });
});
