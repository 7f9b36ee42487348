import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import { freePort } from './free-port.js';
import { reset, TcpPipe } from './tcp-pipe.js';

export interface ProxyTarget {
  host?: string;
  port: number;
}

export type Direction = 'toTarget' | 'toClient' | 'both';

interface Link {
  client: Socket;
  upstream: Socket;
  toTarget: TcpPipe;
  toClient: TcpPipe;
  /** The first words of the client. */
  opening: Buffer;
}

const OPENING_BYTES = 4 * 1024;

/** A link to a server that a test can cut, halt and slow, without the server or its client knowing. */
export class TcpProxy {
  readonly port: number;
  /** Bytes passed on since the start, over all connections. */
  readonly bytes = { toTarget: 0, toClient: 0 };
  readonly #target: Required<ProxyTarget>;
  readonly #links = new Set<Link>();
  readonly #stalled = { toTarget: false, toClient: false };
  #swallowsAnswersTo: Buffer | null = null;
  #server: Server | undefined;
  #delayMs = 0;
  #accepted = 0;
  #drops: ((chunk: Buffer) => boolean) | null = null;
  #dropped = 0;

  constructor(target: ProxyTarget, port: number) {
    this.#target = { host: '127.0.0.1', ...target };
    this.port = port;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Connections taken since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes that stand in the proxy now, over all connections. */
  get held(): number {
    return [...this.#links].reduce((sum, link) => sum + link.toTarget.held + link.toClient.held, 0);
  }

  /** Chunks from the target that were lost on purpose since the start. */
  get dropped(): number {
    return [...this.#links].reduce((sum, link) => sum + link.toClient.dropped, this.#dropped);
  }

  /**
   * Loses chunks from the target that `choose` picks, and tells nobody; null: none. What is lost should be whole messages,
   * or the stream makes no sense any more.
   */
  drop(choose: ((chunk: Buffer) => boolean) | null): void {
    this.#drops = choose;
    for (const { toClient } of this.#links) toClient.drops = choose;
  }

  /**
   * Breaks every open connection; new ones may follow at once. `reset` is how a crash or a router shows (an
   * ECONNRESET on both sides), `end` how an orderly close does.
   */
  cut(how: 'reset' | 'end' = 'reset'): void {
    for (const { client, upstream } of this.#links) {
      for (const socket of [client, upstream]) {
        if (how === 'reset') reset(socket);
        else socket.destroy();
      }
    }
  }

  /** Stops passing bytes one way or both; the sockets stay open, and new connections are taken but mute. */
  stall(direction: Direction = 'both'): void {
    this.#setStalled(direction, true);
  }

  /** Halts the link both ways. */
  pause(): void {
    this.stall('both');
  }

  /** Passes bytes again both ways, beginning with those held back. */
  resume(): void {
    this.#setStalled('both', false);
  }

  /**
   * Throws away all that the target sends on connections whose client has sent `request` among its first words, on open
   * ones and on new ones; null spares connections to come. What was thrown away stays lost, and so does such a connection.
   */
  swallowAnswersTo(request: string | null): void {
    this.#swallowsAnswersTo = request === null ? null : Buffer.from(request);
    for (const link of this.#links) this.#swallow(link);
  }

  /** Adds a delay each way to the bytes read from now on. */
  delay(ms: number): void {
    this.#delayMs = ms;
    for (const { toTarget, toClient } of this.#links) {
      toTarget.delayMs = ms;
      toClient.delayMs = ms;
    }
  }

  /** Lets new connections fail as if no server were there, or takes them again; open ones are left alone. */
  async refuse(on: boolean): Promise<void> {
    if (!on) return this.listen();
    // Not awaiting its close, which comes only when the connections that it took have ended.
    this.#server?.close();
    this.#server = undefined;
  }

  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen({ host: '127.0.0.1', port: this.port });
    await once(server, 'listening');
    this.#server = server;
  }

  /** Ends the connections and stops listening. */
  async dispose(): Promise<void> {
    await this.refuse(true);
    const closed = [...this.#links].flatMap(({ client, upstream }) =>
      [client, upstream].filter((socket) => !socket.closed).map((socket) => once(socket, 'close')),
    );
    this.cut('end');
    await Promise.all(closed);
  }

  #setStalled(direction: Direction, stalled: boolean): void {
    for (const way of ['toTarget', 'toClient'] as const) {
      if (direction !== 'both' && direction !== way) continue;
      this.#stalled[way] = stalled;
      for (const link of this.#links) link[way].stalled = stalled;
    }
  }

  #swallow(link: Link): void {
    const request = this.#swallowsAnswersTo;
    if (request !== null && link.opening.includes(request)) link.toClient.drops = () => true;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const upstream = connect({ ...this.#target, allowHalfOpen: true });
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    const pipe = (from: Socket, to: Socket, way: 'toTarget' | 'toClient'): TcpPipe =>
      new TcpPipe(from, to, { delayMs: this.#delayMs, stalled: this.#stalled[way] }, (count) => {
        this.bytes[way] += count;
      });
    const link: Link = {
      client,
      upstream,
      toTarget: pipe(client, upstream, 'toTarget'),
      toClient: pipe(upstream, client, 'toClient'),
      opening: Buffer.alloc(0),
    };
    link.toClient.drops = this.#drops;
    this.#links.add(link);
    client.on('data', (chunk: Buffer) => {
      if (link.opening.length >= OPENING_BYTES) return;
      link.opening = Buffer.concat([link.opening, chunk]);
      this.#swallow(link);
    });
    const forget = (): void => {
      if (!client.destroyed || !upstream.destroyed || !this.#links.delete(link)) return;
      this.#dropped += link.toClient.dropped;
    };
    client.once('close', forget);
    upstream.once('close', forget);
  }
}

/** A proxy on a free loopback port in front of `target`. */
export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const proxy = new TcpProxy(target, await freePort());
  await proxy.listen();
  return proxy;
}
