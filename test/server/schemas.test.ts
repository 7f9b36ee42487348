/** The schema in which a hub keeps its tables, so that a database may hold other tables, and other logs. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Hub } from '../../src/hub.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { ask } from '../support/client.js';
import { postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { ignore } from '../support/ignore.js';
import { publish } from '../support/operations.js';
import { adminQuery, clientOf } from '../support/postgres-database.js';
import { eventually, eventuallyPasses } from '../support/wait.js';

/** Calls at once: more than a pool holds on to while it is idle. */
const AT_ONCE = 12;

describe('a hub on PostgreSQL', () => {
  const kept = closedAfterEach();
  let own: OwnDatabase;

  beforeEach(async () => {
    own = await postgres.create();
    kept({ close: () => own.drop() });
  });

  const open = async (query: Readonly<Record<string, string>> = {}): Promise<Hub> => {
    const url = new URL(own.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return kept(await startHub({ DATABASE_URL: url.href }));
  };
  const schemas = async (): Promise<Record<string, unknown>[]> =>
    adminQuery(
      own.url,
      `select distinct nspname as schema from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname not like 'pg\\_%' and nspname <> 'information_schema' order by 1`,
    );
  const record = async (hub: Hub): Promise<void> => {
    const calls = Array.from({ length: AT_ONCE }, (_none, n) =>
      publish(hub.url, [{ collection: 'c', key: `k${n}`, data: {} }]),
    );
    const reads = calls.map(() => ask(hub.url, '{ hub { head } }'));
    await Promise.all([...calls, ...reads]);
  };
  const headOf = async (hub: Hub): Promise<number> =>
    (await ask<{ changes: { nodes: unknown[] } }>(hub.url, '{ changes(first: 100) { nodes { key } } }'))
      .changes.nodes.length;

  it('keeps its tables in the schema tidemark, and leaves those of others alone', async () => {
    await adminQuery(own.url, 'create table public.migrations (name text)');
    await adminQuery(own.url, `insert into public.migrations values ('AnothersOwn1')`);
    await adminQuery(own.url, 'create table public.entity (n integer)');
    const hub = await open();
    expect(hub.database).toMatch(/ \(schema tidemark\)$/);
    await record(hub);
    expect(await schemas()).toEqual([{ schema: 'public' }, { schema: 'tidemark' }]);
    expect(
      await adminQuery(own.url, `select tablename from pg_tables where schemaname = 'public' order by 1`),
    ).toEqual([{ tablename: 'entity' }, { tablename: 'migrations' }]);
  });

  it('keeps a log of its own in each schema, over all connections that come and go', async () => {
    const hubs = await Promise.all(['one', 'Two_2'].map((schema) => open({ schema })));
    const [one, two] = hubs;
    if (!one || !two) throw new Error('no hubs');
    expect(one.logId).not.toBe(two.logId);
    await record(one);
    await adminQuery(
      own.url,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await eventuallyPasses(() => record(two), { what: 'the hub to have connections again' });
    await eventuallyPasses(() => record(one), { what: 'the other to have connections again' });
    expect([await headOf(one), await headOf(two)]).toEqual([AT_ONCE, AT_ONCE]);
    expect(await schemas()).toEqual([{ schema: 'Two_2' }, { schema: 'one' }]);
    expect((await open({ schema: 'one' })).logId).toBe(one.logId);
  });

  it('does not wait for the migrations of another schema', async () => {
    const client = clientOf(own.url);
    await client.connect();
    await client.query('begin');
    await client.query('create schema slow');
    const slow = open({ schema: 'slow' });
    const blocked = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    try {
      await eventually(async () => (await adminQuery(own.url, blocked)).length > 0, { what: 'it to wait' });
      await record(await open({ schema: 'quick' }));
    } finally {
      await client.query('rollback');
      await client.end();
    }
    await record(await slow);
  });

  it('uses a schema that it may not make, and says what to do where that is missing', async () => {
    const role = `tidemark_test_${randomBytes(6).toString('hex')}`;
    await adminQuery(own.url, `create role ${role}`);
    kept({ close: () => adminQuery(own.url, `drop owned by ${role} cascade; drop role ${role}`) });
    const as = { options: `-c role=${role}` };
    await expect(open(as)).rejects.toThrow(
      /^The user may not make the schema of the database .*; let its owner run: create schema "tidemark" [^\n]*\.$/,
    );
    await adminQuery(own.url, `create schema tidemark authorization ${role}`);
    const hub = await open(as);
    await record(hub);
    await hub.close();
  });

  it('does not start where a pooler keeps the search path from the server', async () => {
    const to = new URL(own.url);
    const pooler = createServer((client) => {
      const server = connect({ host: to.hostname, port: Number(to.port || '5432') });
      for (const socket of [client, server]) socket.on('error', ignore);
      // Another name of the same length: lengths in the message stay right.
      client.on('data', (chunk) =>
        server.write(
          Buffer.from(chunk.toString('latin1').replace('search_path="tide', 'search_path="none'), 'latin1'),
        ),
      );
      client.once('close', () => server.destroy());
      server.pipe(client);
    }).listen({ host: '127.0.0.1', port: 0 });
    await once(pooler, 'listening');
    kept({ close: async () => void pooler.close() });
    const url = new URL(own.url);
    url.host = `127.0.0.1:${(pooler.address() as AddressInfo).port}`;
    await expect(startHub({ DATABASE_URL: url.href })).rejects.toThrow(
      /^The connections to the database .* do not look for tables in its schema; connect without a pooler, [^\n]*\.$/,
    );
    expect(await schemas()).toEqual([]);
  });
});
