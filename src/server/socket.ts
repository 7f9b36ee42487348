import type { WebSocket } from 'ws';
import type { Outlet } from '../deliver/deliver.js';

/** A socket whose buffer is this many times over its limit is not read from either, until it has drained. */
const STOP_READING = 4;

/**
 * One WebSocket with a bound on what waits in it. Subscriptions write past graphql-ws, which waits for each of its own
 * sends but knows nothing of theirs; here both count.
 */
export class BoundedSocket {
  readonly #wakes = new Map<string, () => void>();
  #paused = false;

  /** @param maxBuffered bytes that may wait before subscriptions pause */
  constructor(
    readonly socket: WebSocket,
    readonly maxBuffered: number,
  ) {}

  get hasRoom(): boolean {
    return this.socket.bufferedAmount < this.maxBuffered;
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
    this.socket.send(text, () => {
      onWritten?.();
      this.#written();
    });
    if (this.socket.bufferedAmount > STOP_READING * this.maxBuffered && !this.#paused) {
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
    if (this.socket.bufferedAmount * 2 > this.maxBuffered) return;
    if (this.#paused) {
      this.#paused = false;
      this.socket.resume();
    }
    if (this.#wakes.size === 0) return;
    const wakes = [...this.#wakes.values()];
    this.#wakes.clear();
    for (const wake of wakes) wake();
  }
}
