/**
 * A source that publishes to a hub and never loses or doubles a change.
 *
 * The whole art is in the ids. Each change gets one where it arises, before it is sent for the first time; whenever the
 * answer stays away, the producer sends the same call again, as often as it takes. The hub records an id once and answers
 * DUPLICATE to every repeat, so a producer needs no memory of what got through.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, ConnectionLost, isPassing } from './connection.js';

const PUBLISH = `mutation ($source: String!, $changes: [ChangeInput!]!) {
  publish(source: $source, changes: $changes) { results { outcome } }
}`;

/** First wait before a call is sent again, in milliseconds; it doubles with each attempt. */
const RETRY_MS = 100;
/** Attempts after which the producer gives up and says so. */
const ATTEMPTS = 8;

/** What goes into `publish`: the newest state of one entity. */
export interface ChangeInput {
  readonly collection: string;
  readonly key: string;
  readonly write: 'UPSERT';
  readonly data: Record<string, unknown>;
  /** Names this change among all of the source, for ever. */
  readonly sourceId: string;
  readonly occurredAt?: string;
}

export type Outcome = 'APPLIED' | 'UNCHANGED' | 'DUPLICATE' | 'CONFLICT' | 'ABORTED';

interface PublishData {
  readonly publish: { readonly results: readonly { readonly outcome: Outcome }[] };
}

export class Producer {
  /** How often the hub answered what. */
  readonly outcomes = new Map<Outcome, number>();
  #connection: Connection | null = null;

  /** @param signal ends waiting and retrying */
  constructor(
    readonly url: string,
    readonly source: string,
    readonly signal: AbortSignal,
  ) {}

  /**
   * Publishes changes in the order given. When it answers, all of them are on the hub's disk.
   * @throws Refused where the hub will not take them, ConnectionLost after the last attempt
   */
  async publish(changes: readonly ChangeInput[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#connection ??= new Connection(this.url);
        const variables = { source: this.source, changes };
        const { publish } = await this.#connection.ask<PublishData>(PUBLISH, variables);
        for (const { outcome } of publish.results) this.#count(outcome);
        return;
      } catch (error) {
        this.signal.throwIfAborted();
        if (!isPassing(error) || attempt === ATTEMPTS) throw error;
        // Perhaps the hub recorded the call and only its answer was lost: the same ids make the repeat harmless.
        if (error instanceof ConnectionLost) await this.close();
        await sleep(RETRY_MS * 2 ** (attempt - 1), undefined, { signal: this.signal });
      }
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }

  #count(outcome: Outcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
