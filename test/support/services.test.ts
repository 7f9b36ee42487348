import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { Client } from 'pg';

import { freePort } from './free-port.js';
import { guardScript } from './guardian.js';
import { startPostgres, type PostgresServer } from './postgres-server.js';
import { adminQuery } from './postgres-database.js';
import { spawnProcess } from './process.js';
import { answersPing, oneShotRedis } from './redis-ping.js';
import { startRedis, type RedisServer } from './redis-server.js';
import { sharedPostgres } from './shared-postgres.js';
import { sharedRedis } from './shared-redis.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { eventually, eventuallyPasses } from './wait.js';

// The first run on a bare machine installs the servers.
const INSTALL_MS = 600_000;

describe('eventually', () => {
  it('gives the first truthy answer, past falsy ones and throws', async () => {
    const answers = [() => 0, () => undefined, () => fail('not yet'), () => 'there'];
    await expect(eventually(() => answers.shift()?.(), { what: 'an answer' })).resolves.toBe('there');
  });

  it('names what it waited for and the last failure, also when the check hangs', async () => {
    const options = { what: 'the moon', timeoutMs: 60 };
    await expect(eventually(() => fail('too far'), options)).rejects.toThrow(/the moon: too far/);
    await expect(eventually(() => new Promise(() => {}), options)).rejects.toThrow(/the moon/);
    await expect(eventuallyPasses(() => expect(1).toBe(2), options)).rejects.toThrow(/the moon/);
  });
});

describe('spawnProcess', () => {
  it('waits for output, and tells how the process ended', async () => {
    const script = 'console.log("hello"); setInterval(() => {}, 1000)';
    const child = await spawnProcess(process.execPath, ['-e', script]);
    await child.ready((output) => output.includes('hello'));
    await expect(child.kill('SIGTERM')).resolves.toEqual({ code: null, signal: 'SIGTERM' });
    expect(child.running).toBe(false);
  });

  it('fails at once, with the output, when the process ends instead of becoming ready', async () => {
    const child = await spawnProcess(process.execPath, [
      '-e',
      'console.error("no luck"); process.exitCode = 3',
    ]);
    await expect(child.ready(() => false)).rejects.toThrow(/exit code 3/);
    await child.closed;
    expect(child.output).toContain('no luck');
  });

  it('fails for a program that is not there', async () => {
    await expect(spawnProcess('/no/such/program', [])).rejects.toThrow(/could not be started/);
  });

  it('leaves no process behind when its parent is killed', async () => {
    const orphan = await killedParentsChild();
    await eventually(() => !isThere(orphan), { what: 'the orphan to be ended' });
  });
});

describe('startPostgres', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres();
  }, INSTALL_MS);

  afterAll(async () => {
    const [row] = await adminQuery(server.url(), 'show data_directory');
    await server.dispose();
    await expect(access(String(row?.['data_directory']))).rejects.toThrow(/ENOENT/);
  });

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
    expect(settings.map((row) => row['setting'])).toEqual(['on', '127.0.0.1', '']);
  });

  it.each(['kill', 'immediate', 'fast'] as const)('keeps what was committed over a %s', async (how) => {
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
  });
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

  afterAll(() => server.dispose());

  it.each(['kill', 'stop'] as const)('forgets everything over a %s and starts again', async (how) => {
    const before = oneShotRedis(server.url);
    await before.set('key', 'value');
    before.disconnect();
    await server[how]();
    await expect(answersPing(server.url)).resolves.toBe(false);
    await server.start();
    const after = oneShotRedis(server.url);
    await expect(after.get('key')).resolves.toBeNull();
    after.disconnect();
  });
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
      client.disconnect();
    },
    INSTALL_MS,
  );
});

