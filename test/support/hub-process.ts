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
  const hub = await launchHub(environment);
  await hub.process.ready(() => serves(hub.url));
  return hub;
}

/**
 * Starts the built hub and answers when the process runs, which may be long before it serves.
 * @param nodeArguments go before the hub's program
 */
export async function launchHub(
  environment: Environment,
  nodeArguments: readonly string[] = [],
): Promise<HubProcess> {
  const port = environment.PORT ?? String(await freePort());
  const process = await spawnProcess(globalThis.process.execPath, [...nodeArguments, MAIN], {
    env: { ...globalThis.process.env, LOG_LEVEL: 'info', ...environment, PORT: port },
  });
  return { url: `http://127.0.0.1:${port}`, process };
}

async function serves(url: string): Promise<boolean> {
  return (await fetch(`${url}/healthz`)).ok;
}
