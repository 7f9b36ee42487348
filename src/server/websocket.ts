import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSourceEventStream, execute, GraphQLError } from 'graphql';
import type { ExecutionArgs, FormattedExecutionResult, GraphQLSchema } from 'graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import type { Server as GraphQLServer, SubscribePayload } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { checkVariables, contextOf, Operations } from '../api/api.js';
import type { ReportDefect, Rooms } from '../api/api.js';
import type { Timers } from '../model/clock.js';
import { HubError } from '../model/errors.js';
import type { Notes } from '../model/notes.js';
import { refusalBody } from './gate.js';
import type { Gate } from './gate.js';
import { Running } from './running.js';
import { BoundedSocket } from './socket.js';
import type { SocketOptions } from './socket.js';
import type { Tell } from './tell.js';

export interface WebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly rooms: Rooms;
  readonly report: ReportDefect;
  readonly tell: Tell;
  readonly notes: Notes;
  /** Size limit of one message, in bytes. */
  readonly maxPayload: number;
  readonly sockets: Omit<SocketOptions, 'onStalled' | 'timers'>;
  readonly timers: Timers;
  readonly gate: Gate;
}

/** WebSocket close codes. Source: RFC 6455, section 7.4.1, and graphql-ws' CloseCode. */
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 4500;
const ALREADY_EXISTS = 4409;

interface Extra {
  readonly bounded: BoundedSocket;
  readonly remoteAddress: string | null;
  /** The ids of operations that are being begun. */
  readonly beginning: Set<string>;
  /** Closes the socket. */
  close(code: number, reason: string): void;
}

/** GraphQL over WebSocket (graphql-transport-ws) on the HTTP server's own port, at /graphql. */
export class WebSockets {
  readonly #server: WebSocketServer;
  readonly #protocol: GraphQLServer<Extra>;
  readonly #running: Running;
  readonly #open = new Set<BoundedSocket>();
  #stalled = 0;
  #closing = false;

  constructor(
    http: Server,
    readonly options: WebSocketOptions,
  ) {
    this.#running = new Running(options.timers);
    this.#server = new WebSocketServer({ noServer: true, maxPayload: options.maxPayload, handleProtocols });
    this.#protocol = makeServer(protocolOptions(options, this.#running));
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const refusal = options.gate.refusalOf(request.headers);
      if (refusal !== null) return refuseUpgrade(socket, '403 Forbidden', refusalBody(refusal));
      if (!isGraphQL(request.url)) return refuseUpgrade(socket, '404 Not Found');
      this.#server.handleUpgrade(request, socket, head, (opened) =>
        this.#opened(opened, request.socket.remoteAddress ?? null),
      );
    });
  }

  /** Open sockets. */
  get size(): number {
    return this.#open.size;
  }

  /** Sockets that were closed because their clients read nothing. */
  get stalled(): number {
    return this.#stalled;
  }

  /** Subscriptions that wait until their socket has room. */
  get waiting(): number {
    let waiting = 0;
    for (const socket of this.#open) waiting += socket.waiting;
    return waiting;
  }

  /** Bytes of the socket that has the most unsent data. */
  get mostBuffered(): number {
    let most = 0;
    for (const { buffered } of this.#open) most = Math.max(most, buffered);
    return most;
  }

  /**
   * Starts no further operation, waits until the running ones have answered, closes every socket with 1001, and waits until
   * they are closed; each wait takes `graceMs` milliseconds at most.
   */
  async close(graceMs: number): Promise<void> {
    // A client that keeps sending requests must not delay the stop.
    this.#closing = true;
    await this.#running.settled(graceMs);
    const clients = [...this.#server.clients];
    const gone = clients.map(
      (client) => new Promise<void>((resolve) => client.once('close', () => resolve())),
    );
    for (const client of clients) client.close(GOING_AWAY, 'The hub is shutting down; connect again.');
    const cancel = this.options.timers.after(graceMs, () => clients.forEach((client) => client.terminate()));
    await Promise.all(gone);
    cancel();
    this.#server.close();
  }

  #opened(socket: WebSocket, remoteAddress: string | null): void {
    const { sockets, timers, report, notes } = this.options;
    const onStalled = (): void => {
      this.#stalled += 1;
      const unsentBytes = bounded.buffered;
      notes.warn({ remoteAddress, unsentBytes }, 'a socket was closed: its client does not read');
    };
    const bounded = new BoundedSocket(socket, { ...sockets, timers, onStalled });
    this.#open.add(bounded);
    const fail = (error: unknown): void => {
      report(error, 'websocket');
      socket.close(INTERNAL_ERROR, 'Internal server error');
    };
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => bounded.send(text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) =>
          socket.on('message', (data: Buffer) => {
            if (!this.#closing) take(data.toString()).catch(fail);
          }),
      },
      { bounded, remoteAddress, beginning: new Set(), close: (code, reason) => socket.close(code, reason) },
    );
    // After a protocol error or a broken connection ws closes the socket itself.
    socket.on('error', () => undefined);
    socket.once('close', (code, reason) => {
      this.#open.delete(bounded);
      closed(code, reason.toString()).catch(fail);
    });
  }
}

