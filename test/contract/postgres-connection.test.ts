/** Connections to PostgreSQL that end at the worst moment. */
import type { Database } from '../../src/platform/platform.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { adminQuery } from '../support/postgres-database.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';
import { connect } from './support/stand.js';

describe('connections to PostgreSQL', () => {
  let own: OwnDatabase;
  let proxy: TcpProxy;
  let database: Database;

  beforeAll(async () => {
    own = await postgres.create();
    const url = new URL(own.url);
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    database = await connect(url.href);
  });

  afterAll(async () => {
    await database.close();
    await proxy.dispose();
    await own.drop();
  });

  it('may end in the moment in which they are made, which costs the statement and not the process', async () => {
    const before = proxy.connections;
    // Everything that the server says until then, its farewell too, comes in one piece.
    proxy.stall('toClient');
    const reads = Array.from({ length: before + 1 }, () => database.read('select 1 as one'));
    const settled = Promise.allSettled(reads);
    const backends = `from pg_stat_activity where datname = current_database() and application_name = 'tidemark'`;
    await eventually(
      async () =>
        Number((await adminQuery(own.url, `select count(*) as n ${backends} and state = 'idle'`))[0]?.n) >
        before,
      { what: 'the new connection to be made, and what was asked to be answered' },
    );
    await adminQuery(own.url, `select pg_terminate_backend(pid) ${backends}`);
    await eventually(
      async () => Number((await adminQuery(own.url, `select count(*) as n ${backends}`))[0]?.n) === 0,
      { what: 'the connections to be terminated' },
    );
    proxy.resume();
    for (const read of await settled) {
      if (read.status === 'rejected') expect(read.reason).toMatchObject({ code: 'LOG_UNAVAILABLE' });
    }
    await eventually(() => database.read('select 2 as two'), { what: 'the next statement to be answered' });
  });
});
