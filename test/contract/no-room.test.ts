/** A database that cannot write for a while: its disk is full, or it lets itself only be read. */
import type { Database } from '../../src/platform/platform.js';
import { postgres, sqlite } from '../support/databases.js';
import type { DatabaseKind } from '../support/databases.js';
import { adminQuery } from '../support/postgres-database.js';
import { eventually } from '../support/wait.js';
import { rejectionOf } from './support/parts.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';

/** How a database of one kind comes to be so, and gets well again. */
interface Fault {
  readonly kind: DatabaseKind;
  readonly what: string;
  /** How the database itself says so. */
  readonly says: RegExp;
  begin(database: Database, url: string): Promise<unknown>;
  end(database: Database, url: string): Promise<unknown>;
}

/** Room for this many pages, of 4 KiB, of SQLite's; what is more than the disk has is as good as no limit. */
const ENOUGH = 1_000_000;
const pages = (database: Database, count: number): number => {
  if (database.dialect !== 'sqlite') throw new Error('Only SQLite counts its pages.');
  return Number(database.writer.pragma(`max_page_count = ${count}`, { simple: true }));
};

/** PostgreSQL says so by the same error where a table's file cannot grow. */
const DISK_FULL = `create function no_room() returns trigger language plpgsql as
  $$ begin raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`;
const readOnly = async (url: string, on: boolean): Promise<void> => {
  const writing = new URL(url);
  const name = writing.pathname.slice(1);
  // Otherwise it could not be switched back.
  writing.searchParams.set('options', '-c default_transaction_read_only=off');
  await adminQuery(
    writing.href,
    `alter database ${name} set default_transaction_read_only = ${on ? 'on' : 'off'}`,
  );
  await adminQuery(
    url,
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tidemark'",
  );
};

const FAULTS: readonly Fault[] = [
  {
    kind: sqlite,
    what: 'its disk is full',
    says: /full/,
    // It gives at least what it has in use.
    begin: (database) => Promise.resolve(pages(database, 1)),
    end: (database) => Promise.resolve(pages(database, ENOUGH)),
  },
  {
    kind: postgres,
    what: 'its disk is full',
    says: /No space left/,
    begin: async (_database, url) => {
      await adminQuery(url, DISK_FULL);
      await adminQuery(url, 'create trigger no_room before insert on entity execute function no_room()');
    },
    end: (_database, url) => adminQuery(url, 'drop function no_room cascade'),
  },
  {
    kind: postgres,
    what: 'it only lets itself be read',
    says: /read-only/,
    begin: (_database, url) => readOnly(url, true),
    end: (_database, url) => readOnly(url, false),
  },
];

describe.each(FAULTS)('$kind.name where $what', ({ kind, says, begin, end }) => {
  let stand: Stand;

  beforeEach(async () => {
    stand = await Stand.create(kind);
  });
  afterEach(() => stand.drop());

  it('records nothing and says so, is read as ever, and goes on without a gap once there is room', async () => {
    const publisher = publisherOf(stand.log);
    /** More than the pages hold that are in use. */
    const large = { n: 'x'.repeat(200_000) };
    const changes = [
      { key: 'a', sourceId: 'r1', data: large },
      { key: 'b', data: large },
    ];
    await publishTo(publisher, [{ key: 'a' }]);
    await begin(stand.database, stand.own.url);
    // The first call may still meet a connection that broke, and is refused for that.
    await rejectionOf(publishTo(publisher, changes));
    const refused = await rejectionOf(publishTo(publisher, changes));
    expect(refused).toMatchObject({ code: 'LOG_UNAVAILABLE', details: { retryable: true } });
    expect(refused.details).not.toHaveProperty('unknown');
    expect((refused.cause as Error).message).toMatch(says);
    expect((await stand.all()).map((row) => row.key)).toEqual(['a']);
    expect(await stand.log.entity('quakes', 'a')).toMatchObject({ version: 1, data: { n: 1 } });
    expect(await stand.log.collections()).toEqual([{ name: 'quakes', entityCount: 1, changeCount: 1 }]);
    await end(stand.database, stand.own.url);
    const { results } = await eventually(() => publishTo(publisher, changes), {
      what: 'the call to be taken',
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(['APPLIED', 'APPLIED']);
    expect((await stand.all()).map((row) => row.position)).toEqual([1n, 2n, 3n]);
  });
});
