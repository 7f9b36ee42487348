/** `tidemark verify`: the log of a database, checked from the command line. */
import { fileURLToPath } from 'node:url';
import { closedAfterEach } from '../api/support/cleanup.js';
import { connect } from '../contract/support/stand.js';
import { ask } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { publish } from '../support/operations.js';
import { present } from '../support/present.js';
import { spawnProcess } from '../support/process.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

describe.each(databaseKinds)('the log on $name', (kind) => {
  const kept = closedAfterEach();
  let own: OwnDatabase;
  let url: string;
  let cursors: readonly string[];

  beforeEach(async () => {
    own = await kind.create();
    kept({ close: () => own.drop() });
    ({ url } = kept(await startHub({ DATABASE_URL: own.url })));
    const changes = ['a', 'b', 'a', 'c'].map((key, n) => ({ collection: 'quakes', key, data: { n } }));
    cursors = (await publish(url, changes)).results.map(({ change }) => present(change).cursor);
  });

  const verify = async (...args: readonly string[]): Promise<{ code: number | null; output: string }> => {
    const env = { DATABASE_URL: own.url };
    const process = await spawnProcess(globalThis.process.execPath, [MAIN, 'verify', ...args], { env });
    const { code } = await process.closed;
    return { code, output: process.output };
  };
  const write = async (sql: string): Promise<void> => {
    const connection = await connect(own.url);
    await connection.write(sql);
    await connection.close();
  };

  it('is whole beside the hub that serves it, which says the same hash of its end', async () => {
    const { code, output } = await verify();
    expect([code, output]).toEqual([
      0,
      expect.stringContaining(' is whole: 4 changes were checked') as string,
    ]);
    expect(output).toContain(`the last has the cursor ${cursors[3]}.`);
    const { hub, changes } = await ask<{
      hub: { headHash: string };
      changes: { nodes: { hash: string }[] };
    }>(url, '{ hub { headHash } changes(first: 10) { nodes { hash } } }');
    const hashes = changes.nodes.map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(4);
    expect(hashes.at(-1)).toBe(hub.headHash);
    for (const hash of hashes) expect(Buffer.from(hash, 'base64url')).toHaveLength(32);
  });

  it('is checked from a cursor on', async () => {
    const { code, output } = await verify('--after', present(cursors[1]));
    expect([code, output]).toEqual([0, expect.stringContaining(': 2 changes were checked') as string]);
  });

  it('is damaged where a change was altered, and the place is named', async () => {
    await write(`update change set after = '{"n":7}' where position = 3`);
    const { code, output } = await verify();
    expect(code).toBe(1);
    expect(output).toContain('is damaged: the change at position 3 has content');
    expect(output).toContain(`(2 changes, the last has the cursor ${cursors[1]})`);
    // The damage lies before what is checked, and the states that came from it behind.
    expect((await verify('--after', present(cursors[2]))).output).toContain(
      'is damaged: the change at position 3',
    );
  });

  it('is not checked where the cursor is none of it', async () => {
    const { code, output } = await verify('--after', 'nonsense');
    expect([code, output]).toEqual([
      1,
      'tidemark: cannot check the log: --after: is not a cursor; send one back as the hub gave it.\n',
    ]);
  });

  it('that is not there is not made', async () => {
    const other = await kind.create();
    kept({ close: () => other.drop() });
    const env = { DATABASE_URL: other.url };
    const process = await spawnProcess(globalThis.process.execPath, [MAIN, 'verify'], { env });
    expect((await process.closed).code).toBe(1);
    expect(process.output).toMatch(/^tidemark: cannot check the log: [^\n]*\.\n$/);
  });
});
