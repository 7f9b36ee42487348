import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from './free-port.js';
import { guard } from './guardian.js';
import { spawnProcess, type ManagedProcess } from './process.js';
import { answersPing } from './redis-ping.js';
import { findRedisBinary, type RedisBinary } from './redis-binary.js';

export interface RedisOptions {
  /** Further arguments of `redis-server`, such as `['--appendonly', 'yes']`. */
  args?: readonly string[];
  /** A configuration file of its own, which it may rewrite, as a Sentinel does. */
  config?: string;
}

const CONFIG_FILE = 'redis.conf';

const START_ATTEMPTS = 3;

/** A Redis of its own that keeps nothing on disk, that a test may stop, kill and start again. */
export class RedisServer {
  readonly port: number;
  readonly url: string;
  readonly #binary: RedisBinary;
  readonly #directory: string;
  readonly #args: readonly string[];
  readonly #release: () => void;
  #process: ManagedProcess | undefined;

  constructor(binary: RedisBinary, directory: string, port: number, options: RedisOptions = {}) {
    this.#binary = binary;
    this.#directory = directory;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    const local = ['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--daemonize', 'no'];
    const file = options.config === undefined ? [] : [path.join(directory, CONFIG_FILE)];
    this.#args = [...file, ...local, '--save', '', '--appendonly', 'no', ...(options.args ?? [])];
    this.#release = guard({ kind: 'directory', path: directory });
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  /** The process that was started last. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get output(): string {
    return this.#process?.output ?? '';
  }

  /** Starts it, the first time or again on the same port, and waits until it answers. */
  async start(): Promise<void> {
    if (this.running) return;
    this.#process = await spawnProcess(this.#binary.path, this.#args, {
      cwd: this.#directory,
      env: this.#binary.env,
    });
    await this.#process.ready(() => answersPing(this.url), { what: 'Redis to answer PING' });
  }

  /** Lets it shut down in order. */
  async stop(): Promise<void> {
    await this.#process?.kill('SIGTERM');
  }

  /** What `kill -9` of the server does. */
  async kill(): Promise<void> {
    await this.#process?.kill('SIGKILL');
  }

  /** Sends a signal without waiting for what it does. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10 });
    this.#release();
  }
}

/** A throwaway Redis server on a free loopback port. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const binary = await findRedisBinary();
  for (let attempt = 1; ; attempt += 1) {
    const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-redis-'));
    if (options.config !== undefined) await writeFile(path.join(directory, CONFIG_FILE), options.config);
    const server = new RedisServer(binary, directory, await freePort(), options);
    try {
      await server.start();
      return server;
    } catch (error) {
      const portTaken = server.output.includes('Address already in use');
      await server.dispose();
      if (!portTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}
