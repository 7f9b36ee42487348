import type { WebSocket } from 'ws';
import type { Outlet } from '../deliver/deliver.js';
import type { Cancel, Timers } from '../model/clock.js';
import { inParts, Liveness } from './liveness.js';

/** From a socket whose unsent data exceeds its limit this many times, nothing is read until it has drained. */
const STOP_READING = 4;
/** A client that does not read does not see the close frame: its connection is broken off after this time, in milliseconds. */
const FAREWELL_MS = 1_000;

/** "Try again later": clients reconnect. Source: IANA's registry of WebSocket close codes. */
const TRY_AGAIN_LATER = 1013;
const STALLED =
  'What was sent is not read; connect again and read it, or ask for less at once (batchSize, maxInFlight).';

export interface SocketOptions {
  /** Unsent bytes above which the socket's subscriptions pause. */
  readonly bufferBytes: number;
  /** Milliseconds between pings; a socket with nothing to read that does not answer one before the next is closed. */
  readonly pingMs: number;
  /** Milliseconds after which a socket is closed whose client has data to read and reads none; greater than `pingMs`. */
  readonly stalledMs: number;
  readonly timers: Timers;
  /** Called when the socket is closed for that reason. */
  readonly onStalled: () => void;
}

/**
 * One WebSocket with a limit on its unsent data, which is closed when its client stops reading. Subscriptions write to it
 * directly, not through graphql-ws, which waits for its own messages only; here both count.
 */
export class BoundedSocket {
  /** The subscriptions that wait for room. */
  readonly #waiting = new Set<{ readonly wake: () => void }>();
  readonly #liveness: Liveness;
  #paused = false;

  constructor(
    readonly socket: WebSocket,
    readonly options: SocketOptions,
  ) {
    this.#liveness = new Liveness({
      timers: options.timers,
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
    return this.buffered < this.options.bufferBytes;
  }

  /** Subscriptions that wait for room. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Unsent bytes in this process. */
  get buffered(): number {
    return this.socket.bufferedAmount;
  }

  /** Writes one message; resolves when the operating system has it, or when the socket is closed. */
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
    if (this.buffered > STOP_READING * this.options.bufferBytes && !this.#paused) {
      // Answers to queries accumulate: requests of a client that does not read its answers are not read either.
      this.#paused = true;
      this.socket.pause();
    }
  }

  /** The outlet of one subscription. Its messages differ from the others of its lane in their id only. */
  outlet(id: string): Outlet {
    const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    const hasRoom = (): boolean => this.hasRoom;
    return {
      get hasRoom() {
        return hasRoom();
      },
      send: (message, session) => this.write(`${head}${message.textFor(session)}}`),
      onRoom: (wake) => this.#onRoom(wake),
    };
  }

  #onRoom(wake: () => void): Cancel {
    const entry = { wake };
    this.#waiting.add(entry);
    return () => {
      this.#waiting.delete(entry);
    };
  }

  #written(): void {
    // While the socket is paused its pongs are not read.
    if (this.#paused) this.#liveness.moved();
    if (this.buffered * 2 > this.options.bufferBytes) return;
    if (this.#paused) {
      this.#paused = false;
      this.socket.resume();
    }
    const entries = [...this.#waiting];
    this.#waiting.clear();
    for (const { wake } of entries) wake();
  }

  #stalled(): void {
    this.#liveness.stop();
    this.options.onStalled();
    this.socket.close(TRY_AGAIN_LATER, STALLED);
    const cancel = this.options.timers.after(FAREWELL_MS, () => this.socket.terminate());
    this.socket.once('close', cancel);
  }
}
