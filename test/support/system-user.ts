import { readFile } from 'node:fs/promises';

import type { SystemUser } from './process.js';

/**
 * Whom to run a server as that refuses to run as root: undefined (as we are) unless we are root, else the
 * first of the usual unprivileged users that this machine has.
 */
export async function unprivilegedUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root: add a user named postgres or nobody to /etc/passwd');
}
