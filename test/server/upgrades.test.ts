import { once } from 'node:events';
import { connect } from 'node:net';
import { sqlite } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { rawRequest, UPGRADE } from './support/raw-request.js';

/** WebSocket handshakes for what is not there, at a hub whose process would end by an error that nobody catches. */
describe('an upgrade elsewhere than at /graphql', () => {
  let database: OwnDatabase;
  let hub: HubProcess;

  beforeAll(async () => {
    database = await sqlite.create();
    hub = await spawnHub({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await hub.process.kill('SIGKILL');
    await database.drop();
  });

  it.each(['/elsewhere', '//', '///graphql', 'http://', '/graphql/..//'])('is 404 at %s', async (path) => {
    expect((await rawRequest(hub.url, { path, headers: UPGRADE })).status).toBe(404);
    expect((await rawRequest(hub.url, { path: '/healthz' })).status).toBe(200);
  });

  it('ends nothing but its connection where the client resets that', async () => {
    const head = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(hub.url).port) });
    socket.on('error', () => undefined);
    socket.write(`GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n${head.join('')}\r\n`);
    socket.once('data', () => socket.resetAndDestroy());
    await once(socket, 'close');
    // The reset is there before the first of these requests, and the hub has met it before the second.
    for (const path of ['/healthz', '/healthz'])
      expect((await rawRequest(hub.url, { path })).status).toBe(200);
    expect(hub.process.running).toBe(true);
  });
});