/** Answers a handshake without opening a WebSocket, and closes its connection. `body` is JSON. */
function refuseUpgrade(socket: Duplex, status: string, body = ''): void {
  // Node gives an upgraded connection away without a listener: one that the client resets would end the process.
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  const type = body === '' ? '' : 'Content-Type: application/json; charset=utf-8\r\n';
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\n${type}Content-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\n\r\n${body}`);
}

/** Whether the target of a request is /graphql; a target that is no URL, as `//`, is not. */
const isGraphQL = (target = '/'): boolean =>
  URL.canParse(target, 'http://hub') && new URL(target, 'http://hub').pathname === '/graphql';

/**
 * A subscription that was refused before it began. An error thrown by the iteration becomes an error message, which ends the
 * operation; thrown earlier, it would close the socket with all its other operations.
 */
function refused(error: Error): AsyncIterableIterator<never> {
  return {
    next: () => Promise.reject(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function protocolOptions(
  { schema, rooms, tell }: WebSocketOptions,
  running: Running,
): Parameters<typeof makeServer<never, Extra>>[0] {
  const operations = new Operations(schema);
  const begun = new WeakMap<object, () => void>();
  const plain = (errors: readonly GraphQLError[]): ReturnType<GraphQLError['toJSON']>[] =>
    errors.map((error) => tell(error).toJSON());
  return {
    onSubscribe: (context, id, payload) => {
      if (context.extra.beginning.has(id)) return refuseId(context.extra, id);
      const prepared = operations.prepare(payload.query, payload.operationName ?? null);
      if ('errors' in prepared) return prepared.errors;
      try {
        checkVariables(schema, {
          document: prepared.document,
          operationName: payload.operationName ?? null,
          variables: payload.variables ?? {},
        });
      } catch (error) {
        return [asGraphQLError(error)];
      }
      const { document } = prepared;
      const subscription = {
        query: payload.query,
        document,
        operationName: payload.operationName ?? null,
        variables: payload.variables ?? {},
        outlet: context.extra.bounded.outlet(id),
        remoteAddress: context.extra.remoteAddress,
      };
      const contextValue = contextOf(rooms, subscription);
      context.extra.beginning.add(id);
      begun.set(contextValue, () => context.extra.beginning.delete(id));
      return { schema, document, contextValue, ...namesOf(payload) };
    },
    execute: (args) => running.track(() => execute(args)).finally(begun.get(args.contextValue as object)),
    subscribe: (args) => subscribe(args).finally(begun.get(args.contextValue as object)),
    onNext: (_context, _id, _payload, _args, result) =>
      result.errors ? ({ ...result, errors: plain(result.errors) } as FormattedExecutionResult) : undefined,
    onError: (_context, _id, _payload, errors) => plain(errors),
  };
}

async function subscribe(args: ExecutionArgs): Promise<AsyncIterableIterator<never>> {
  const stream = await createSourceEventStream(args);
  if (Symbol.asyncIterator in stream) return stream as AsyncIterableIterator<never>;
  return refused(stream.errors?.[0] ?? new Error('A subscription neither began nor was refused.'));
}

/**
 * An operation was completed before it had begun, and its id is used again: graphql-ws would take the one for the other, and
 * never end one of them.
 */
function refuseId(extra: Extra, id: string): readonly GraphQLError[] {
  const reason = `Subscriber for ${id} already exists`;
  extra.close(ALREADY_EXISTS, reason);
  return [new GraphQLError(reason)];
}

const namesOf = ({
  operationName,
  variables,
}: SubscribePayload): Pick<ExecutionArgs, 'operationName' | 'variableValues'> => ({
  operationName: operationName ?? null,
  variableValues: variables ?? null,
});

const asGraphQLError = (error: unknown): GraphQLError =>
  new GraphQLError(error instanceof HubError ? error.message : String(error), {
    originalError: error instanceof Error ? error : null,
  });
