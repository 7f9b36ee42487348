import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web site with one empty page, on a free port of loopback: an origin of its own. */
export class PageServer {
  private constructor(readonly server: Server) {}

  static async start(): Promise<PageServer> {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>Another site</title>');
    });
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new PageServer(server);
  }

  /** `http://127.0.0.1:port`. */
  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
