/** Statements that time out, transactions that the server rolls back, and a server that is replaced by a copy. */
import { Log, LogReplaced } from '../../src/log/log.js';
import { systemTimers } from '../../src/model/clock.js';
import type { Database } from '../../src/platform/platform.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { adminQuery } from '../support/postgres-database.js';
import { StatementCutter } from '../support/statement-cutter.js';
import { eventually } from '../support/wait.js';
import { append } from './support/append.js';
import { rejectionOf } from './support/parts.js';
import { connect, publisherOf, publishTo } from './support/stand.js';

describe('on PostgreSQL', () => {
  let own: OwnDatabase;
  let cutter: StatementCutter;
  let database: Database;
  let log: Log;

  beforeEach(async () => {
    own = await postgres.create();
    cutter = await StatementCutter.before(own.url);
    database = await connect(cutter.url, 1_500);
    await database.migrate();
    log = await Log.open(database, systemTimers);
  });
  afterEach(async () => {
    await database.close();
    await cutter.dispose();
    await own.drop();
  });

  const backend = async (): Promise<unknown> =>
    (await database.read('select pg_backend_pid() as pid'))[0]?.pid;
  const expectEnded = async (): Promise<void> => {
    await eventually(() => cutter.silent.size === 0, { what: 'the connection to be ended' });
    expect([cutter.cuts, cutter.asked]).toEqual([1, 0]);
  };
  const raise = (code: string): string =>
    `do $$ begin raise exception 'no' using errcode = '${code}'; end $$`;

  it('a new connection that breaks while it is verified fails what was asked of it, and nobody waits for it', async () => {
    const database = await connect(own.url);
    if (database.dialect !== 'postgres') throw new Error('The database is not PostgreSQL.');
    let breaks = true;
    database.verifyConnections(async (queries) => {
      if (breaks) await queries.read('select pg_terminate_backend(pg_backend_pid())');
    });
    for (let i = 0; i < 6; i += 1)
      expect(await rejectionOf(database.read('select 1'))).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    breaks = false;
    expect(await database.read('select 1 as one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  it('a commit without an answer ends its connection: nothing is asked on it again', async () => {
    const publisher = publisherOf(log);
    await publishTo(publisher, [{ key: 'a' }]);
    cutter.cutNext('after, and then silence');
    const { results } = await publishTo(publisher, [{ key: 'b' }]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['APPLIED']);
    const next = await publishTo(publisher, [{ key: 'c' }]);
    expect(next.end.position).toBe(3n);
    await expectEnded();
  });

  it('a commit that PostgreSQL never heard of gives the lock back at once, so that it is known not to be done', async () => {
    cutter.cutNext('before, and then silence');
    const refused = await rejectionOf(publishTo(publisherOf(log), [{ key: 'a' }]));
    expect(refused).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(refused.details).toEqual({ retryable: true });
    await expectEnded();
    expect((await publishTo(publisherOf(log), [{ key: 'b' }])).end.position).toBe(1n);
  });

  it.each(['40001', '40P01'])(
    'error %s, which another transaction causes, is LOG_UNAVAILABLE, and the connection stays',
    async (code) => {
      const before = await backend();
      const refused = { code: 'LOG_UNAVAILABLE', details: { retryable: true } };
      const transaction = database.transact(function* () {
        yield { sql: 'update log_head set recorded_at = 5' };
        yield { sql: raise(code) };
      });
      expect(await rejectionOf(transaction)).toMatchObject(refused);
      expect(await rejectionOf(database.write(raise(code)))).toMatchObject(refused);
      const trigger = `create function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'no' using errcode = '${code}'; end $$`;
      await adminQuery(own.url, trigger);
      await adminQuery(own.url, 'create trigger refuse before insert on change execute function refuse()');
      expect(await rejectionOf(publishTo(publisherOf(log), [{ key: 'a' }]))).toMatchObject(refused);
      await adminQuery(own.url, 'drop trigger refuse on change');
      expect((await publishTo(publisherOf(log), [{ key: 'a' }])).end.position).toBe(1n);
      expect((await log.changes({ after: 0n, limit: 9 })).rows[0]?.recordedAt).not.toBe(5);
      expect(await backend()).toBe(before);
    },
  );

  it('a new connection to a copy that lost changes takes nothing, and says that the log was replaced', async () => {
    const { changes } = await append(log, [{ key: 'a' }, { key: 'b' }]);
    const replaced: Error[] = [];
    log.guard(
      () => changes[1] ?? null,
      (error) => void replaced.push(error),
    );
    await publishTo(publisherOf(log), [{ key: 'c' }]);
    await adminQuery(own.url, 'delete from change where position > 1');
    await adminQuery(own.url, 'update log_head set position = 1');
    await adminQuery(
      own.url,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'tidemark'`,
    );
    await eventually(async () => (await adminQuery(own.url, CONNECTIONS))[0]?.n === '0', {
      what: 'the connections to be terminated',
    });
    const writes = [
      () => publishTo(publisherOf(log), [{ key: 'd' }]),
      () => database.write('update log_head set recorded_at = 5'),
    ];
    for (const write of writes) {
      await eventually(async () => (await rejectionOf(write())).cause instanceof LogReplaced, {
        what: 'a new connection to be refused',
      });
    }
    expect(replaced[0]).toBeInstanceOf(LogReplaced);
    const [head] = await adminQuery(own.url, 'select position, recorded_at, log_id from log_head');
    expect([head?.position, head?.recorded_at === '5', head?.log_id === log.id]).toEqual(['1', false, false]);
  });
});

const CONNECTIONS = `select count(*) as n from pg_stat_activity
  where datname = current_database() and application_name = 'tidemark'`;
