/**
 * A durable consumer: processes every change that its filter lets through, in order, whatever breaks in between.
 *
 *   subscribe ──▶ batch ──▶ process ──▶ acknowledge ──▶ next batch …
 *       ▲                                    │
 *       └────────── wait, connect again ◀────┘  whenever the connection is lost
 *
 * The hub keeps the consumer's place under its name, so nothing about it has to be stored here: to resume is to subscribe
 * again. What was processed but not yet acknowledged when the connection broke comes a second time; the cursors of those
 * few changes tell the repeats.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, isPassing } from './connection.js';

const CHANGES = `subscription ($consumer: ID!, $filter: ChangeFilter) {
  changes(consumer: $consumer, startAt: EARLIEST, filter: $filter) {
    cursor
    changes { cursor sourceId collection key operation after }
  }
}`;

const ACKNOWLEDGE = `mutation ($consumer: ID!, $cursor: Cursor!) {
  acknowledge(consumer: $consumer, cursor: $cursor) { cursor }
}`;

/** The longest wait before the next attempt to connect, in milliseconds. */
const LONGEST_WAIT_MS = 10_000;

export interface Change {
  readonly cursor: string;
  readonly sourceId: string;
  readonly collection: string;
  readonly key: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The entity now; null when it was deleted. */
  readonly after: Record<string, unknown> | null;
}

interface BatchData {
  readonly changes: { readonly cursor: string; readonly changes: readonly Change[] };
}

export interface ConsumerOptions {
  readonly url: string;
  /** The hub keeps a place per name; one session at a time may use it. */
  readonly name: string;
  /** A ChangeFilter of the hub's API; absent: everything. */
  readonly filter?: Record<string, unknown>;
  /** First wait before connecting again, in milliseconds; it doubles while the hub stays away. */
  readonly reconnectMs: number;
  /** The work itself. What throws here is not acknowledged, and ends the consumer. */
  readonly process: (change: Change) => void;
  /** For those who watch: nothing below depends on it. */
  readonly watch?: ConsumerWatch;
}

export interface ConsumerWatch {
  /** A session is live: its first batch came. */
  began(): void;
  received(changes: readonly Change[]): void;
  /** So many changes more are acknowledged, durably. */
  acknowledged(changes: number): void;
}

export class Consumer {
  /** Cursors of changes that are processed and not acknowledged: only these can come again. */
  readonly #unacknowledged = new Set<string>();
  #connection: Connection | null = null;

  constructor(readonly options: ConsumerOptions) {}

  /**
   * Consumes until the signal says stop.
   * @throws Refused where trying again is no use, as after another process took over under the same name
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => void this.#connection?.close();
    signal.addEventListener('abort', stop);
    try {
      for (let failures = 0; !signal.aborted; failures += 1) {
        await this.#session(() => (failures = 0)).catch((error: unknown) => {
          if (!isPassing(error)) throw error;
        });
        await pause(Math.min(this.options.reconnectMs * 2 ** failures, LONGEST_WAIT_MS), signal);
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Loses the connection as in a crash, to see what happens. */
  cut(): void {
    this.#connection?.cut();
  }

  /** One subscription, from connecting until it breaks. */
  async #session(onLive: () => void): Promise<void> {
    const { url, name, filter, watch } = this.options;
    const connection = new Connection(url);
    this.#connection = connection;
    try {
      let live = false;
      for await (const { changes: batch } of connection.follow<BatchData>(CHANGES, {
        consumer: name,
        filter,
      })) {
        // The first batch is empty and comes at once: the hub has found our place.
        if (!live) {
          live = true;
          onLive();
          watch?.began();
        }
        watch?.received(batch.changes);
        this.#process(batch.changes);
        // Only now: acknowledging first would lose the batch if we crashed while processing. Also where the batch is
        // empty, as then it moves our place over changes that the filter left out.
        await connection.ask(ACKNOWLEDGE, { consumer: name, cursor: batch.cursor });
        watch?.acknowledged(this.#forgetThrough(batch.changes.at(-1)));
      }
    } finally {
      await connection.close();
    }
  }

  #process(changes: readonly Change[]): void {
    for (const change of changes) {
      // A repeat, after a reconnect. A program that may restart keeps these cursors beside what it writes, in one
      // transaction with it; here they live as long as the copy they belong to.
      if (this.#unacknowledged.has(change.cursor)) continue;
      this.options.process(change);
      this.#unacknowledged.add(change.cursor);
    }
  }

  /** Everything up to this change is acknowledged and cannot come again; answers how many changes that are. */
  #forgetThrough(last: Change | undefined): number {
    const before = this.#unacknowledged.size;
    if (last) {
      // They are in log order, as they were processed. Later ones stay: after a reconnect the hub may cut its batches
      // otherwise, and has yet to send them again.
      for (const cursor of this.#unacknowledged) {
        this.#unacknowledged.delete(cursor);
        if (cursor === last.cursor) break;
      }
    }
    return before - this.#unacknowledged.size;
  }
}

/** Waits, or until the signal says stop. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
