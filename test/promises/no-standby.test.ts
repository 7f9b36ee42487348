/** PostgreSQL whose commits wait for a standby that is not there: a change must not count as recorded before it is safe. */
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { adminQuery } from '../support/postgres-database.js';
import { startPostgres } from '../support/postgres-server.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { eventually } from '../support/wait.js';
import { send } from './support/load.js';
import { readLog } from './support/recorded.js';

const CHANGE = { sourceId: 'one', collection: 'orders', key: 'k', data: {} };

describe('a synchronous standby that is gone', () => {
  let server: PostgresServer;
  let hub: HubProcess;
  let other: HubProcess;

  beforeAll(async () => {
    server = await startPostgres();
    const DATABASE_URL = await server.createDatabase();
    [hub, other] = [await spawnHub({ DATABASE_URL }), await spawnHub({ DATABASE_URL })];
  }, 60_000);
  afterAll(async () => {
    await hub.process.kill('SIGKILL');
    await other.process.kill('SIGKILL');
    await server.dispose();
  });

  const standbys = async (names: string): Promise<void> => {
    await adminQuery(server.url(), `alter system set synchronous_standby_names = '${names}'`);
    await adminQuery(server.url(), 'select pg_reload_conf()');
    const set = 'show synchronous_standby_names';
    await eventually(
      async () => (await adminQuery(server.url(), set))[0]?.synchronous_standby_names === names,
      {
        what: 'PostgreSQL to take the setting',
      },
    );
  };

  it('keeps its changes unanswered and unseen, and the hub says that it does not know', async () => {
    await standbys('nobody');
    expect(await send(hub.url, CHANGE)).toEqual({ kind: 'refused', code: 'LOG_UNAVAILABLE', unknown: true });
    expect([await readLog(hub.url), await readLog(other.url)]).toEqual([[], []]);
    await standbys('');
    // What waited for the standby waits no more: the change was recorded by the first call, once.
    expect(await eventually(() => taken(hub.url), { what: 'the hub to record again' })).toBe('DUPLICATE');
    expect((await readLog(other.url)).map(({ sourceId }) => sourceId)).toEqual(['one']);
  }, 120_000);
});

async function taken(url: string): Promise<string | false> {
  const came = await send(url, CHANGE);
  return came.kind === 'answered' && came.outcome;
}
