import { fileURLToPath } from 'node:url';
import type { Environment } from '../../src/hub.js';
import { freePort } from './free-port.js';
import { spawnProcess } from './process.js';
import type { ManagedProcess } from './process.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A hub in a process of its own, as it is run in production: what a test may kill. */
export interface HubProcess {
  readonly url: string;
  readonly process: ManagedProcess;
}

/** Starts the built hub and answers when it serves; the port is free, or the one given in the environment. */
export async function spawnHub(environment: Environment): Promise<HubProcess> {
  const port = environment.PORT ?? String(await freePort());
  const process = await spawnProcess(globalThis.process.execPath, [MAIN], {
    env: { ...globalThis.process.env, LOG_LEVEL: 'info', ...environment, PORT: port },
  });
  const url = `http://127.0.0.1:${port}`;
  await process.ready(async () => {
    const answer = await fetch(`${url}/healthz`);
    return answer.ok;
  });
  return { url, process };
}
