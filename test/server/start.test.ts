import { fileURLToPath } from 'node:url';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ConfigError, helpText, readConfig, VERSION } from '../../src/hub.js';
import type { Environment } from '../../src/hub.js';
import { databaseKinds } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { spawnHub } from '../support/hub-process.js';
import { spawnProcess } from '../support/process.js';
import { ask, post } from '../support/client.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Wrong values, and what the line says beyond the variable's name; each is a start of its own. */
const WRONG: readonly (readonly [variable: string, value: string, says: string])[] = [
  ['PORT', 'http', 'whole number'],
  ['DATABASE_URL', 'mysql://user:secret@localhost/db', 'sqlite:path'],
  ['REDIS_URL', 'http://user:secret@localhost', 'redis://'],
];

/** More of them, put to the same reader without a start. */
const ALSO_WRONG: typeof WRONG = [
  ['PORT', '65536', 'out of range'],
  ['PORT', '-1', 'whole number'],
  ['DATABASE_URL', 'sqlite::memory:', 'sqlite:path'],
  ['DATABASE_URL', 'hub.db', 'sqlite:path'],
  ['LOG_LEVEL', 'loud', 'trace, debug, info'],
  ['MAX_BODY_BYTES', '4MiB', 'whole number'],
  ['MAX_CHANGES_PER_CALL', '0', 'out of range'],
  ['MAX_DATA_BYTES', '1.5', 'whole number'],
  ['MAX_DATA_DEPTH', '0', 'out of range'],
  ['MAX_NAME_LENGTH', '251', 'out of range'],
  ['MAX_KEY_LENGTH', 'long', 'whole number'],
  ['NAME_PATTERN', '[a-', 'regular expression'],
  ['POLL_MS', '1e3', 'whole number'],
  ['DATABASE_POOL', '1', 'out of range'],
];

describe('a hub that cannot start', () => {
  let folder: string;
  let nobodys: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-start-'));
    nobodys = await freePort();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Starts a hub that is to fail; answers its only line. */
  const failure = async (
    environment: Environment,
    { args = [], code = 1 }: { readonly args?: readonly string[]; readonly code?: number } = {},
  ): Promise<string> => {
    const own = { PORT: '0', LOG_LEVEL: 'info', DATABASE_URL: `sqlite:${join(folder, 'hub.db')}` };
    const process = await spawnProcess(globalThis.process.execPath, [MAIN, ...args], {
      env: { ...own, ...environment },
    });
    expect(await process.closed).toEqual({ code, signal: null });
    return process.output;
  };

  it.each(WRONG)('says so in one line where %s is %s', async (variable, value, says) => {
    const output = await failure({ [variable]: value });
    expect(output).toMatch(/^tidemark: [^\n]+\.\n$/);
    expect(output.startsWith(`tidemark: ${variable} `)).toBe(true);
    expect(output).toContain(says);
    // A URL may hold a password; anything else is shown, so that a slip is seen.
    if (variable.endsWith('_URL')) expect(output).not.toContain('secret');
    else expect(output).toContain(JSON.stringify(value));
  });

  it('says in one line which two options contradict each other', async () => {
    expect(await failure({ SOCKET_STALLED_MS: '5000', PING_MS: '5000' })).toMatch(
      /^tidemark: PING_MS \(5000\) must be less than SOCKET_STALLED_MS \(5000\), [^\n]+\.\n$/,
    );
  });

  it('says in one line which argument it does not know, with an exit code of its own, and makes nothing', async () => {
    const own = await mkdtemp(join(folder, 'own-'));
    const usage = { args: ['--hlep'], code: 2 };
    expect(await failure({ DATABASE_URL: `sqlite:${join(own, 'hub.db')}` }, usage)).toMatch(
      /^tidemark: unknown argument "--hlep"; [^\n]+\.\n$/,
    );
    expect(await readdir(own)).toEqual([]);
  });

  it('says in one line which folder does not exist and what to do, and makes none', async () => {
    const own = await mkdtemp(join(folder, 'own-'));
    const missing = join(own, 'no', 'such');
    const output = await failure({ DATABASE_URL: `sqlite:${join(missing, 'hub.db')}` });
    expect(output).toMatch(
      /^tidemark: cannot start: The folder [^\n]* does not exist; create it, or [^\n]*\.\n$/,
    );
    expect(output).toContain(`The folder ${missing} for`);
    expect(await readdir(own)).toEqual([]);
  });

  it.each(ALSO_WRONG)('is told so where %s is %s', (variable, value, says) => {
    const read = (): unknown => readConfig({ [variable]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`^${variable} [^\\n]*${says}[^\\n]*\\.$`));
  });

  it('says in one line that the port is taken', async () => {
    const other = createServer().listen({ host: '127.0.0.1', port: 0 });
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const output = await failure({ PORT: String(port), LOG_LEVEL: 'warn' });
    expect(output).toMatch(/^tidemark: cannot start: [^\n]*EADDRINUSE[^\n]*\n$/);
    expect(output).toContain(String(port));
    other.close();
  });

  it('says in one line that the database does not answer, without its password', async () => {
    const output = await failure({ DATABASE_URL: `postgres://hub:secret@127.0.0.1:${nobodys}/hub` });
    expect(output).toMatch(/^tidemark: cannot start: [^\n]+\n$/);
    expect(output).toContain(String(nobodys));
    expect(output).not.toContain('secret');
  });

  it('says in one line that the file cannot be opened', async () => {
    const output = await failure({ DATABASE_URL: `sqlite:${folder}` });
    expect(output).toMatch(/^tidemark: cannot start: [^\n]+; check that [^\n]+\.\n$/);
    expect(output).toContain(`The SQLite file ${folder} cannot be opened`);
  });

  it('takes an empty value for an absent one', async () => {
    const hub = await spawnHub({
      DATABASE_URL: `sqlite:${join(folder, 'empty.db')}`,
      REDIS_URL: '',
      MAX_DATA_BYTES: ' ',
    });
    await hub.process.kill('SIGTERM');
    expect(hub.process.output).toContain('is ready');
  });
});

