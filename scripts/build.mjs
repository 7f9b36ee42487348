/**
 * Builds what is stale: the hub (tsc) and the playground (esbuild). Prints only what it does.
 *
 *   node scripts/build.mjs [--clean]
 *
 * With --clean it builds everything anew.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CONSOLE = join(ROOT, 'src/console');

/** The newest modification among files and folders, in milliseconds since 1970. */
function newest(paths, leaveOut = '') {
  let latest = 0;
  for (const path of paths) {
    if (path === leaveOut) continue;
    const { mtimeMs } = statSync(path);
    latest = Math.max(latest, mtimeMs);
    if (statSync(path).isDirectory()) {
      latest = Math.max(
        latest,
        newest(
          readdirSync(path).map((name) => join(path, name)),
          leaveOut,
        ),
      );
    }
  }
  return latest;
}

/** Removes what was built of sources that are gone, which the package and imports would otherwise still have. */
function removeStale() {
  for (const name of readdirSync(join(ROOT, 'dist'), { recursive: true })) {
    const [, source] = /^(?!console)(.*)\.(?:js|js\.map|d\.ts)$/.exec(name) ?? [];
    if (source === undefined || existsSync(join(ROOT, 'src', `${source}.ts`))) continue;
    rmSync(join(ROOT, 'dist', name));
  }
}

const builtAt = (file) => (existsSync(join(ROOT, file)) ? statSync(join(ROOT, file)).mtimeMs : 0);
const fixed = ['package-lock.json', 'scripts', 'tsconfig.json', 'tsconfig.build.json'].map((name) =>
  join(ROOT, name),
);

if (process.argv.includes('--clean')) rmSync(join(ROOT, 'dist'), { recursive: true, force: true });

if (newest([join(ROOT, 'src'), ...fixed], CONSOLE) > builtAt('dist/.tsbuildinfo')) {
  process.stderr.write('building the hub …\n');
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  removeStale();
  // tsc leaves the file alone when nothing that it writes has changed.
  utimesSync(join(ROOT, 'dist/.tsbuildinfo'), new Date(), new Date());
}
if (newest([CONSOLE, ...fixed]) > builtAt('dist/console/index.html')) {
  process.stderr.write('building the playground …\n');
  const { buildConsole } = await import('./build-console.mjs');
  await buildConsole();
}
