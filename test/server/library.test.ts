import { once } from 'node:events';
import { connect } from 'node:net';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readConfig } from '../../src/hub.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { databaseKinds } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { startHub } from '../support/hub.js';
import { follow, publish } from '../support/operations.js';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const opened = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return opened;
}

describe.each(databaseKinds)('a hub as a library on $name', (kind) => {
  const kept = closedAfterEach();

  it('opens on the port that it is told, closes twice as once, frees the port, and opens there again', async () => {
    const database = await kind.create();
    const port = await freePort();
    const environment = { DATABASE_URL: database.url, PORT: String(port) };
    for (const key of ['first', 'second']) {
      const hub = kept(await startHub(environment));
      expect(hub.url).toBe(`http://127.0.0.1:${port}`);
      expect((await publish(hub.url, [{ collection: 'c', key, data: {} }])).results[0]?.outcome).toBe(
        'APPLIED',
      );
      await Promise.all([hub.close(), hub.close()]);
      await hub.close();
      expect(await answers(port)).toBe(false);
    }
    await database.drop();
  });

  it('closes what it opened when it cannot open all: the port is taken', async () => {
    const [database, other] = [await kind.create(), await kind.create()];
    const holder = kept(await startHub({ DATABASE_URL: other.url }));
    const port = new URL(holder.url).port;
    await expect(startHub({ DATABASE_URL: database.url, PORT: port })).rejects.toThrow('EADDRINUSE');
    // PostgreSQL drops no database that somebody is connected to, and the hub that failed is connected no more.
    await holder.close();
    const hub = kept(await startHub({ DATABASE_URL: database.url, PORT: port }));
    await hub.close();
    await Promise.all([database.drop(), other.drop()]);
  });

  it('ends subscriptions when it closes', async () => {
    const database = await kind.create();
    const hub = kept(await startHub({ DATABASE_URL: database.url }));
    const consumer = kept(follow(hub.url, { consumer: 'watcher' }));
    await consumer.received(1);
    await hub.close();
    expect(await consumer.failure()).toBeTruthy();
    await database.drop();
  });
});

describe('the package', () => {
  it('is imported by its name, opens a hub, and lets the process end by itself when it is closed', async () => {
    const program = `
      import { openHub, readConfig, createLogger, VERSION, HubError, ConfigError } from 'tidemark';
      import { mkdtempSync, rmSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      const folder = mkdtempSync(tmpdir() + '/tidemark-library-');
      const config = readConfig({ PORT: '0', DATABASE_URL: 'sqlite:' + folder + '/hub.db' });
      const hub = await openHub(config, { logger: createLogger('silent') });
      const answer = await fetch(hub.url + '/graphql?query={hub{version}}', { headers: { accept: 'application/json' } });
      const { data } = await answer.json();
      await hub.close();
      rmSync(folder, { recursive: true });
      console.log(data.hub.version === VERSION, HubError.name, ConfigError.name);
    `;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', program],
      {
        cwd: PACKAGE,
      },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'true HubError ConfigError\n', stderr: '' });
  });

  it('refuses a configuration that is wrong by an error that names the variable', () => {
    expect(() => readConfig({ PORT: 'x' })).toThrow('PORT');
  });
});
