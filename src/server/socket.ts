import type { WebSocket } from 'ws';
import type { Outlet } from '../deliver/deliver.js';
import { inParts, Liveness } from './liveness.js';

/** A socket whose buffer is this many times over its limit is not read from either, until it has drained. */
const STOP_READING = 4;
/** Who does not read sees no close frame either: the connection is broken off after this time, in milliseconds. */
const FAREWELL_MS = 1_000;

/** "Try again later", which clients do. Source: IANA's registry of WebSocket close codes. */
const TRY_AGAIN_LATER = 1013;
const STALLED =
  'What was sent is not read; connect again and read it, or ask for less at once (batchSize, maxInFlight).';

export interface SocketOptions {
  /** Bytes that may wait in one socket before its subscriptions pause. */
  readonly maxBuffered: number;
  /** Milliseconds between pings; a socket that answers none by the next, though it had nothing to read, is closed. */
  readonly pingMs: number;
  /** Milliseconds after which a socket of which nothing is read, though there is something to read, is closed. */
  readonly stalledMs: number;
  /** Told when the socket is closed for that. */
  readonly onStalled: () => void;
}

/**
 * One WebSocket with a bound on what waits in it, and an end where nobody reads it. Subscriptions write past graphql-ws,
 * which waits for each of its own sends but knows nothing of theirs; here both count.
 */
export class BoundedSocket {
  readonly #wakes = new Map<string, () => void>();
  readonly #liveness: Liveness;
  #paused = false;

  constructor(
    readonly socket: WebSocket,
    readonly options: SocketOptions,
  ) {
    this.#liveness = new Liveness({
      pingMs: options.pingMs,
      stalledMs: options.stalledMs,
      ping: (mark) => socket.ping(mark),
      onDead: () => socket.terminate(),
      onStalled: () => this.#stalled(),
    });
    socket.on('pong', (data: Buffer) => this.#liveness.pong(data.toString()));
    socket.once('close', () => this.#liveness.stop());
  }

  get hasRoom(): boolean {
    return this.buffered < this.options.maxBuffered;
  }

  /** Bytes that wait in this process. */
  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  /** Writes one message; resolves when it is with the operating system, or the socket is gone. */
  send(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.write(text, resolve);
    });
  }

  /** Writes one message without waiting. */
  write(text: string, onWritten?: () => void): void {
    if (this.socket.readyState !== this.socket.OPEN) {
      onWritten?.();
      return;
    }
    for (const { data, last } of inParts(text)) {
      this.socket.send(data, { binary: false, fin: last }, () => {
        if (last) onWritten?.();
        this.#written();
      });
      this.#liveness.wrote(data.length);
    }
    if (this.buffered > STOP_READING * this.options.maxBuffered && !this.#paused) {
      // Answers to queries pile up: whoever sends without reading is not heard until it reads.
      this.#paused = true;
      this.socket.pause();
    }
  }

  /** The outlet of one subscription: its messages differ from those of its lane by their id only. */
  outlet(id: string): Outlet {
    const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    const hasRoom = (): boolean => this.hasRoom;
    return {
      get hasRoom() {
        return hasRoom();
      },
      send: (text) => this.write(`${head}${text}}`),
      onRoom: (wake) => {
        this.#wakes.set(id, wake);
      },
    };
  }

  #written(): void {
    // Its pongs are not heard meanwhile.
    if (this.#paused) this.#liveness.moved();
    if (this.buffered * 2 > this.options.maxBuffered) return;
    if (this.#paused) {
      this.#paused = false;
      this.socket.resume();
    }
    if (this.#wakes.size === 0) return;
    const wakes = [...this.#wakes.values()];
    this.#wakes.clear();
    for (const wake of wakes) wake();
  }

  #stalled(): void {
    this.#liveness.stop();
    this.options.onStalled();
    this.socket.close(TRY_AGAIN_LATER, STALLED);
    const timer = setTimeout(() => this.socket.terminate(), FAREWELL_MS);
    this.socket.once('close', () => clearTimeout(timer));
  }
}
