import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPostgres } from './shared-postgres.js';

/** A database of a test's own, empty. */
export interface OwnDatabase {
  /** As DATABASE_URL takes it. */
  readonly url: string;
  drop(): Promise<void>;
}

/** One kind of database that the hub runs on. */
export interface DatabaseKind {
  readonly name: 'SQLite' | 'PostgreSQL';
  create(): Promise<OwnDatabase>;
}

export const sqlite: DatabaseKind = {
  name: 'SQLite',
  create: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
    return {
      url: `sqlite:${join(folder, 'hub.db')}`,
      drop: () => rm(folder, { recursive: true, force: true }),
    };
  },
};

export const postgres: DatabaseKind = {
  name: 'PostgreSQL',
  create: async () => (await sharedPostgres()).createDatabase(),
};

/** Every database that the hub runs on: suites go through all of them. */
export const databaseKinds: readonly DatabaseKind[] = [sqlite, postgres];
