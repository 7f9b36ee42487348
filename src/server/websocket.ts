import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSourceEventStream, execute, GraphQLError } from 'graphql';
import type { ExecutionArgs, FormattedExecutionResult, GraphQLSchema } from 'graphql';
import { handleProtocols, makeServer } from 'graphql-ws';
import type { Server as GraphQLServer, SubscribePayload } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { checkVariables, Operations, toUserError } from '../api/api.js';
import type { Context, ReportDefect, Rooms } from '../api/api.js';
import { HubError } from '../model/errors.js';
import { Running } from './running.js';
import { BoundedSocket } from './socket.js';
import type { SocketOptions } from './socket.js';

export interface WebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly rooms: Rooms;
  readonly report: ReportDefect;
  /** Bytes of one message at most. */
  readonly maxPayload: number;
  readonly sockets: Omit<SocketOptions, 'onStalled'>;
}

/** WebSocket close codes. Source: RFC 6455, section 7.4.1, and graphql-ws' CloseCode. */
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 4500;

interface Extra {
  readonly bounded: BoundedSocket;
}

/** GraphQL over WebSocket (graphql-transport-ws) on the HTTP server's own port, at /graphql. */
export class WebSockets {
  readonly #server: WebSocketServer;
  readonly #protocol: GraphQLServer<Extra>;
  readonly #running = new Running();
  readonly #open = new Set<BoundedSocket>();
  #stalled = 0;
  #closing = false;

  constructor(
    http: Server,
    readonly options: WebSocketOptions,
  ) {
    this.#server = new WebSocketServer({ noServer: true, maxPayload: options.maxPayload, handleProtocols });
    this.#protocol = makeServer(protocolOptions(options, this.#running));
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (new URL(request.url ?? '/', 'http://hub').pathname !== '/graphql') {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (opened) => this.#opened(opened));
    });
  }

  /** Open sockets. */
  get size(): number {
    return this.#open.size;
  }

  /** Sockets that were closed because nobody read them. */
  get stalled(): number {
    return this.#stalled;
  }

  /** The most bytes that wait in any one socket now. */
  get mostBuffered(): number {
    let most = 0;
    for (const { buffered } of this.#open) most = Math.max(most, buffered);
    return most;
  }

  /**
   * Begins no further operation, lets those that are under way answer, tells every client that the hub goes away, and waits
   * until they are gone; each `graceMs` at most.
   */
  async close(graceMs: number): Promise<void> {
    // A client that never stops asking must not keep the hub, and every other client, from moving on.
    this.#closing = true;
    await this.#running.settled(graceMs);
    const clients = [...this.#server.clients];
    const gone = clients.map(
      (client) => new Promise<void>((resolve) => client.once('close', () => resolve())),
    );
    for (const client of clients) client.close(GOING_AWAY, 'The hub is shutting down; connect again.');
    const timer = setTimeout(() => clients.forEach((client) => client.terminate()), graceMs);
    await Promise.all(gone);
    clearTimeout(timer);
    this.#server.close();
  }

  #opened(socket: WebSocket): void {
    const { sockets, report } = this.options;
    const bounded = new BoundedSocket(socket, { ...sockets, onStalled: () => (this.#stalled += 1) });
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
      { bounded },
    );
    // A frame that breaks the protocol, or a connection that breaks: ws closes the socket itself.
    socket.on('error', () => undefined);
    socket.once('close', (code, reason) => {
      this.#open.delete(bounded);
      closed(code, reason.toString()).catch(fail);
    });
  }
}

/**
 * A subscription that was refused before it began. Thrown out of the iteration it becomes an error message, which ends the
 * operation; thrown any earlier it would end the socket and everything else on it.
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
  { schema, rooms, report }: WebSocketOptions,
  running: Running,
): Parameters<typeof makeServer<never, Extra>>[0] {
  const operations = new Operations(schema);
  const plain = (errors: readonly GraphQLError[]): ReturnType<GraphQLError['toJSON']>[] =>
    errors.map((error) => toUserError(error, report).toJSON());
  return {
    onSubscribe: (context, id, payload) => {
      const prepared = operations.prepare(payload.query, payload.operationName ?? null);
      if ('errors' in prepared) return prepared.errors;
      try {
        checkVariables(payload.variables ?? {});
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
      };
      const contextValue: Context = { rooms, subscription };
      return { schema, document, contextValue, ...namesOf(payload) };
    },
    execute: (args) => running.track(() => execute(args)),
    subscribe: async (args) => {
      const stream = await createSourceEventStream(args);
      if (Symbol.asyncIterator in stream) return stream as AsyncIterableIterator<never>;
      return refused(stream.errors?.[0] ?? new Error('A subscription neither began nor was refused.'));
    },
    onNext: (_context, _id, _payload, _args, result) =>
      result.errors ? ({ ...result, errors: plain(result.errors) } as FormattedExecutionResult) : undefined,
    onError: (_context, _id, _payload, errors) => plain(errors),
  };
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
