import { ask, post } from '../support/client.js';
import { databaseKinds, sqlite } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { logLines } from '../support/log-lines.js';
import { acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { startPostgres } from '../support/postgres-server.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { ownHub } from '../api/support/own-hub.js';
import { metricsOf, readiness } from './support/operator.js';
import type { Hub } from '../../src/hub.js';

const INSTALL_MS = 180_000;

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;
const CHANGE = { collection: 'quakes', key: 'k', data: {} };

describe.each(databaseKinds)('health of a hub on $name', (kind) => {
  const hub = ownHub(kind);

  it('says that the process lives and that the hub is ready, and with what', async () => {
    expect(await statusOf(`${hub.url}/healthz`)).toBe(200);
    const { checks, ...rest } = await readiness(hub.url);
    expect(rest).toEqual({ status: 200, ready: true, signal: 'in-process', pollMs: 250 });
    expect(Object.keys(checks).sort()).toEqual([
      ...['acknowledgements', 'database', 'feed', 'migrations', 'signal'],
    ]);
    expect(checks.database?.detail).toContain(kind.name);
    expect(Object.values(checks).every(({ ok }) => ok)).toBe(true);
  });

  it.each(['/healthz', '/readyz', '/metrics'])('answers %s as GET only', async (path) => {
    expect((await fetch(`${hub.url}${path}`, { method: 'POST' })).status).toBe(404);
  });
});

describe('a hub whose PostgreSQL goes away', () => {
  let server: PostgresServer;
  let hub: Hub;

  beforeAll(async () => {
    server = await startPostgres();
    hub = await startHub({ DATABASE_URL: await server.createDatabase() });
  }, INSTALL_MS);
  afterAll(async () => {
    await hub.close();
    await server.dispose();
  });

  const kept = closedAfterEach();
  const refusal = async (query: string, variables: object = {}): Promise<unknown> =>
    (await post(hub.url, query, variables)).errors?.[0]?.extensions;
  const PUBLISH = `mutation ($changes: [ChangeInput!]!) {
    publish(source: "crm", changes: $changes) { results { outcome } } }`;

  it('says so, answers LOG_UNAVAILABLE meanwhile, and works again by itself when it is back', async () => {
    const consumer = kept(follow(hub.url, { consumer: 'watcher', startAt: 'EARLIEST' }));
    const { cursor } = await publish(hub.url, [{ ...CHANGE, sourceId: 'before' }]);
    await eventually(() => changesOf(consumer).length === 1, { what: 'the change before' });

    await server.stop('immediate');
    const down = await readiness(hub.url);
    expect(down).toMatchObject({ status: 503, ready: false, checks: { database: { ok: false } } });
    expect(down.checks.database?.detail).toMatch(/\w/);
    expect(await statusOf(`${hub.url}/healthz`)).toBe(200);
    expect(await statusOf(`${hub.url}/metrics`)).toBe(200);
    const unavailable = { code: 'LOG_UNAVAILABLE', retryable: true };
    expect(
      await refusal(PUBLISH, { changes: [{ ...CHANGE, sourceId: 'meanwhile', data: { n: 1 } }] }),
    ).toMatchObject(unavailable);
    expect(await refusal('{ hub { head } }')).toMatchObject(unavailable);
    expect(await refusal('{ entities(collection: "quakes") { nodes { key } } }')).toMatchObject(unavailable);
    expect(await refusal('mutation { createConsumer(input: { name: "new" }) { name } }')).toMatchObject(
      unavailable,
    );
    expect(
      await refusal('mutation ($c: Cursor!) { acknowledge(consumer: "watcher", cursor: $c) { name } }', {
        c: cursor,
      }),
    ).toMatchObject(unavailable);
    const refused = kept(follow(hub.url, { consumer: 'another' }));
    expect((await refused.failure()).extensions).toMatchObject(unavailable);

    await server.start();
    await eventuallyPasses(
      async () => expect(await readiness(hub.url)).toMatchObject({ status: 200, ready: true }),
      { what: 'the hub to be ready again' },
    );
    await publish(hub.url, [{ ...CHANGE, sourceId: 'after', data: { n: 2 } }]);
    await eventually(() => changesOf(consumer).length === 2, { what: 'the change after' });
    expect(changesOf(consumer).map(({ sourceId }) => sourceId)).toEqual(['before', 'after']);
    expect(consumer.errors).toBeNull();
    expect(await acknowledge(hub.url, 'watcher', changesOf(consumer)[1]?.cursor ?? '')).toMatchObject({
      lag: 0,
    });
  });
});

describe('a hub whose Redis goes away', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
  }, INSTALL_MS);
  afterAll(() => redis.dispose());

  const kept = closedAfterEach();

  it('stays ready, says so, goes on without it, and says so when it is back', async () => {
    const database = await sqlite.create();
    kept({ close: () => database.drop() });
    const hub = kept(await startHub({ DATABASE_URL: database.url, REDIS_URL: redis.url }));
    const finds = async (state: string): Promise<void> => {
      expect(await readiness(hub.url)).toMatchObject({ status: 200, ready: true, signal: state });
      expect((await metricsOf(hub.url))[`tidemark_signal_state{state="${state}"}`]).toBe(1);
      expect(await ask(hub.url, '{ hub { signal } }')).toEqual({ hub: { signal: `redis: ${state}` } });
    };
    await eventuallyPasses(() => finds('up'), { what: 'Redis to be seen' });
    await redis.kill();
    await eventuallyPasses(() => finds('down'), { what: 'Redis to be missed' });
    const { checks } = await readiness(hub.url);
    expect(checks).toMatchObject({ database: { ok: true }, feed: { ok: true }, signal: { ok: false } });
    expect(checks.signal?.detail).toMatch(/Redis does not answer.* polling every 250 ms/);
    expect((await publish(hub.url, [CHANGE])).results[0]?.outcome).toBe('APPLIED');
    await redis.start();
    await eventuallyPasses(() => finds('up'), { what: 'Redis to be seen again' });
  });

  it('logs at warn that it did not reach Redis at its start, and at info when it does', async () => {
    const database = await sqlite.create();
    kept({ close: () => database.drop() });
    await redis.stop();
    const { logger, lines } = logLines('info');
    const environment = { DATABASE_URL: database.url, REDIS_URL: redis.url };
    const hub = kept(await startHub(environment, { logger }));
    const logged = (): string[] =>
      lines.filter(({ msg }) => /redis/i.test(msg)).map(({ level, msg }) => `${level}: ${msg}`);
    await eventually(() => logged().length > 0, { what: 'a line about Redis' });
    expect(logged()).toEqual([expect.stringMatching(/^warn: redis is not reached/)]);
    expect(await readiness(hub.url)).toMatchObject({ status: 200, ready: true, signal: 'down' });
    await redis.start();
    await eventually(() => logged().length > 1, { what: 'another line about Redis' });
    expect(logged().slice(1)).toEqual([expect.stringMatching(/^info: redis is up/)]);
  });
});
