import {
  access,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { guard } from './guardian.js';
import { run } from './run-command.js';

const INSTALL_TIMEOUT_MS = 300_000;

/**
 * A folder of the cache that lasts over test runs, filled by `fill` the first time. It is filled under another
 * name and renamed when complete, so what exists is whole, and of two processes that fill it at once the first
 * to finish wins. Everyone may read it, as servers run as another user than root.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const cache = await cacheFolder();
  const folder = path.join(cache, name);
  if (await exists(folder)) return folder;
  const partial = await mkdtemp(path.join(cache, '.partial-'));
  const release = guard({ kind: 'directory', path: partial });
  try {
    await fill(partial);
    await run('chmod', ['-R', 'a+rX', partial]);
    await rename(partial, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
    release();
  }
  return folder;
}

/**
 * The folder of an npm package of exactly this version, installed into the cache on demand. Its install
 * scripts are not run: what is wanted of it are the files that it ships.
 */
export async function npmPackage(name: string, version: string): Promise<string> {
  const folder = await cached(`${name.replace(/[@/]/g, '_')}-${version}`, async (partial) => {
    // Without a package.json here, npm would look for one in the folders above.
    await writeFile(path.join(partial, 'package.json'), '{ "private": true }\n');
    const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--engine-strict=false'];
    await run('npm', ['install', '--prefix', partial, ...flags, `${name}@${version}`], {
      cwd: partial,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    await restoreSymlinks(path.join(partial, 'node_modules', name));
  });
  return path.join(folder, 'node_modules', name);
}

/** An npm package cannot hold symbolic links; one that needs some lists them for its install script. */
async function restoreSymlinks(packageFolder: string): Promise<void> {
  const list = path.join(packageFolder, 'native', 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(packageFolder, target);
    await symlink(path.relative(path.dirname(target), source), link).catch(async (error: unknown) => {
      if (!(await exists(link))) throw error;
    });
  }
}

/** One cache per user, and never one that another user laid out to have us run their programs. */
async function cacheFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = path.join(tmpdir(), `tidemark-test-services-${uid}`);
  await mkdir(folder, { recursive: true });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${folder} is not a directory of this user: remove it, or set TMPDIR to another place`);
  }
  await chmod(folder, 0o755);
  return folder;
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
