import { arrayLiteral } from '../../src/log/array-literal.js';
import { Log } from '../../src/log/log.js';
import { systemTimers } from '../../src/model/clock.js';
import type { Database } from '../../src/platform/platform.js';
import { databaseKinds, postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { ask } from '../support/client.js';
import { spawnHub } from '../support/hub-process.js';
import { append } from './support/append.js';
import { connect } from './support/stand.js';

describe.each(databaseKinds)('the tables on $name', (kind) => {
  let own: OwnDatabase;
  let databases: Database[];

  beforeEach(async () => {
    own = await kind.create();
    databases = [];
  });
  afterEach(async () => {
    for (const database of databases) await database.close();
    await own.drop();
  });

  async function open(): Promise<Database> {
    const database = await connect(own.url);
    databases.push(database);
    return database;
  }

  it('are as the TypeORM entities say: its schema builder would change nothing', async () => {
    const database = await open();
    await database.migrate();
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map((query) => query.query)).toEqual([]);
  });

  it('are not there before the migrations, and no migration waits behind them', async () => {
    const database = await open();
    expect(await database.hasPendingMigrations()).toBe(true);
    await database.migrate();
    expect(await database.hasPendingMigrations()).toBe(false);
  });

  it('are made once where several hubs start at once on an empty database', async () => {
    const opened = await Promise.all([open(), open(), open(), open()]);
    await Promise.all(opened.map((database) => database.migrate()));
    const logs = await Promise.all(opened.map((database) => Log.open(database, systemTimers)));
    expect(new Set(logs.map((log) => log.id)).size).toBe(1);
    const [first, ...others] = logs;
    if (!first) throw new Error('no log was opened');
    await append(first, [{ key: 'a' }]);
    for (const log of others) expect((await log.extent()).head).toBe(1n);
  });

  it('keep what they hold when they are migrated again, with the same log id', async () => {
    const database = await open();
    await database.migrate();
    const log = await Log.open(database, systemTimers);
    await append(log, [{ key: 'a' }]);
    await database.migrate();
    const again = await open();
    await again.migrate();
    const later = await Log.open(again, systemTimers);
    expect([later.id, (await later.extent()).head]).toEqual([log.id, 1n]);
  });

  it('get another log id in another database', async () => {
    const other = await kind.create();
    const elsewhere = await connect(other.url);
    try {
      const database = await open();
      for (const one of [database, elsewhere]) await one.migrate();
      expect((await Log.open(elsewhere, systemTimers)).id).not.toBe(
        (await Log.open(database, systemTimers)).id,
      );
    } finally {
      await elsewhere.close();
      await other.drop();
    }
  });

  it('are made once where several processes start at once on an empty database', async () => {
    const hubs = await Promise.all([1, 2, 3].map(() => spawnHub({ DATABASE_URL: own.url })));
    try {
      const ids = await Promise.all(
        hubs.map(({ url }) => ask<{ hub: { logId: string } }>(url, '{ hub { logId } }')),
      );
      expect(new Set(ids.map(({ hub }) => hub.logId)).size).toBe(1);
    } finally {
      await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
    }
  });
});

describe('PostgreSQL reads an array literal', () => {
  it('as the values that it was made of', async () => {
    const own = await postgres.create();
    const database = await connect(own.url);
    try {
      const values = [
        '',
        'a',
        null,
        'NULL',
        'a,b',
        '{x}',
        '"',
        '\\',
        '\\"',
        ' x ',
        'a\nb\t',
        '😀',
        '{"a":"\\"\\\\n"}',
        "'",
      ];
      const [row] = await database.read('select $1::text[] as list', [arrayLiteral(values)]);
      expect(row?.list).toEqual(values);
      const [numbers] = await database.read('select $1::bigint[] as list', [
        arrayLiteral([1, 2n ** 63n - 1n, null]),
      ]);
      expect(numbers?.list).toEqual(['1', '9223372036854775807', null]);
    } finally {
      await database.close();
      await own.drop();
    }
  });
});
