import { once } from 'node:events';
import { connect } from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import { WebSocket } from 'ws';
import { eventually } from '../../support/wait.js';
import type { Answer, GraphQLFailure } from '../../support/client.js';

/** A message of graphql-transport-ws as it came. */
export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A WebSocket without a protocol library over it: what a test needs to see frames, close codes, and to misbehave. */
export class RawSocket {
  readonly frames: Frame[] = [];
  closed: { readonly code: number; readonly reason: string } | null = null;

  private constructor(
    readonly socket: WebSocket,
    readonly connection: Socket,
  ) {
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as Frame));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    // A socket that the hub breaks off reports it here and closes; the test looks at the close.
    socket.on('error', () => undefined);
  }

  static async open(
    url: string,
    protocols: string | string[] = 'graphql-transport-ws',
    path = '/graphql',
  ): Promise<RawSocket> {
    const connections: Socket[] = [];
    const createConnection = (options: NetConnectOpts): Socket => {
      const connection = connect(options);
      connections.push(connection);
      return connection;
    };
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, {
      createConnection: createConnection as typeof connect,
    });
    const [connection] = connections;
    if (!connection) throw new Error('The WebSocket opened no connection.');
    const raw = new RawSocket(socket, connection);
    await once(raw.socket, 'open');
    return raw;
  }

  /** Opens a socket and greets, so that operations may follow. */
  static async greeted(url: string): Promise<RawSocket> {
    const raw = await RawSocket.open(url);
    raw.send({ type: 'connection_init' });
    await raw.frame((frame) => frame.type === 'connection_ack');
    return raw;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Waits for the first frame that is as told. @throws Error when the hub closes the socket instead */
  async frame(matches: (frame: Frame) => boolean): Promise<Frame> {
    await eventually(() => this.frames.some(matches) || this.closed, { what: 'a frame' });
    const found = this.frames.find(matches);
    if (!found) throw new Error(`The hub closed the socket instead: ${JSON.stringify(this.closed)}`);
    return found;
  }

  /** Waits until the hub closed the socket; answers how. */
  close(): Promise<{ readonly code: number; readonly reason: string }> {
    return eventually(() => this.closed, { what: 'the socket to be closed' });
  }

  /** Takes nothing more from the connection: what is sent stays in the system's buffers. */
  stopReading(): void {
    this.socket.pause();
  }

  readOn(): void {
    this.socket.resume();
  }

  /** Reads slowly but steadily: what the system hands out at once, every so many milliseconds. Answers how to end it. */
  sip(everyMs: number): () => void {
    const enough = (): void => this.socket.pause();
    this.socket.pause();
    this.connection.on('data', enough);
    const timer = setInterval(() => this.socket.resume(), everyMs);
    return () => {
      clearInterval(timer);
      this.connection.off('data', enough);
      this.socket.resume();
    };
  }

  /** Breaks the connection off. */
  drop(): void {
    this.socket.terminate();
  }
}

/** A request as a client sends it, over HTTP or over a socket. */
export interface GraphQLRequest {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string;
}

/**
 * Sends operations over one socket, which it opens again where the hub closed it. `text` is the payload as JSON text, so
 * that a test can send what JSON.stringify would not write.
 */
export class SocketClient {
  #raw: RawSocket | null = null;
  #last = 0;

  /** Answers what came of an operation: the first result, or the errors that refused it. */
  async ask(url: string, text: string): Promise<Answer<unknown>> {
    if (this.#raw?.closed !== null) this.#raw = await RawSocket.greeted(url);
    const id = String((this.#last += 1));
    this.#raw.send(`{"id":"${id}","type":"subscribe","payload":${text}}`);
    const { type, payload } = await this.#raw.frame((frame) => frame.id === id);
    return type === 'error' ? { errors: payload as readonly GraphQLFailure[] } : (payload as Answer<unknown>);
  }

  close(): void {
    this.#raw?.drop();
  }
}

/** Sends one operation over HTTP, as JSON text, and answers whatever comes. */
export async function askOverHttp(url: string, text: string): Promise<Answer<unknown>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: text,
  });
  return (await response.json()) as Answer<unknown>;
}
