/** Hubs and the migrations of their database: those of a newer version, and those that another hub runs. */
import Sqlite from 'better-sqlite3';
import { createLogger } from '../../src/hub.js';
import { logTables } from '../../src/log/log.js';
import { systemTimers } from '../../src/model/clock.js';
import { openDatabase } from '../../src/platform/platform.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { connect } from '../contract/support/stand.js';
import { databaseKinds, postgres, sqlite } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ignore } from '../support/ignore.js';
import { adminQuery, clientOf } from '../support/postgres-database.js';
import { eventually } from '../support/wait.js';

const fileOf = (url: string): string => url.replace('sqlite:', '');

/** Runs one statement on a connection of the test's own. */
async function run(url: string, sql: string): Promise<void> {
  if (!url.startsWith('sqlite:')) {
    await adminQuery(url, sql);
    return;
  }
  const handle = new Sqlite(fileOf(url));
  handle.exec(sql);
  handle.close();
}

/** Keeps whoever migrates an empty database from it, until it is released. */
async function hold(url: string): Promise<() => Promise<void>> {
  if (url.startsWith('sqlite:')) {
    const handle = new Sqlite(fileOf(url));
    handle.pragma('journal_mode = WAL');
    handle.exec('begin immediate');
    return async () => {
      handle.exec('rollback');
      handle.close();
    };
  }
  const client = clientOf(url);
  await client.connect();
  await client.query('begin');
  await client.query('create schema tidemark');
  return async () => {
    await client.query('rollback');
    await client.end();
  };
}

describe.each(databaseKinds)('a database on $name', (kind) => {
  const kept = closedAfterEach();
  let own: OwnDatabase;

  beforeEach(async () => {
    own = await kind.create();
    kept({ close: () => own.drop() });
  });

  it('that a newer version has migrated is refused by one sentence, and left as it is', async () => {
    const before = await startHub({ DATABASE_URL: own.url });
    const { logId, database } = before;
    await before.close();
    await run(own.url, `insert into migrations (timestamp, name) values (1, 'AddTrace9990000000001')`);
    await expect(startHub({ DATABASE_URL: own.url })).rejects.toThrow(
      `The database ${database.replace(/^.* at /, '')} was migrated by a newer version of Tidemark ` +
        '(this version does not know AddTrace9990000000001); start that version or a newer one, ',
    );
    await run(own.url, `delete from migrations where name = 'AddTrace9990000000001'`);
    expect(kept(await startHub({ DATABASE_URL: own.url })).logId).toBe(logId);
  });

  it('that nobody can migrate yet is waited for, which is said once, and made once', async () => {
    const lines: string[][] = [[], []];
    const release = await hold(own.url);
    const opening = lines.map((said) =>
      startHub(
        { DATABASE_URL: own.url },
        {
          logger: createLogger('info', {
            write: (line) => void said.push((JSON.parse(line) as { msg: string }).msg),
          }),
        },
      ),
    );
    const saying = (text: string): number[] =>
      lines.map((said) => said.filter((msg) => msg.includes(text)).length);
    try {
      await eventually(() => saying('waiting').some((times) => times > 0), {
        what: 'a hub to say that it waits',
      });
    } finally {
      await release();
    }
    const hubs = (await Promise.all(opening)).map(kept);
    expect(hubs[0]?.logId).toBe(hubs[1]?.logId);
    expect(Math.max(...saying('waiting'))).toBe(1);
    expect(saying('made a new log').sort()).toEqual([0, 1]);
  });
});

it('migrations on PostgreSQL have no time limit, neither for those who run them nor for those who wait', async () => {
  const own = await postgres.create();
  // Far less than these migrations are made to take.
  const limitMs = 500;
  const databases = [await connect(own.url, limitMs), await connect(own.url, limitMs)];
  const release = await hold(own.url);
  let waits = 0;
  const migrating = databases.map((database) => database.migrate(() => void (waits += 1)));
  const overdue = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and clock_timestamp() - query_start > interval '${2 * limitMs} ms'`;
  try {
    await eventually(async () => (await adminQuery(own.url, overdue)).length === 2, {
      what: 'both to be overdue',
    });
  } finally {
    await release();
  }
  expect((await Promise.all(migrating)).map(({ isNew }) => isNew).sort()).toEqual([false, true]);
  expect(waits).toBe(1);
  await Promise.all(databases.map((database) => database.close()));
  await own.drop();
});

it('migrations on SQLite wait for other programs however long these have the file locked', async () => {
  const own = await sqlite.create();
  let hours = 0;
  const timers = { ...systemTimers, now: () => (hours += 1) * 3_600_000 };
  const patient = await openDatabase(own.url, [logTables], { poolSize: 1, onLost: ignore, timers });
  const release = await hold(own.url);
  let waits = 0;
  const migrating = patient.migrate(() => void (waits += 1));
  const before = hours;
  try {
    await eventually(() => waits === 1 && hours > before + 2, { what: 'hours to go by' });
  } finally {
    await release();
  }
  expect(await migrating).toEqual({ isNew: true });
  expect(waits).toBe(1);
  await patient.close();
  await own.drop();
});
