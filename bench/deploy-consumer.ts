import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';

const SUBSCRIPTION = `subscription ($consumer: ID!, $filter: ChangeFilter!) {
  changes(consumer: $consumer, filter: $filter, startAt: LATEST) { cursor session changes { after } } }`;
const ACKNOWLEDGE = `mutation ($consumer: ID!, $cursor: Cursor!, $session: ID) {
  acknowledge(consumer: $consumer, cursor: $cursor, session: $session) { lag } }`;

/** What the changes of the bench hold: the number within its collection, from 1, and when it was sent. */
export interface Numbered {
  readonly n: number;
  readonly sentAt: number;
}

interface Batch {
  readonly cursor: string;
  readonly session: string;
  readonly changes: readonly { readonly after: Numbered }[];
}

/** A durable consumer of one collection, as graphql-ws makes it: it connects again by itself, after the library's own wait. */
export class DeployConsumer {
  /** Milliseconds from the end of a connection to the first batch of the next session, one a move. */
  readonly moves: number[] = [];
  /** Milliseconds from publish to receipt, of changes that came for the first time. */
  readonly latencies: number[] = [];
  readonly closeCodes: number[] = [];
  received = 0;
  again = 0;
  skipped = 0;
  error: unknown = null;
  readonly #client: Client;
  #session = '';
  #leftAt: number | null = performance.now();
  #acknowledging = false;
  #waiting: Batch | null = null;

  /** @param url where the next connection goes */
  constructor(
    readonly name: string,
    collection: string,
    url: () => string,
  ) {
    this.#client = createClient({
      url: () => `${url().replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      on: { closed: (event) => this.#closed((event as { code: number }).code) },
    });
    const variables = { consumer: name, filter: { collections: [collection] } };
    this.#client.subscribe<{ changes: Batch }>(
      { query: SUBSCRIPTION, variables },
      {
        next: ({ data }) => data && this.#take(data.changes),
        error: (error) => (this.error = error),
        complete: () => undefined,
      },
    );
  }

  /** Whether it has a session. */
  get connected(): boolean {
    return this.#leftAt === null;
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }

  #closed(code: number): void {
    this.closeCodes.push(code);
    this.#leftAt ??= performance.now();
    this.#acknowledging = false;
    this.#waiting = null;
  }

  #take(batch: Batch): void {
    const now = performance.now();
    if (batch.session !== this.#session) {
      if (this.#session !== '' && this.#leftAt !== null) this.moves.push(now - this.#leftAt);
      this.#session = batch.session;
      this.#leftAt = null;
    }
    for (const { after } of batch.changes) {
      if (after.n <= this.received) this.again += 1;
      else {
        this.skipped += after.n - this.received - 1;
        this.received = after.n;
        this.latencies.push(now - after.sentAt);
      }
    }
    if (batch.changes.length === 0) return;
    this.#waiting = batch;
    this.#acknowledge();
  }

  /** One acknowledgement at a time, of the newest batch. What is refused, since its session is over, comes again. */
  #acknowledge(): void {
    if (this.#acknowledging || this.#waiting === null) return;
    const { cursor, session } = this.#waiting;
    this.#waiting = null;
    this.#acknowledging = true;
    const over = (): void => {
      this.#acknowledging = false;
      this.#acknowledge();
    };
    this.#client.subscribe(
      { query: ACKNOWLEDGE, variables: { consumer: this.name, cursor, session } },
      { next: () => undefined, error: over, complete: over },
    );
  }
}
