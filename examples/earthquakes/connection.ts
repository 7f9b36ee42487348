/**
 * One connection to a hub: GraphQL over WebSocket, as graphql-ws speaks it. Nothing in this file is Tidemark's own; any
 * client of the graphql-transport-ws protocol does as well.
 *
 * A connection that is lost stays lost. Whoever uses it opens another one and decides what to send again: a producer the
 * same call with the same ids, a consumer its subscription. Both are safe, and a client that repeats things by itself
 * would only hide that from the reader.
 */
import type { GraphQLFormattedError } from 'graphql';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Without an answer for so long, in milliseconds, the connection counts as lost: half-open ones never say so. */
const ANSWER_MS = 10_000;

/** The hub refused; `retryable` says whether the same call can succeed later (the database was away, too much waited). */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly retryable: boolean;

  constructor([first]: readonly GraphQLFormattedError[]) {
    super(`${String(first?.extensions?.code)}: ${first?.message ?? 'no reason given'}`);
    this.retryable = first?.extensions?.retryable === true;
  }
}

/** The connection broke, or could not be made. Whether the hub acted on the last call is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** Whether trying again makes sense: everything but a refusal that would only be repeated. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionLost || (error instanceof Refused && error.retryable);

export class Connection {
  readonly #client: Client;
  #socket: WebSocket | null = null;

  /** @param url the hub's, as `http://host:port` */
  constructor(url: string) {
    this.#client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      // One socket that stays open between calls, and no retries: see above.
      lazy: false,
      retryAttempts: 0,
      // Every call on a lost connection hears of it; there is nobody else to tell.
      onNonLazyError: () => undefined,
      on: { opened: (socket) => (this.#socket = socket as WebSocket) },
    });
  }

  /** Sends a query or a mutation; answers its data. @throws Refused, ConnectionLost */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<Result<T>>((resolve, reject) => {
      const lost = (why: string): void => reject(new ConnectionLost(why));
      timer = setTimeout(() => lost(`no answer within ${ANSWER_MS / 1_000} s`), ANSWER_MS);
      this.#client.subscribe<T>(
        { query, variables },
        {
          next: resolve,
          error: (error) => reject(asError(error)),
          complete: () => lost('closed before the answer came'),
        },
      );
    });
    return dataOf(await answer.finally(() => clearTimeout(timer)));
  }

  /** Subscribes; gives each message's data as it comes. @throws Refused, ConnectionLost */
  async *follow<T>(query: string, variables: Record<string, unknown>): AsyncGenerator<T, void, void> {
    try {
      for await (const result of this.#client.iterate<T>({ query, variables })) yield dataOf(result);
    } catch (error) {
      throw asError(error);
    }
  }

  /** Says goodbye and closes. */
  async close(): Promise<void> {
    await Promise.resolve(this.#client.dispose()).catch(() => undefined);
  }

  /** Ends the connection as a crash or a pulled cable does: at once, no goodbye. */
  cut(): void {
    this.#socket?.terminate();
  }
}

/** One message of an operation, as GraphQL has it. */
interface Result<T> {
  readonly data?: T | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
}

function dataOf<T>({ data, errors }: Result<T>): T {
  if (errors || !data) throw new Refused(errors ?? []);
  return data;
}

/** graphql-ws reports refusals as GraphQL's list of errors, and broken sockets as the events that told of them. */
function asError(error: unknown): Error {
  if (error instanceof Refused) return error;
  if (Array.isArray(error)) return new Refused(error as GraphQLFormattedError[]);
  const { code, message } = error as { code?: number; message?: string };
  return new ConnectionLost(message ?? `the socket closed with ${code ?? 'no code'}`);
}
