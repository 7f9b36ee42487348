import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { createServer } from 'node:net';

/** Linux hands out ports from 32768 for outgoing connections, macOS from 49152. */
const LOWEST = 20_000;
const LIMIT = 32_768;
const ATTEMPTS = 100;

/** One for each port that was handed out. */
const reservations: Socket[] = [];

/**
 * A loopback TCP port for this process alone, below the range that the system takes outgoing ports from. A port of that
 * range (which listening on port 0 gives) may be taken by any client while the server behind it is down, and a client that
 * keeps reconnecting to it can even connect to itself; then the server could not start again on it. For the same reason the
 * UDP port of the same number is held until the process ends: another process that looks for a free port passes it over,
 * also while the server behind it is down.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, LIMIT);
    const reservation = await reserve(port);
    if (reservation === null) continue;
    if (await canListen(port)) {
      reservations.push(reservation);
      return port;
    }
    reservation.close();
  }
  throw new Error(`no free loopback port found in ${ATTEMPTS} attempts between ${LOWEST} and ${LIMIT}`);
}

/** Holds the UDP port; null: another process does. */
function reserve(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(null));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => resolve(socket.unref()));
  });
}

async function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
