import { access } from 'node:fs/promises';

import { Client } from 'pg';

import { ignore } from './ignore.js';
import { adminQuery } from './postgres-database.js';
import { startPostgres, type PostgresServer } from './postgres-server.js';
import { answersPing, closeRedis, oneShotRedis } from './redis-ping.js';
import { startRedis, type RedisServer } from './redis-server.js';
import { sharedPostgres } from './shared-postgres.js';
import { sharedRedis } from './shared-redis.js';

// The first run on a bare machine installs the servers.
const INSTALL_MS = 600_000;

// A server that was killed syncs all its files when it starts again, which a busy disk makes slow.
const RESTART_MS = 90_000;

describe('startPostgres', () => {
  let server: PostgresServer;
  let directory: string;

  beforeAll(async () => {
    server = await startPostgres();
    const [row] = await adminQuery(server.url(), 'show data_directory');
    directory = String(row?.data_directory);
  }, INSTALL_MS);

  afterAll(async () => {
    await server.dispose();
    await expect(access(directory)).rejects.toThrow(/ENOENT/);
  }, RESTART_MS);

  it('creates empty databases apart from each other', async () => {
    const [first, second] = [await server.createDatabase(), await server.createDatabase()];
    await adminQuery(first, 'create table t (n int)');
    await expect(adminQuery(second, 'table t')).rejects.toThrow(/does not exist/);
  });

  it('runs with fsync on, and on loopback only', async () => {
    const settings = await adminQuery(
      server.url(),
      `select name, setting from pg_settings
        where name in ('fsync', 'listen_addresses', 'unix_socket_directories') order by name`,
    );
    expect(settings.map((row) => row.setting)).toEqual(['on', '127.0.0.1', '']);
  });

  it.each(['kill', 'immediate', 'fast'] as const)(
    'keeps what was committed over a %s',
    async (how) => {
      const url = await server.createDatabase();
      await adminQuery(url, 'create table t (n int)');
      await adminQuery(url, 'insert into t values (7)');
      const held = await heldConnection(url);
      await (how === 'kill' ? server.kill() : server.stop(how));
      await held.broken;
      expect(server.running).toBe(false);
      await expect(adminQuery(url, 'table t')).rejects.toThrow(/ECONNREFUSED/);
      await server.start();
      await expect(adminQuery(url, 'table t')).resolves.toEqual([{ n: 7 }]);
    },
    RESTART_MS,
  );
});

describe('sharedPostgres', () => {
  it(
    'gives databases of their own and drops them, also while a client is connected',
    async () => {
      const shared = await sharedPostgres();
      const own = await shared.createDatabase();
      const kept = await shared.createDatabase();
      const held = await heldConnection(own.url);
      await own.drop();
      await held.broken;
      const left = "select count(*)::int as n from pg_database where datname like 'tidemark_test_%'";
      const name = new URL(own.url).pathname.slice(1);
      await expect(adminQuery(kept.url, `${left} and datname = '${name}'`)).resolves.toEqual([{ n: 0 }]);
      await shared.dispose();
      await expect(adminQuery(kept.url, 'select 1')).rejects.toThrow(/does not exist|ECONNREFUSED/);
    },
    INSTALL_MS,
  );
});

describe('startRedis', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  }, INSTALL_MS);

  afterAll(() => server.dispose(), RESTART_MS);

  it.each(['kill', 'stop'] as const)(
    'forgets everything over a %s and starts again',
    async (how) => {
      const before = oneShotRedis(server.url);
      await before.set('key', 'value');
      closeRedis(before);
      await server[how]();
      await expect(answersPing(server.url)).resolves.toBe(false);
      await server.start();
      const after = oneShotRedis(server.url);
      await expect(after.get('key')).resolves.toBeNull();
      closeRedis(after);
    },
    RESTART_MS,
  );
});

describe('sharedRedis', () => {
  it(
    'gives a prefix of its own and removes the keys that begin with it',
    async () => {
      const [one, other] = [await sharedRedis(), await sharedRedis()];
      expect(one.prefix).not.toBe(other.prefix);
      const client = oneShotRedis(other.url);
      await client.set(`${other.prefix}a`, '1');
      await one.dispose();
      await expect(client.get(`${other.prefix}a`)).resolves.toBe('1');
      await other.dispose();
      await expect(client.get(`${other.prefix}a`).catch(() => null)).resolves.toBeNull();
      closeRedis(client);
    },
    INSTALL_MS,
  );
});

async function heldConnection(url: string): Promise<{ broken: Promise<void> }> {
  const client = new Client({ connectionString: url });
  const broken = new Promise<void>((resolve) => {
    client.on('error', ignore);
    client.once('end', () => resolve());
  });
  await client.connect();
  return { broken };
}
