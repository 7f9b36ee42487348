/** A hub of the demo's own, within this process: embedded database in a temporary directory, gone when it closes. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHub, readConfig } from 'tidemark';
import type { Hub } from 'tidemark';

const USUAL_PORT = '4000';
const ANY_FREE_PORT = '0';

/** Opens the hub on the usual port, or on a free one where another program (or demo) has that. */
export async function openLocalHub(): Promise<Hub> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-demo-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  // Also when the demo ends in a way that nobody foresaw.
  process.once('exit', remove);
  const open = (port: string): Promise<Hub> => {
    const database = `sqlite:${join(directory, 'tidemark.db')}`;
    return openHub(readConfig({ PORT: port, DATABASE_URL: database, LOG_LEVEL: 'error', DRAIN_MS: '2000' }));
  };
  // Trying is the only way to know: a port that was free when we looked may be taken when we open it.
  const hub = await open(USUAL_PORT).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return open(ANY_FREE_PORT);
  });
  return {
    ...hub,
    close: async () => {
      await hub.close();
      remove();
      process.off('exit', remove);
    },
  };
}
