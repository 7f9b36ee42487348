import { hostname } from 'node:os';
import { openHub, readConfig } from '../../src/hub.js';
import type { Hub } from '../../src/hub.js';
import { reject } from '../delivery/support/rejecting.js';
import { ask, post } from '../support/client.js';
import { databaseKinds, postgres } from '../support/databases.js';
import { logLines } from '../support/log-lines.js';
import { ACKNOWLEDGE, changesOf, createConsumer, follow, publish } from '../support/operations.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { metricsOf } from './support/operator.js';

const open = (url: string, parts: Parameters<typeof openHub>[1]): Promise<Hub> =>
  openHub(readConfig({ DATABASE_URL: url, PORT: '0', RETRY_FIRST_MS: '1' }), parts);

describe.each(databaseKinds)('what an operator is told by a hub on $name', (kind) => {
  const kept = closedAfterEach();

  it('is what is done to a consumer, with its name and the hub, and nothing of its data', async () => {
    const database = await kind.create();
    kept({ close: () => database.drop() });
    const { logger, lines } = logLines('info');
    const hub = kept(await open(database.url, { logger }));
    await createConsumer(hub.url, { name: 'c', maxAttempts: 2 });
    const older = follow(hub.url, { consumer: 'c' });
    await older.received(1);
    const newer = follow(hub.url, { consumer: 'c' });
    await newer.received(1);
    await older.failure();
    await publish(hub.url, [{ collection: 'k', key: 'a', data: { secret: 'SECRET' } }]);
    await eventually(() => changesOf(newer).length === 1, { what: 'the change' });
    await reject(hub.url, 'c', changesOf(newer)[0]?.cursor ?? '', { retryInSeconds: 0 });
    const again = await eventually(() => newer.messages.find(({ changes }) => changes.attempt === 2), {
      what: 'the change to come again',
    });
    await reject(hub.url, 'c', again.changes.cursor);
    for (const call of ['pauseConsumer(name: "c")', 'resumeConsumer(name: "c")'])
      await ask(hub.url, `mutation { ${call} { name } }`);
    await ask(hub.url, 'mutation { seekConsumer(name: "c", to: LATEST) { name } }');
    await newer.close();
    await eventually(() => lines.some(({ msg }) => msg === 'a session ended'), { what: 'the end' });
    await ask(hub.url, 'mutation { deleteConsumer(name: "c") { name } }');
    const told = lines.filter(({ consumer }) => consumer === 'c');
    expect(told.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
      'info: a session began',
      'info: a session began',
      'info: a session was taken over',
      'info: a change was rejected',
      'warn: a change became a dead letter',
      'info: a consumer was paused',
      'info: a consumer was resumed',
      'info: a consumer was sought',
      'info: a session ended',
      'info: a consumer was deleted',
    ]);
    expect(new Set(told.map((line) => line.hub))).toEqual(
      new Set([`${hostname()}:${new URL(hub.url).port}`]),
    );
    expect(JSON.stringify(lines)).not.toContain('SECRET');
  });

  it('is the state of sessions, the age of what is open, the last acknowledgement, and errors', async () => {
    const database = await kind.create();
    kept({ close: () => database.drop() });
    const hub = kept(await open(database.url, { logger: logLines('info').logger }));
    const label = '{consumer="c"}';
    const reader = kept(follow(hub.url, { consumer: 'c', maxInFlight: 1 }));
    await reader.received(1);
    await publish(hub.url, [{ collection: 'k', key: 'a', data: {} }]);
    await eventually(async () => (await metricsOf(hub.url))['tidemark_sessions{state="WAITING"}'] === 1, {
      what: 'a session that waits',
    });
    const before = await metricsOf(hub.url);
    expect(before['tidemark_sessions{state="LIVE"}']).toBe(0);
    expect(before[`tidemark_consumer_lag_seconds${label}`]).toBeGreaterThan(0);
    expect(before[`tidemark_consumer_last_acknowledgement_timestamp_seconds${label}`]).toBeUndefined();
    const cursor = changesOf(reader)[0]?.cursor;
    await post(hub.url, ACKNOWLEDGE, { consumer: 'c', cursor });
    await post(hub.url, ACKNOWLEDGE.replace('acknowledge(', 'chosen: acknowledge('), {
      consumer: 'x',
      cursor,
    });
    await post(hub.url, '{ chosenByTheCaller }', {});
    const after = await metricsOf(hub.url);
    expect(after).toMatchObject({
      [`tidemark_consumer_lag_seconds${label}`]: 0,
      'tidemark_errors_total{code="CONSUMER_NOT_FOUND",operation="acknowledge"}': 1,
      'tidemark_errors_total{code="GRAPHQL_VALIDATION_FAILED",operation="none"}': 1,
    });
    const at = after[`tidemark_consumer_last_acknowledgement_timestamp_seconds${label}`] ?? 0;
    expect(new Date(at * 1_000).getFullYear()).toBe(new Date().getFullYear());
    expect(Object.keys(after).join()).not.toContain('chosen');
  });
});

describe('what an operator is told by a hub that loses PostgreSQL', () => {
  const kept = closedAfterEach();

  it('is once that it is gone, and once that it is back, however many statements fail', async () => {
    const database = await postgres.create();
    kept({ close: () => database.drop() });
    const url = new URL(database.url);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port || '5432') });
    kept({ close: () => proxy.dispose() });
    url.host = `127.0.0.1:${proxy.port}`;
    const { logger, lines } = logLines('info');
    const hub = kept(await open(url.href, { logger }));
    const told = (msg: string): number => lines.filter((line) => line.msg === msg).length;
    await proxy.refuse(true);
    proxy.cut();
    for (let i = 0; i < 5; i += 1) await post(hub.url, '{ consumers { name } }', {});
    await eventually(() => told('the database does not answer') > 0, { what: 'the loss' });
    await proxy.refuse(false);
    await eventually(() => told('the database answers again') > 0, { what: 'the return', timeoutMs: 30_000 });
    expect([told('the database does not answer'), told('the database answers again')]).toEqual([1, 1]);
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  }, 60_000);
});
