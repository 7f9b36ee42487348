import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ACKNOWLEDGE, CHANGES } from '../../support/operations.js';
import type { BatchData, ChangeData } from '../../support/operations.js';
import { eventually } from '../../support/wait.js';
import type { SessionRecord } from './consumer.js';

/** Between the attempts of a client that lost its hub, in milliseconds. */
const RETRY_MS = 50;

interface Session extends SessionRecord {
  readonly id: string | null;
  readonly changes: ChangeData[];
}

/**
 * A consumer as people write them: one graphql-ws client, which connects again by itself, to the next hub each time, and
 * subscribes again as it did before; acknowledgements go over the same socket. It keeps everything that it got.
 */
export class LoyalConsumer {
  readonly sessions: Session[] = [];
  /** Why its connections ended, in order. */
  readonly closeCodes: number[] = [];
  error: unknown = null;
  readonly #client: Client;
  #acknowledged: string | null = null;
  #newest: string | null = null;
  #connections: number;

  /** @param first which of the hubs it begins at */
  constructor(
    readonly name: string,
    urls: readonly string[],
    first: number,
  ) {
    this.#connections = first;
    this.#client = createClient({
      url: () => `${(urls[this.#connections++ % urls.length] ?? '').replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: () => sleep(RETRY_MS),
      on: { closed: (event) => this.closeCodes.push((event as { code: number }).code) },
    });
    const variables = { consumer: name, startAt: 'EARLIEST', batchSize: 20, maxInFlight: 100 };
    this.#client.subscribe<{ changes: BatchData }>(
      { query: CHANGES, variables },
      {
        next: ({ data }) => data && this.#take(data.changes),
        error: (error) => (this.error = error),
        complete: () => undefined,
      },
    );
  }

  /** Waits until everything up to `end` is acknowledged. */
  async finished(end: string): Promise<void> {
    await eventually(() => this.#acknowledged === end || this.error, {
      what: `${this.name} to acknowledge the end of the log`,
      timeoutMs: 30_000,
    });
    if (this.error !== null) throw new Error(`${this.name} failed: ${JSON.stringify(this.error)}`);
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }

  #take(batch: BatchData): void {
    let session = this.sessions.at(-1);
    if (session?.id !== batch.session) {
      session = { id: batch.session, changes: [], acknowledgedBefore: this.#acknowledged };
      this.sessions.push(session);
    }
    session.changes.push(...batch.changes);
    this.#newest = batch.cursor;
    this.#acknowledge(batch);
  }

  /** What the hub does not answer, or refuses since the session is over, is as if it had not been sent. */
  #acknowledge({ cursor, session }: BatchData): void {
    this.#client.subscribe<{ acknowledge: { cursor: string } }>(
      { query: ACKNOWLEDGE, variables: { consumer: this.name, cursor, session } },
      {
        next: ({ data }) => {
          if (data && cursor === this.#newest) this.#acknowledged = data.acknowledge.cursor;
        },
        error: () => undefined,
        complete: () => undefined,
      },
    );
  }
}
