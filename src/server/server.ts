/**
 * The server: one port for GraphQL over HTTP and over WebSocket, health, metrics and the playground.
 *
 * Stopping: no new connection is taken; requests that were accepted are answered; subscribers are told that the hub goes
 * away; then the port is closed.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createSchema } from '../api/api.js';
import type { ReportDefect, Rooms } from '../api/api.js';
import type { Config } from '../config/config.js';
import { checkReadiness } from './health.js';
import { createHttp } from './http.js';
import type { Metrics } from './metrics.js';
import type { Vitals } from './vitals.js';
import { WebSockets } from './websocket.js';

export { Metrics } from './metrics.js';
export type { Vitals } from './vitals.js';

/** Milliseconds between looks for connections that have become idle, while the server stops. */
const IDLE_CHECK_MS = 20;

export interface ServerOptions {
  readonly config: Config;
  readonly rooms: Rooms;
  readonly metrics: Metrics;
  readonly report: ReportDefect;
  /** What /readyz and /metrics look at. */
  readonly vitals: Vitals;
}

export interface HubServer {
  /** `http://host:port` as it listens. */
  readonly url: string;
  /** Stops gracefully; see above. */
  close(): Promise<void>;
}

/** Opens the port. @throws Error where it is taken */
export async function startServer(options: ServerOptions): Promise<HubServer> {
  const { config, rooms, report } = options;
  const schema = createSchema();
  const { app, apollo } = await createHttp({ schema, rooms, report, bodyBytes: config.limits.bodyBytes });
  const sockets = new WebSockets(app.server, {
    ...{ schema, rooms, report },
    maxPayload: config.limits.bodyBytes,
    sockets: {
      maxBuffered: config.socketBufferBytes,
      pingMs: config.pingMs,
      stalledMs: config.socketStalledMs,
    },
  });
  addOperatorRoutes(app, options, sockets);
  await app.listen({ host: config.host, port: config.port });
  return {
    url: urlOf(app, config.host),
    close: async () => {
      const closed = app.close();
      // A kept-alive connection that was busy when the port was closed is idle only once it is answered.
      const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
      const late = setTimeout(() => app.server.closeAllConnections(), config.drainMs);
      await sockets.close(config.drainMs);
      await closed;
      clearInterval(idle);
      clearTimeout(late);
      await apollo.stop();
    },
  };
}

function addOperatorRoutes(
  app: FastifyInstance,
  { metrics, vitals }: ServerOptions,
  sockets: WebSockets,
): void {
  metrics.observe(vitals, sockets);
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = await checkReadiness(vitals);
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/metrics', async (_request, reply) => {
    const { body, contentType } = await metrics.text();
    return reply.type(contentType).send(body);
  });
}

function urlOf(app: FastifyInstance, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
