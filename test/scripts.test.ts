import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnProcess } from './support/process.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

describe('the table of options in docs/configuration.md', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-docs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs the script; answers its exit code and what it wrote. */
  async function docs(...args: string[]): Promise<{ code: number | null; output: string }> {
    const script = ['--import', 'tsx', join(ROOT, 'scripts/docs.ts'), ...args];
    const process = await spawnProcess(globalThis.process.execPath, script, { cwd: ROOT });
    const { code } = await process.closed;
    return { code, output: process.output };
  }

  it('is fresh', async () => {
    expect(await docs('--check')).toEqual({ code: 0, output: '' });
  });

  it('is found stale when an option in it differs, and is written again', async () => {
    const fresh = await readFile(join(ROOT, 'docs/configuration.md'), 'utf8');
    const file = join(folder, 'configuration.md');
    await writeFile(file, fresh.replace('`250`', '`251`'));
    const { code, output } = await docs('--check', file);
    expect(code).toBe(1);
    expect(output).toMatch(/configuration\.md is stale; run npm run docs [^\n]*\n$/);
    expect((await docs(file)).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(fresh);
  });
});

describe.each(['bench/bench.ts', 'bench/memory.ts', 'bench/deploy.ts', 'test/faults/run.ts'])(
  '%s',
  (file) => {
    async function run(argument: string): Promise<{ code: number | null; output: string }> {
      const process = await spawnProcess(globalThis.process.execPath, ['--import', 'tsx', file, argument], {
        cwd: ROOT,
      });
      const { code } = await process.closed;
      return { code, output: process.output };
    }

    it('names an option that it does not know, in one line, and ends with exit code 1', async () => {
      const { code, output } = await run('--nope');
      expect(output).toMatch(/^npm run [a-z:]+ --: unknown option --nope; the options are [^\n]*--help\.\n$/);
      expect(code).toBe(1);
    });

    it('prints its usage', async () => {
      const { code, output } = await run('--help');
      expect(output).toMatch(/^Usage: npm run [a-z:]+ -- \[options\]/);
      expect(code).toBe(0);
    });
  },
);
