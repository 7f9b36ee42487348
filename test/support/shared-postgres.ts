import { userInfo } from 'node:os';

import { adminQuery, createDatabase, createGuardedDatabase, type TestDatabase } from './postgres-database.js';
import { startPostgres } from './postgres-server.js';

export interface SharedPostgres {
  /** The server's own database, as TEST_DATABASE_URL takes it. */
  readonly url: string;
  createDatabase(): Promise<TestDatabase>;
  /** Drops what was created here, and ends the server if it was started here. */
  dispose(): Promise<void>;
}

/**
 * A server for suites that only need databases of their own: the one that TEST_DATABASE_URL names, else one
 * that runs on this machine already and lets us create databases, else a throwaway one.
 */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const running = await findRunning();
  if (running !== undefined) return over(running, () => createGuardedDatabase(running));
  const server = await startPostgres();
  return over(
    server.url(),
    () => createDatabase(server.url()),
    () => server.dispose(),
  );
}

function over(
  url: string,
  create: () => Promise<TestDatabase>,
  disposeServer?: () => Promise<void>,
): SharedPostgres {
  const databases: TestDatabase[] = [];
  return {
    url,
    createDatabase: async () => {
      const database = await create();
      databases.push(database);
      return database;
    },
    dispose: async () => {
      await Promise.all(databases.splice(0).map((database) => database.drop()));
      await disposeServer?.();
    },
  };
}

async function findRunning(): Promise<string | undefined> {
  const told = process.env.TEST_DATABASE_URL;
  if (told !== undefined && told !== '') {
    if (await allowsCreation(told).catch(() => false)) return told;
    throw new Error(
      'TEST_DATABASE_URL must name a PostgreSQL 15 or later and a user who may create databases',
    );
  }
  for (const user of new Set(['postgres', userInfo().username])) {
    const url = `postgresql://${encodeURIComponent(user)}@127.0.0.1:5432/postgres`;
    // No server there, or one that wants a password: not ours to use.
    if (await allowsCreation(url).catch(() => false)) return url;
  }
  return undefined;
}

async function allowsCreation(url: string): Promise<boolean> {
  const [row] = await adminQuery(
    url,
    `select (rolsuper or rolcreatedb) and current_setting('server_version_num')::int >= 150000 as allowed
       from pg_roles where rolname = current_user`,
  );
  return row?.allowed === true;
}
