import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from './support/client.js';
import { startHub } from './support/hub.js';
import { spawnProcess } from './support/process.js';
import { eventuallyPasses } from './support/wait.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Within the package, so that it imports the package by its own name as a user does. */
const PROGRAM = join(ROOT, 'dist/readme-program.mjs');

describe('the program on the first screen of the README', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-readme-'));
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const program = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    // The default port may be taken where the tests run; nothing else is changed.
    await writeFile(PROGRAM, program.replace('readConfig({ ', "readConfig({ PORT: '0', "));
  });

  afterAll(async () => {
    await rm(PROGRAM, { force: true });
    await rm(folder, { recursive: true, force: true });
  });

  it('publishes, gets its change and acknowledges it', async () => {
    const program = await spawnProcess(process.execPath, [PROGRAM], { cwd: folder });
    await program.ready((output) => output.includes("name: 'Ada'"), { what: 'the change' });
    expect(program.output).toContain("operation: 'CREATE'");

    // A second hub on the same file sees what the first one was told.
    const hub = await startHub({ DATABASE_URL: `sqlite:${join(folder, 'tidemark.db')}` });
    const consumer = '{ consumer(name: "warehouse") { lag acknowledgedAt } }';
    await eventuallyPasses(
      async () => {
        expect(await ask(hub.url, consumer)).toMatchObject({
          consumer: { lag: 0, acknowledgedAt: expect.any(String) as string },
        });
      },
      { what: 'the acknowledgement' },
    );
    await hub.close();
    await program.kill('SIGKILL');
  });
});
