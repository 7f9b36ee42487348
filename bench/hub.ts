import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnHub } from '../test/support/hub-process.js';
import { sharedPostgres } from '../test/support/shared-postgres.js';

/** A hub in a process of its own on an empty database. */
export interface BenchHub {
  readonly url: string;
  readonly pid: number;
  readonly running: () => boolean;
  stop(): Promise<void>;
}

export const DATABASES = ['sqlite', 'postgres'] as const;

export type DatabaseName = (typeof DATABASES)[number];

/** Starts the built hub; `stop` removes its database. */
export async function startBenchHub(database: DatabaseName): Promise<BenchHub> {
  const own = database === 'sqlite' ? await sqliteFile() : await postgresDatabase();
  const hub = await spawnHub({ DATABASE_URL: own.url, LOG_LEVEL: 'warn' });
  return {
    url: hub.url,
    pid: hub.process.pid,
    running: () => hub.process.running,
    stop: async () => {
      await hub.process.kill('SIGTERM');
      await own.drop();
    },
  };
}

interface Own {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

async function sqliteFile(): Promise<Own> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  return {
    url: `sqlite:${join(folder, 'hub.db')}`,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgresDatabase(): Promise<Own> {
  const postgres = await sharedPostgres();
  const { url } = await postgres.createDatabase();
  return { url, drop: () => postgres.dispose() };
}
