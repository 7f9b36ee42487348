import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

import { Client } from 'pg';

import { guard } from './guardian.js';
import { ignore } from './ignore.js';

export interface TestDatabase {
  url: string;
  /** Drops it, together with whatever connections to it are still open. */
  drop(): Promise<void>;
}

let created = 0;

/** An empty database of a name that no other test has, on the server of `adminUrl`. */
export async function createDatabase(adminUrl: string): Promise<TestDatabase> {
  const name = `tidemark_test_${process.pid}_${(created += 1)}_${randomBytes(4).toString('hex')}`;
  // template0, as template1 cannot be copied while anyone is connected to it; the C locale, so that texts sort
  // the same on every machine.
  await adminQuery(
    adminUrl,
    `create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
  );
  return {
    url: databaseUrl(adminUrl, name),
    drop: async () => {
      await adminQuery(adminUrl, dropStatement(name));
    },
  };
}

/** The same on a server that outlives the tests: there it is dropped even when the test process is killed. */
export async function createGuardedDatabase(adminUrl: string): Promise<TestDatabase> {
  const database = await createDatabase(adminUrl);
  const name = new URL(database.url).pathname.slice(1);
  const release = guard({ kind: 'command', argv: dropCommand(adminUrl, name) });
  return {
    url: database.url,
    drop: async () => {
      await database.drop();
      release();
    },
  };
}

/** The same server and user as `url`, another database. */
export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** A connection of a test's own, which finds a hub's tables by their bare names, and makes its own beside them. */
export function clientOf(url: string): Client {
  return new Client({
    ...{ connectionString: url, connectionTimeoutMillis: 5_000 },
    options: '-c search_path=tidemark,public',
  });
}

export async function adminQuery(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = clientOf(url);
  client.on('error', ignore);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(ignore);
  }
}

function dropStatement(name: string): string {
  return `drop database if exists ${name} with (force)`;
}

/** A program of its own, as it runs when the test process is gone. */
function dropCommand(adminUrl: string, name: string): [string, ...string[]] {
  const pg = createRequire(path.join(process.cwd(), 'package.json')).resolve('pg');
  const script = `
    const { Client } = require(${JSON.stringify(pg)});
    const client = new Client({ connectionString: ${JSON.stringify(adminUrl)}, connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    client.connect().then(() => client.query(${JSON.stringify(dropStatement(name))})).finally(() => client.end());
  `;
  return [process.execPath, '-e', script];
}