describe('startTcpProxy', () => {
  let echo: Server;
  let proxy: TcpProxy;

  beforeAll(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    echo.listen({ host: '127.0.0.1', port: 0 });
    await once(echo, 'listening');
  });

  afterAll(() => new Promise((resolve) => echo.close(resolve)));

  beforeEach(async () => {
    proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
  });

  afterEach(() => proxy.dispose());

  it('passes bytes and the end both ways, and counts them', async () => {
    const client = await peer(proxy.port);
    const sent = Buffer.alloc(3_000_000, 'x');
    client.socket.end(sent);
    await once(client.socket, 'end');
    expect(client.received()).toHaveLength(sent.length);
    expect(proxy.bytes).toEqual({ toTarget: sent.length, toClient: sent.length });
    await eventually(() => proxy.connections === 0, { what: 'the connection to be gone' });
  });

  it('cuts open connections and takes new ones', async () => {
    const client = await peer(proxy.port);
    await client.echoes('hi');
    proxy.cut();
    await once(client.socket, 'close');
    expect(client.errors).toEqual(['ECONNRESET']);
    await (await peer(proxy.port)).echoes('again');
    expect(proxy.accepted).toBe(2);
  });

  it('holds bytes back while paused, with the sockets open, and passes them in order after', async () => {
    const client = await peer(proxy.port);
    await client.echoes('a');
    proxy.pause();
    const late = await peer(proxy.port);
    client.socket.write('b');
    late.socket.write('c');
    await expect(client.gets('ab', 150)).rejects.toThrow(/timed out/);
    expect(client.socket.destroyed).toBe(false);
    client.socket.write('d');
    proxy.resume();
    await client.gets('abd');
    await late.gets('c');
  });

  it('stalls one way alone', async () => {
    const client = await peer(proxy.port);
    proxy.stall('toClient');
    client.socket.write('x');
    await eventually(() => proxy.bytes.toTarget === 1, { what: 'the byte to reach the target' });
    expect(proxy.bytes.toClient).toBe(0);
    proxy.resume();
    await client.gets('x');
  });

  it('slows the link', async () => {
    const client = await peer(proxy.port);
    proxy.delay(60);
    const start = performance.now();
    await client.echoes('slow');
    expect(performance.now() - start).toBeGreaterThanOrEqual(118);
  });

  it('refuses new connections, leaves open ones, and takes new ones again', async () => {
    const client = await peer(proxy.port);
    await client.echoes('a');
    await proxy.refuse(true);
    await expect(peer(proxy.port)).rejects.toThrow(/ECONNREFUSED/);
    await client.echoes('b');
    await proxy.refuse(false);
    await (await peer(proxy.port)).echoes('c');
  });

  it('breaks the client connection when nothing listens behind it', async () => {
    const lonely = await startTcpProxy({ port: await freePort() });
    const { socket } = await peer(lonely.port);
    if (!socket.closed) await once(socket, 'close');
    await lonely.dispose();
  });
});

function fail(message: string): never {
  throw new Error(message);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Lets a process of ours start another, as a test process starts a server, and kills it outright. */
async function killedParentsChild(): Promise<number> {
  const script = `
    const { spawn } = require('node:child_process');
    const server = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    const guardian = spawn(process.execPath, ['-e', ${JSON.stringify(guardScript)}], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const charge = { kind: 'process', pid: server.pid, signal: 'SIGTERM' };
    guardian.stdin.write(JSON.stringify({ id: 1, charge }) + '\\n', () => console.log('server', server.pid, '.'));
    setInterval(() => {}, 1000);
  `;
  const parent = await spawnProcess(process.execPath, ['-e', script]);
  await parent.ready((output) => output.includes('.'));
  const pid = Number(/server (\d+)/.exec(parent.output)?.[1]);
  expect(isThere(pid)).toBe(true);
  await parent.kill('SIGKILL');
  return pid;
}

async function heldConnection(url: string): Promise<{ broken: Promise<void> }> {
  const client = new Client({ connectionString: url });
  const broken = new Promise<void>((resolve) => {
    client.on('error', () => {});
    client.once('end', () => resolve());
  });
  await client.connect();
  return { broken };
}

interface Peer {
  socket: Socket;
  errors: (string | undefined)[];
  received(): string;
  /** Waits until exactly this has come back. */
  gets(text: string, timeoutMs?: number): Promise<void>;
  /** Sends the text and waits until it has come back. */
  echoes(text: string): Promise<void>;
}

async function peer(port: number): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port });
  const errors: (string | undefined)[] = [];
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'connect');
  socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
  const gets = async (expected: string, timeoutMs = 5_000): Promise<void> => {
    await eventually(() => text === expected, { what: `${expected} to come back`, timeoutMs });
  };
  return {
    socket,
    errors,
    received: () => text,
    gets,
    echoes: async (sent) => {
      const before = text;
      socket.write(sent);
      await gets(before + sent);
    },
  };
}
