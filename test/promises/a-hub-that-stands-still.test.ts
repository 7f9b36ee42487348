/** A hub that is gone without a word in the middle of an append holds up the others for seconds, not for hours. */
import { spawnHub } from '../support/hub-process.js';
import { publish } from '../support/operations.js';
import { adminQuery } from '../support/postgres-database.js';
import { startPostgres } from '../support/postgres-server.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';
import { post } from '../support/client.js';

/** How long a statement takes to the server or back, in milliseconds: an append stands open for long enough to be met. */
const SLOW_MS = 100;

describe('a hub that stands still', () => {
  let postgres: PostgresServer;

  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);

  afterAll(() => postgres.dispose());

  it('in the middle of an append lets go of the log, also where its connections stay open', async () => {
    const database = await postgres.createDatabase();
    const link = await startTcpProxy({ port: postgres.port });
    const url = new URL(database);
    url.port = String(link.port);
    const hub = await spawnHub({ DATABASE_URL: url.href });
    const other = await spawnHub({ DATABASE_URL: database });
    try {
      link.delay(SLOW_MS);
      const lost = post(
        hub.url,
        'mutation { publish(source: "a", changes: [{ collection: "c", key: "k", data: {} }]) { cursor } }',
      );
      lost.catch(() => undefined);
      const open = `select 1 from pg_locks join pg_class on pg_class.oid = relation join pg_stat_activity using (pid)
        where relname = 'log_head' and mode = 'RowShareLock' and state = 'idle in transaction'`;
      await eventually(async () => (await adminQuery(database, open)).length > 0, {
        ...{ what: 'the append to stand open', intervalMs: 5 },
      });
      // No FIN, no RST: what a machine does that loses its power.
      link.stall();
      await hub.process.kill('SIGKILL');
      expect(await adminQuery(database, open)).toHaveLength(1);
      await eventually(() => publish(other.url, [{ collection: 'c', key: 'k', data: { n: 1 } }]), {
        ...{ what: 'the other hub to record a change', timeoutMs: 40_000 },
      });
    } finally {
      await other.process.kill('SIGKILL');
      await hub.process.kill('SIGKILL');
      await link.dispose();
    }
  }, 90_000);
});
