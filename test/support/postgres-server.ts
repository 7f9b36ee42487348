import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Client } from 'pg';

import { freePort } from './free-port.js';
import { guard } from './guardian.js';
import { ignore } from './ignore.js';
import { findPostgresBinaries } from './postgres-binaries.js';
import { createDatabase, databaseUrl } from './postgres-database.js';
import { childrenOf, stillRunning } from './process-table.js';
import { spawnProcess, type ManagedProcess, type SystemUser } from './process.js';
import { run } from './run-command.js';
import { unprivilegedUser } from './system-user.js';
import { eventually } from './wait.js';

export interface PostgresOptions {
  /** Server settings beyond those that make it small and local, as in `postgres -c name=value`. */
  settings?: Readonly<Record<string, string>>;
}

export type StopMode = 'fast' | 'immediate';

/** The signals by which the server is told how to shut down. */
const STOP_SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const START_ATTEMPTS = 3;
/** After a crash it first syncs all its files, which a busy disk makes slow. */
const START_TIMEOUT_MS = 60_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '32MB',
  // In the data directory, so that a server killed outright leaves nothing behind in /dev/shm.
  dynamic_shared_memory_type: 'mmap',
};

/** A cluster of its own in a temporary directory, that a test may stop, kill and start again. */
export class PostgresServer {
  readonly port: number;
  readonly #binDir: string;
  readonly #directory: string;
  readonly #user: SystemUser | undefined;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #release: () => void;
  #process: ManagedProcess | undefined;

  constructor(binDir: string, directory: string, port: number, user?: SystemUser, options?: PostgresOptions) {
    this.#binDir = binDir;
    this.#directory = directory;
    this.port = port;
    this.#user = user;
    this.#settings = { ...SETTINGS, port: String(port), ...options?.settings };
    this.#release = guard({ kind: 'directory', path: directory });
  }

  get #data(): string {
    return path.join(this.#directory, 'data');
  }

  get #backup(): string {
    return path.join(this.#directory, 'backup');
  }

  get #spawnOptions(): { cwd: string; env: NodeJS.ProcessEnv; user?: SystemUser } {
    const user = this.#user === undefined ? {} : { user: this.#user };
    return { cwd: this.#directory, env: { LC_ALL: 'C', TZ: 'UTC' }, ...user };
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  /** The process that was started last. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  url(database = 'postgres'): string {
    return databaseUrl(`postgresql://tidemark@127.0.0.1:${this.port}/postgres`, database);
  }

  async createDatabase(): Promise<string> {
    return (await createDatabase(this.url())).url;
  }

  /** Lays out the empty cluster. What it is made from needs no sync: a crash of the machine ends the test too. */
  async initialise(): Promise<void> {
    const flags = ['--auth=trust', '-U', 'tidemark', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(path.join(this.#binDir, 'initdb'), [...flags, '-D', this.#data], this.#spawnOptions);
  }

  /** Starts it, the first time or again, on the same port and data, and waits until it takes queries. */
  async start(): Promise<void> {
    if (this.running) return;
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = await spawnProcess(path.join(this.#binDir, 'postgres'), ['-D', this.#data, ...settings], {
      ...this.#spawnOptions,
      orphanSignal: STOP_SIGNALS.immediate,
    });
    await this.#process.ready(() => answers(this.url()), {
      what: 'PostgreSQL to take queries',
      timeoutMs: START_TIMEOUT_MS,
    });
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    await this.#process?.kill(STOP_SIGNALS[mode], 30_000);
  }

  /**
   * What `kill -9` of the whole server does: nothing is flushed, no client is told. The postmaster is halted
   * first, so that it neither starts another backend meanwhile nor sees one die and begins to recover.
   */
  async kill(): Promise<void> {
    const postmaster = this.#process;
    if (postmaster?.running !== true) return;
    postmaster.signal('SIGSTOP');
    const backends = await childrenOf(postmaster.pid);
    await postmaster.kill('SIGKILL');
    for (const pid of backends) killIfThere(pid);
    await eventually(async () => (await stillRunning(backends)).length === 0, {
      ...{ what: 'the backends of the killed PostgreSQL to end', timeoutMs: 30_000 },
    });
  }

  /** Copies the data of the stopped server aside. */
  async backUp(): Promise<void> {
    if (this.running) throw new Error('The data of a server that runs cannot be copied as they lie.');
    await rm(this.#backup, { recursive: true, force: true });
    await run('cp', ['-a', this.#data, this.#backup]);
  }

  /** Puts back what `backUp` copied, while the server does not run: what an operator does, or a failover to a copy that lags. */
  async restore(): Promise<void> {
    if (this.running) throw new Error('The data of a server that runs cannot be replaced.');
    await this.#freeSharedMemory();
    await rm(this.#data, { recursive: true, force: true, maxRetries: 10 });
    await run('cp', ['-a', this.#backup, this.#data]);
  }

  async dispose(): Promise<void> {
    if (this.running) await this.stop('immediate');
    await this.#freeSharedMemory();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10 });
    this.#release();
  }

  /** A server that was killed leaves the small System V segment that guards its data directory. */
  async #freeSharedMemory(): Promise<void> {
    const lock = await readFile(path.join(this.#data, 'postmaster.pid'), 'utf8').catch(() => '');
    const [, segment] = /^\s*\d+\s+(\d+)\s*$/m.exec(lock.split('\n').slice(6).join('\n')) ?? [];
    if (segment !== undefined) await run('ipcrm', ['-m', segment]).catch(ignore);
  }

  get output(): string {
    return this.#process?.output ?? '';
  }
}

/** A throwaway PostgreSQL server on a free loopback port. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binDir = await findPostgresBinaries();
  const user = await unprivilegedUser();
  for (let attempt = 1; ; attempt += 1) {
    const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-postgres-'));
    if (user !== undefined) await chown(directory, user.uid, user.gid);
    const server = new PostgresServer(binDir, directory, await freePort(), user, options);
    try {
      await server.initialise();
      await server.start();
      return server;
    } catch (error) {
      const portTaken = server.output.includes('could not bind');
      await server.dispose();
      if (!portTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A connection that breaks after it was made tells so by an event, which must not go unheard.
  client.on('error', ignore);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(ignore);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself when the postmaster did.
  }
}
