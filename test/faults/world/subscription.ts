import { WebSocket } from 'ws';
import type { BatchEntry, EndedEntry } from '../history.js';

const CHANGES = `subscription (
  $consumer: ID, $startAt: StartAt, $cursor: Cursor, $filter: ChangeFilter, $batchSize: Int!, $maxInFlight: Int!
) {
  changes(consumer: $consumer, startAt: $startAt, cursor: $cursor, filter: $filter, batchSize: $batchSize,
    maxInFlight: $maxInFlight) {
    cursor head session attempt
    changes { cursor sourceId collection key operation version before after changedFields scope source recordedAt }
  }
}`;

/** What a batch brings. */
export type Batch = Pick<BatchEntry, 'cursor' | 'head' | 'attempt' | 'changes'> & {
  readonly session: string | null;
};
/** How a subscription ended. */
export type End = Pick<EndedEntry, 'by' | 'code' | 'closeCode' | 'reason'>;

interface Frame {
  readonly type: string;
  readonly payload?: unknown;
}

interface Failure {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

export interface SubscriptionOptions {
  readonly url: string;
  readonly variables: object;
  /** The operation is about to be sent. */
  readonly onSent: () => void;
  readonly onBatch: (batch: Batch) => void;
  /** Nothing comes any more. Told once; also where the operation was never sent. */
  readonly onEnded: (end: End, sent: boolean) => void;
}

/** A socket that is not greeted by then is given up; one that is silent for as long, pings and all, is dead. */
const SILENCE_MS = 5_000;
const PING_MS = 1_500;

/**
 * One subscription on a socket of its own, as a careful client keeps it: it pings, gives up a socket that is silent, and can
 * also break off, and stop reading. It never connects again by itself.
 */
export class Subscription {
  readonly #socket: WebSocket;
  readonly #pinger: NodeJS.Timeout;
  #lastHeard = performance.now();
  #reading = true;
  #sent = false;
  #ended = false;

  constructor(readonly options: SubscriptionOptions) {
    const socket = new WebSocket(`${options.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      handshakeTimeout: SILENCE_MS,
    });
    this.#socket = socket;
    socket.on('open', () => this.#send({ type: 'connection_init' }));
    socket.on('message', (data: Buffer) => this.#heard(JSON.parse(data.toString()) as Frame));
    socket.on('pong', () => {
      this.#lastHeard = performance.now();
    });
    socket.on('ping', () => {
      this.#lastHeard = performance.now();
    });
    // It closes as well, and that is what ends the subscription.
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) =>
      this.#end({ by: 'socket', code: null, closeCode: code, reason: reason.toString() }),
    );
    this.#pinger = setInterval(() => this.#ping(), PING_MS);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Ends it in order. */
  close(): void {
    this.#send({ id: '1', type: 'complete' });
    this.#end({ by: 'consumer', code: null, closeCode: null, reason: 'closed' });
    this.#socket.close(1000);
    // The hub may be too far gone to answer the close.
    setTimeout(() => this.#socket.terminate(), SILENCE_MS).unref();
  }

  /** The consumer's process is gone: no word is said. */
  crash(): void {
    this.#end({ by: 'consumer', code: null, closeCode: null, reason: 'crashed' });
    this.#socket.terminate();
  }

  /** Stops reading from the socket, or goes on. */
  read(on: boolean): void {
    if (this.#ended) return;
    this.#reading = on;
    this.#lastHeard = performance.now();
    if (on) this.#socket.resume();
    else this.#socket.pause();
  }

  #ping(): void {
    if (!this.#reading) return;
    if (performance.now() - this.#lastHeard > SILENCE_MS) {
      this.#end({ by: 'socket', code: null, closeCode: null, reason: 'silent' });
      this.#socket.terminate();
    } else if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.ping();
    }
  }

  #heard(frame: Frame): void {
    if (this.#ended) return;
    this.#lastHeard = performance.now();
    if (frame.type === 'connection_ack') {
      this.options.onSent();
      this.#sent = true;
      this.#send({
        id: '1',
        type: 'subscribe',
        payload: { query: CHANGES, variables: this.options.variables },
      });
    } else if (frame.type === 'next') {
      this.#next(frame.payload as { data?: { changes: Batch } | null; errors?: readonly Failure[] });
    } else if (frame.type === 'error') {
      this.#failed(frame.payload as readonly Failure[]);
    } else if (frame.type === 'complete') {
      this.#over({ by: 'hub', code: null, closeCode: null, reason: 'complete' });
    } else if (frame.type === 'ping') {
      this.#send({ type: 'pong' });
    }
  }

  #next({ data, errors }: { data?: { changes: Batch } | null; errors?: readonly Failure[] }): void {
    if (data) this.options.onBatch(data.changes);
    else this.#failed(errors ?? []);
  }

  #failed([failure]: readonly Failure[]): void {
    const code = failure?.extensions?.code ?? null;
    this.#over({ by: 'hub', code, closeCode: null, reason: failure?.message ?? 'an error without content' });
  }

  #over(end: End): void {
    this.#end(end);
    this.#socket.terminate();
  }

  #end(end: End): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#pinger);
    this.options.onEnded(end, this.#sent);
  }

  #send(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
