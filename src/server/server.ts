/**
 * The server: one port for GraphQL over HTTP and over WebSocket, health, metrics and the playground.
 *
 * Stopping: no new connection is accepted; accepted requests are answered; WebSockets are closed with 1001; then the port is
 * closed.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createSchema } from '../api/api.js';
import type { ReportDefect, Rooms } from '../api/api.js';
import type { Config } from '../config/config.js';
import type { Timers } from '../model/clock.js';
import type { Notes } from '../model/notes.js';
import { checkReadiness } from './health.js';
import { createHttp } from './http.js';
import type { Metrics } from './metrics.js';
import { counting } from './tell.js';
import type { Vitals } from './vitals.js';
import { WebSockets } from './websocket.js';

export { Metrics } from './metrics.js';
export type { Vitals } from './vitals.js';

/** Interval at which idle connections are closed while the server stops, in milliseconds. */
const IDLE_CHECK_MS = 20;

export interface ServerOptions {
  readonly config: Config;
  readonly rooms: Rooms;
  readonly metrics: Metrics;
  readonly report: ReportDefect;
  readonly notes: Notes;
  /** The state that /readyz and /metrics report. */
  readonly vitals: Vitals;
  readonly timers: Timers;
}

export interface HubServer {
  /** `http://host:port` that the server listens on. */
  readonly url: string;
  /** Stops gracefully; see above. */
  close(): Promise<void>;
}

/**
 * Opens the port.
 * @throws Error where it is in use
 */
export async function startServer(options: ServerOptions): Promise<HubServer> {
  const { config, rooms, report, timers, metrics, notes } = options;
  const schema = createSchema();
  const tell = counting(schema, report, (code, operation) => metrics.refused(code, operation));
  const { app, apollo, gate } = await createHttp({
    ...{ schema, rooms, tell, bodyBytes: config.limits.bodyBytes },
    allowedOrigins: config.allowedOrigins ?? [],
  });
  const sockets = new WebSockets(app.server, {
    schema,
    rooms,
    report,
    tell,
    notes,
    timers,
    gate,
    maxPayload: config.limits.bodyBytes,
    sockets: config.sockets,
  });
  addOperatorRoutes(app, options, sockets);
  await app.listen({ host: config.host, port: config.port });
  return {
    url: urlOf(app, config.host),
    close: async () => {
      const closed = app.close();
      // A kept-alive connection that was busy when the port was closed becomes idle when its request is answered.
      const stopIdle = timers.every(IDLE_CHECK_MS, () => app.server.closeIdleConnections());
      const stopLate = timers.after(config.drainMs, () => app.server.closeAllConnections());
      await sockets.close(config.drainMs);
      await closed;
      stopIdle();
      stopLate();
      await apollo.stop();
    },
  };
}

function addOperatorRoutes(
  app: FastifyInstance,
  { metrics, vitals, timers }: ServerOptions,
  sockets: WebSockets,
): void {
  metrics.observe(vitals, sockets);
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const readiness = await checkReadiness(vitals, timers);
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
