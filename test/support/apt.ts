import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';

import { firstExecutable, placesOnPath } from './find-executable.js';
import { run } from './run-command.js';
import { eventually } from './wait.js';

const APT_TIMEOUT_MS = 300_000;
const LOCKED = /could not get lock|unable to lock|is held by process/i;

export async function hasApt(): Promise<boolean> {
  return (await firstExecutable(placesOnPath(['apt-get']))) !== undefined;
}

/**
 * Downloads packages together with what they need that this machine lacks, and unpacks all into `folder`
 * without installing anything: installing a server's package would also start it as a service.
 */
export async function aptUnpack(packageNames: readonly string[], folder: string): Promise<void> {
  const archives = path.join(folder, 'archives');
  await mkdir(path.join(archives, 'partial'), { recursive: true });
  // Only root may take the locks, and a download into a folder of our own needs none.
  const flags = ['--download-only', '--reinstall', '-o', `Dir::Cache::archives=${archives}`];
  if (!isRoot()) flags.push('-o', 'Debug::NoLocking=1');
  await aptInstall(packageNames, flags);
  for (const name of await readdir(archives)) {
    if (name.endsWith('.deb')) await run('dpkg', ['-x', path.join(archives, name), folder]);
  }
}

/** Installs packages. The lists may be old or missing: they are fetched when the first attempt fails. */
export async function aptInstall(
  packageNames: readonly string[],
  flags: readonly string[] = [],
): Promise<void> {
  const install = ['install', '-y', '--no-install-recommends', ...flags, ...packageNames];
  try {
    await aptGet(install);
  } catch (error) {
    if (!isRoot()) throw error;
    await aptGet(['update']);
    await aptGet(install);
  }
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Another test process, or the machine's own updates, may hold one of apt's locks for a while. */
async function aptGet(args: readonly string[]): Promise<void> {
  const attempt = async (): Promise<{ failure?: Error }> => {
    try {
      await run('apt-get', args, {
        env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
        timeoutMs: APT_TIMEOUT_MS,
      });
      return {};
    } catch (error) {
      if (!(error instanceof Error) || LOCKED.test(error.message)) throw error;
      return { failure: error };
    }
  };
  const what = `apt-get ${args[0] ?? ''} to get its lock`;
  const { failure } = await eventually(attempt, { what, timeoutMs: APT_TIMEOUT_MS, intervalMs: 500 });
  if (failure !== undefined) throw failure;
}
