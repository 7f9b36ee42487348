/** What users get: the packed tarball, installed from the registry into a project of their own. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnProcess } from './support/process.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const INSTALL_MS = 120_000;

const PROGRAM = `
import { createLogger, openHub, readConfig } from 'tidemark';
import type { Config, Hub, HubParts, Logger } from 'tidemark';

const config: Config = readConfig({ PORT: '0' });
const logger: Logger = createLogger('silent');
const parts: HubParts = { logger };
const hub: Hub = await openHub(config, parts);
const { url, logId }: { url: string; logId: string } = hub;
logger.info({ url, logId, limit: config.limits.bodyBytes }, 'open');
await hub.close();
`;

/** The strictest reading of the package's types, with nothing but Node's own beside them. */
const COMPILER_OPTIONS = {
  ...{ target: 'es2023', module: 'nodenext', moduleResolution: 'nodenext', strict: true, noEmit: true },
  ...{ skipLibCheck: false, types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
};

describe('the package in a project of its own', () => {
  let project: string;
  let installed: string;

  /** Runs a program to its end; answers its exit code and output. */
  const run = async (
    command: string,
    args: readonly string[],
    cwd: string,
  ): Promise<[number | null, string]> => {
    const process = await spawnProcess(command, args, { cwd });
    const { code } = await process.closed;
    return [code, process.output];
  };

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'tidemark-package-'));
    installed = join(project, 'node_modules/tidemark');
    await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    // Without scripts: what is built already is packed, and drivers are not run here.
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    const [packed, said] = await run('npm', ['pack', ...quiet, '--pack-destination', project], ROOT);
    if (packed !== 0) throw new Error(said);
    const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz')) ?? '';
    const [added, problem] = await run(
      'npm',
      ['install', '--engine-strict', ...quiet, join(project, tarball)],
      project,
    );
    if (added !== 0) throw new Error(problem);
  }, INSTALL_MS);

  afterAll(() => rm(project, { recursive: true, force: true }));

  it(
    'has types that need no other package, also where the types of libraries are checked',
    async () => {
      await writeFile(join(project, 'program.ts'), PROGRAM);
      const configuration = { compilerOptions: COMPILER_OPTIONS, files: ['program.ts'] };
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(configuration));
      expect(await run(process.execPath, [TSC, '-p', project], project)).toEqual([0, '']);
    },
    INSTALL_MS,
  );

  it('gives its schema to other programs', async () => {
    const resolve = "console.log(import.meta.resolve('tidemark/schema/change.graphql'))";
    const [code, output] = await run(process.execPath, ['--input-type=module', '-e', resolve], project);
    expect(code).toBe(0);
    expect(existsSync(fileURLToPath(output.trim()))).toBe(true);
  });

  it('has no leftovers of the build, and source maps that hold their sources', async () => {
    const names = await readdir(join(installed, 'dist'), { recursive: true });
    expect(names.filter((name) => /tsbuildinfo|\.mjs$|\.test\./.test(name))).toEqual([]);
    const maps = names.filter((name) => name.endsWith('.map'));
    expect(maps).toContain('hub.js.map');
    for (const name of maps) {
      const text = await readFile(join(installed, 'dist', name), 'utf8');
      const { sources, sourcesContent = [] } = JSON.parse(text) as {
        readonly sources: readonly string[];
        readonly sourcesContent?: readonly (string | null)[];
      };
      expect([name, sourcesContent.filter((source) => typeof source === 'string').length]).toEqual([
        name,
        sources.length,
      ]);
    }
  });
});
