import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Linux hands out ports from 32768 for outgoing connections, macOS from 49152. */
const LOWEST = 20_000;
const LIMIT = 32_768;
const ATTEMPTS = 100;

/**
 * A free loopback port, below the range that the system takes outgoing ports from. A port of that range (which
 * listening on port 0 gives) may be taken by any client while the server behind it is down, and a client that
 * keeps reconnecting to it can even connect to itself; then the server could not start again on it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, LIMIT);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free loopback port found in ${ATTEMPTS} attempts between ${LOWEST} and ${LIMIT}`);
}

async function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
