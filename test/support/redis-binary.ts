import path from 'node:path';

import { aptUnpack, hasApt } from './apt.js';
import { entriesByVersion, firstExecutable, isExecutable, placesOnPath } from './find-executable.js';
import { cached } from './install-cache.js';
import { run } from './run-command.js';

export interface RedisBinary {
  path: string;
  /** What it needs in its environment, when its libraries are not where the system looks for them. */
  env: NodeJS.ProcessEnv;
}

const NAMES = ['redis-server', 'valkey-server'];
const USUAL_FOLDERS = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/sbin',
  '/opt/homebrew/bin',
  '/home/linuxbrew/.linuxbrew/bin',
  '/snap/bin',
];

const HELP = 'install Redis or Valkey, or set REDIS_SERVER_BIN to the path of redis-server';

/** A Redis server's program, or that of Valkey, which speaks the same protocol. */
export async function findRedisBinary(): Promise<RedisBinary> {
  const told = process.env.REDIS_SERVER_BIN;
  if (told !== undefined && told !== '') {
    if (await isExecutable(told)) return { path: told, env: {} };
    throw new Error(`REDIS_SERVER_BIN is ${told}, which is not a program: ${HELP}`);
  }
  const usual = NAMES.flatMap((name) => USUAL_FOLDERS.map((folder) => path.join(folder, name)));
  const found = await firstExecutable([...placesOnPath(NAMES), ...usual]);
  if (found !== undefined) return { path: found, env: {} };
  return fromApt();
}

/** There is no npm package that ships the program, so a bare machine needs Debian's. */
async function fromApt(): Promise<RedisBinary> {
  if (!(await hasApt())) throw new Error(`no Redis server was found: ${HELP}`);
  try {
    return await unpackedBinary(await cached('redis-server-apt', unpack));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`no Redis server was found (${HELP}), and none could be had from apt-get: ${reason}`, {
      cause,
    });
  }
}

/**
 * The tools are named too, as Debian's redis-server is a link to a file of theirs, and a machine that has them
 * would not download them. What does not run is not left in the cache.
 */
async function unpack(folder: string): Promise<void> {
  await aptUnpack(['redis-server', 'redis-tools'], folder);
  const { path: file, env } = await unpackedBinary(folder);
  await run(file, ['--version'], { env });
}

async function unpackedBinary(folder: string): Promise<RedisBinary> {
  const libraries = await Promise.all(
    ['usr/lib', 'lib'].map((place) => entriesByVersion(path.join(folder, place))),
  );
  const folders = libraries.flat().filter((entry) => path.basename(entry).includes('-linux-'));
  return {
    path: path.join(folder, 'usr', 'bin', 'redis-server'),
    env: { LD_LIBRARY_PATH: folders.join(':') },
  };
}
