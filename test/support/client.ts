import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { eventually } from './wait.js';

/** An answer as GraphQL over HTTP gives it. */
export interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly GraphQLFailure[];
}

export interface GraphQLFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Sends one operation over HTTP; answers whatever comes, errors too. */
export async function post<T>(url: string, query: string, variables: object = {}): Promise<Answer<T>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer<T>;
}

/** Sends one operation over HTTP; answers its data and throws where there are errors. */
export async function ask<T>(url: string, query: string, variables: object = {}): Promise<T> {
  const { data, errors } = await post<T>(url, query, variables);
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data;
}

/** A subscription as the test sees it: everything that came, and how it ended. */
export class TestSubscription<T> {
  readonly messages: T[] = [];
  errors: readonly GraphQLFailure[] | null = null;
  completed = false;

  constructor(
    readonly client: Client,
    query: string,
    variables: Record<string, unknown>,
  ) {
    this.unsubscribe = client.subscribe<T>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (data) this.messages.push(data);
          if (errors) this.errors = errors;
        },
        error: (failure) => {
          this.errors = Array.isArray(failure)
            ? (failure as GraphQLFailure[])
            : [{ message: String(failure) }];
        },
        complete: () => {
          this.completed = true;
        },
      },
    );
  }

  readonly unsubscribe: () => void;

  /** Waits until at least `count` messages came; answers them. */
  async received(count: number): Promise<readonly T[]> {
    await eventually(() => this.messages.length >= count || this.errors, { what: `${count} messages` });
    if (this.errors) throw new Error(JSON.stringify(this.errors));
    return this.messages;
  }

  /** Waits until the subscription failed; answers the first error. */
  async failure(): Promise<GraphQLFailure> {
    const errors = await eventually(() => this.errors, { what: 'an error' });
    return errors[0] ?? { message: 'an error without content' };
  }

  /** Closes the socket as well. */
  async close(): Promise<void> {
    this.unsubscribe();
    await this.client.dispose();
  }
}

/** Opens a socket of its own and subscribes; it does not connect again by itself. */
export function subscribe<T>(url: string, query: string, variables: object = {}): TestSubscription<T> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
  });
  return new TestSubscription<T>(client, query, variables as Record<string, unknown>);
}