describe('the command line of the built program', () => {
  const output = async (arg: string): Promise<string> => {
    // A wrong configuration does not matter to it.
    const env = { PORT: 'x' };
    const process = await spawnProcess(globalThis.process.execPath, [MAIN, arg], { env });
    expect(await process.closed).toEqual({ code: 0, signal: null });
    return process.output;
  };

  it('prints the help text, made from the table of options', async () => {
    expect(await output('--help')).toBe(helpText());
  });

  it('prints the version', async () => {
    expect(await output('--version')).toBe(`${VERSION}\n`);
  });
});

describe('the log of a hub', () => {
  it('is one JSON object a line, with the URL when it is ready and nothing of what sources publish', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-logs-'));
    const hub = await spawnHub({ DATABASE_URL: `sqlite:${join(folder, 'hub.db')}`, LOG_LEVEL: 'trace' });
    await post(hub.url, 'mutation { publish(source: "crm", changes: []) { cursor } }');
    await post(
      hub.url,
      'mutation { publish(source: "crm", changes: [{ collection: "c", key: "k", data: { pin: "confidential" } }]) { cursor } }',
    );
    expect(await hub.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const lines = hub.process.output.trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const record of records) {
      expect(record).toMatchObject({
        level: expect.any(Number) as number,
        msg: expect.any(String) as string,
      });
      expect(record.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    }
    expect(records[1]).toMatchObject({ url: `${hub.url}/graphql`, level: 30 });
    expect(hub.process.output).not.toContain('confidential');
    await rm(folder, { recursive: true, force: true });
  });

  it('is silent where it is told to be', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-logs-'));
    const hub = await spawnHub({ DATABASE_URL: `sqlite:${join(folder, 'hub.db')}`, LOG_LEVEL: 'silent' });
    expect(await hub.process.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(hub.process.output).toBe('');
    await rm(folder, { recursive: true, force: true });
  });
});

describe.each(databaseKinds)('the first lines of a hub on $name', (kind) => {
  const SECRET = 'secret';

  /** Starts a hub, whose URLs have passwords where they can, asks it for its log's id, and stops it. */
  const linesOf = async (
    url: string,
    redis: string,
  ): Promise<{ readonly id: string; readonly lines: unknown[] }> => {
    const withPassword = url.replace(/^(postgres(?:ql)?:\/\/[^@/:]+)@/, `$1:${SECRET}@`);
    const hub = await spawnHub({ DATABASE_URL: withPassword, REDIS_URL: redis });
    const { logId } = (await ask<{ hub: { logId: string } }>(hub.url, '{ hub { logId } }')).hub;
    await hub.process.kill('SIGTERM');
    expect(hub.process.output).not.toContain(SECRET);
    const lines = hub.process.output.trim().split('\n');
    return { id: logId, lines: lines.map((line) => JSON.parse(line) as unknown) };
  };

  it('say that it made a new log, once, and what it serves, without a password', async () => {
    const own = await kind.create();
    try {
      const place = own.url.replace(/^sqlite:/, '').replace(/^.*@/, '');
      const database = expect.stringMatching(new RegExp(`^${kind.name} [\\d.]+ at .*${place}`)) as string;
      const first = await linesOf(own.url, '');
      const logId = first.id;
      const ready = expect.stringContaining('is ready') as string;
      expect(first.lines.slice(0, 2)).toMatchObject([
        { level: 30, msg: 'made a new log', logId, database },
        { level: 30, msg: ready, logId, database, signal: 'in-process' },
      ]);
      const second = await linesOf(own.url, `redis://:${SECRET}@127.0.0.1:${await freePort()}`);
      expect(second.lines[0]).toMatchObject({ msg: ready, logId, database, signal: 'redis' });
    } finally {
      await own.drop();
    }
  });
});
