/** No valid request ends a hub: what a call makes is bounded, however little it sends. */
import { databaseKinds } from '../support/databases.js';
import { ask } from '../support/client.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { eventually } from '../support/wait.js';

const MIB = 1_024 * 1_024;
const MAY_GROW = 300 * MIB;
/** The hub's heap in MiB. Without a bound each of the six calls makes 250 MB of rows. */
const HEAP_MIB = 256;
const CALLERS = ['a', 'b', 'c', 'd', 'e', 'f'];
const PUBLISH = `mutation ($changes: [ChangeInput!]!) {
  publish(source: "crm", changes: $changes) { cursor results { outcome } }
}`;

interface Published {
  readonly data?: { readonly publish: { readonly results: readonly { readonly outcome: string }[] } };
  readonly errors?: readonly { readonly extensions: Readonly<Record<string, unknown>> }[];
}

async function publish(hub: HubProcess, changes: readonly object[]): Promise<Published> {
  const body = JSON.stringify({ query: PUBLISH, variables: { changes } });
  const headers = { 'content-type': 'application/json' };
  return (await (await fetch(`${hub.url}/graphql`, { method: 'POST', headers, body })).json()) as Published;
}

const patches = (key: string, count: number, from = 0): object[] =>
  Array.from({ length: count }, (_, n) => ({
    collection: 'large',
    key,
    write: 'PATCH',
    data: { n: n + from },
  }));

const residentBytes = async ({ url }: HubProcess): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
};

describe.each(databaseKinds)('a hub on $name', (kind) => {
  it('outlives calls that send little and make much, and refuses what is too much', async () => {
    const database = await kind.create();
    const hub = await spawnHub({
      DATABASE_URL: database.url,
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    });
    const idle = await residentBytes(hub);
    let most = 0;
    let over = false;
    const watching = eventually(
      async () => {
        most = Math.max(most, await residentBytes(hub));
        return over;
      },
      { what: 'the calls to be over', timeoutMs: 100_000 },
    );
    for (const key of CALLERS) {
      await publish(hub, [{ collection: 'large', key, data: { text: 'x'.repeat(250_000) } }]);
    }
    const answers = await Promise.all(CALLERS.map((key) => publish(hub, patches(key, 1_000))));
    for (const { errors } of answers) {
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', limit: 16 * MIB });
      expect(errors?.[0]?.extensions).toMatchObject({ path: 'changes[67]', index: 67 });
    }
    const fitting = await Promise.all(
      [1, 2, 3].flatMap((round) => CALLERS.map((key) => publish(hub, patches(key, 60, round * 1_000)))),
    );
    expect(fitting.filter(({ errors }) => errors)).toEqual([]);
    over = true;
    await watching;
    expect(most - idle).toBeLessThan(MAY_GROW);
    const { hub: told } = await ask<{ hub: { changeCount: number } }>(hub.url, '{ hub { changeCount } }');
    expect(told.changeCount).toBe(6 + 18 * 60);

    // A page of all of it would be 270 MB.
    const query = '{ changes(first: 1000) { nodes { key after } pageInfo { hasNextPage } } }';
    const page = await ask<{ changes: { nodes: unknown[]; pageInfo: { hasNextPage: boolean } } }>(
      hub.url,
      query,
    );
    expect(page.changes.pageInfo.hasNextPage).toBe(true);
    expect(page.changes.nodes.length).toBeLessThan(100);

    await hub.process.kill('SIGKILL');
    await database.drop();
  }, 120_000);
});
