/** A hub is ready while its work gets on, not while its process lives. */
import type { Hub } from '../../src/hub.js';
import { post } from '../support/client.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ACKNOWLEDGE, acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { clientOf } from '../support/postgres-database.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { failing, metricsOf, readiness } from './support/operator.js';

describe('readiness of a hub on PostgreSQL', () => {
  let database: OwnDatabase;
  let proxy: TcpProxy;
  let hub: Hub;
  let cursor: string;

  beforeAll(async () => {
    database = await postgres.create();
    const url = new URL(database.url);
    proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || '5432') });
    url.host = `127.0.0.1:${proxy.port}`;
    hub = await startHub({ DATABASE_URL: url.href });
    const reader = follow(hub.url, { consumer: 'reader', startAt: 'EARLIEST' });
    await reader.received(1);
    await publish(hub.url, [{ collection: 'c', key: 'k', data: {} }]);
    await eventually(() => changesOf(reader).length === 1, { what: 'the change' });
    cursor = reader.messages.at(-1)?.changes.cursor ?? '';
    await reader.close();
  }, 60_000);

  afterAll(async () => {
    await hub.close();
    await proxy.dispose();
    await database.drop();
  });

  const well = (): Promise<void> =>
    eventuallyPasses(async () => expect(await failing(hub.url)).toEqual([]), {
      what: 'the hub to be ready again',
      timeoutMs: 30_000,
    });

  it('names acknowledgements, and nothing else, while they alone are not written', async () => {
    const other = clientOf(database.url);
    await other.connect();
    await other.query('begin');
    await other.query("select * from consumer where name = 'reader' for update");
    const answer = post(hub.url, ACKNOWLEDGE, { consumer: 'reader', cursor });
    await eventuallyPasses(async () => expect(await failing(hub.url)).toEqual(['acknowledgements']), {
      what: 'the acknowledgement that waits to be named',
    });
    const { status, checks } = await readiness(hub.url);
    expect(status).toBe(503);
    expect(checks.acknowledgements?.detail).toMatch(/^the oldest has waited \d+ s to be written$/);
    expect((await metricsOf(hub.url)).tidemark_acknowledgement_oldest_seconds).toBeGreaterThan(5);
    await other.query('rollback');
    await other.end();
    expect((await answer).errors).toBeUndefined();
    await well();
    expect((await metricsOf(hub.url)).tidemark_acknowledgement_oldest_seconds).toBe(0);
  });

  it('names all that stands still while the database does, acknowledgements too, and none when it is back', async () => {
    proxy.stall();
    const answer = post(hub.url, ACKNOWLEDGE, { consumer: 'reader', cursor });
    await eventuallyPasses(
      async () =>
        expect(await failing(hub.url)).toEqual(['acknowledgements', 'database', 'feed', 'migrations']),
      { what: 'what stands still to be named', timeoutMs: 20_000 },
    );
    const metrics = await metricsOf(hub.url);
    expect(metrics.tidemark_feed_behind_seconds).toBeGreaterThan(5);
    expect(metrics.tidemark_migrations_pending).toBeUndefined();
    proxy.resume();
    await answer;
    await well();
    expect((await acknowledge(hub.url, 'reader', cursor)).cursor).toBe(cursor);
  }, 60_000);

  it('names acknowledgements after a write that failed, and finds them well again without another', async () => {
    const other = clientOf(database.url);
    await other.connect();
    await other.query('alter table consumer rename to gone');
    await post(hub.url, ACKNOWLEDGE, { consumer: 'reader', cursor });
    expect(await failing(hub.url)).toEqual(['acknowledgements']);
    expect((await metricsOf(hub.url)).tidemark_acknowledgements_failing).toBe(1);
    await other.query('alter table gone rename to consumer');
    await other.end();
    await well();
    expect((await metricsOf(hub.url)).tidemark_acknowledgements_failing).toBe(0);
  });
});
