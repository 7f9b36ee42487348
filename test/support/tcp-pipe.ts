import type { Socket } from 'node:net';

/** A piece of the stream on its way, or how the stream ends. */
type Item = { at: number } & ({ kind: 'data'; chunk: Buffer } | { kind: 'end' } | { kind: 'reset' });

/** What may be on its way at once; beyond it the sender feels the back-pressure, as over a real link. */
const HIGH_WATER = 256 * 1024;

/** Carries bytes one way between two sockets of a proxy; can be slowed and halted. */
export class TcpPipe {
  /** Bytes handed on so far. */
  bytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #onBytes: (count: number) => void;
  #queue: Item[] = [];
  #queued = 0;
  #delayMs: number;
  #stalled: boolean;
  #blocked = false;
  #timer: NodeJS.Timeout | undefined;
  #drops: ((chunk: Buffer) => boolean) | null = null;
  #dropped = 0;

  constructor(
    from: Socket,
    to: Socket,
    { delayMs, stalled }: { delayMs: number; stalled: boolean },
    onBytes: (count: number) => void,
  ) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    this.#stalled = stalled;
    this.#onBytes = onBytes;
    from.on('data', (chunk: Buffer) => this.#push({ kind: 'data', chunk, at: this.#due() }));
    from.on('end', () => this.#push({ kind: 'end', at: this.#due() }));
    from.on('error', () => this.#push({ kind: 'reset', at: this.#due() }));
    to.on('drain', () => {
      this.#blocked = false;
      this.#flow();
    });
    to.on('close', () => this.stop());
    this.#throttle();
  }

  set delayMs(delayMs: number) {
    this.#delayMs = delayMs;
  }

  set stalled(stalled: boolean) {
    this.#stalled = stalled;
    this.#flow();
  }

  /** Bytes that were read, or that wait to be, and were not handed on. */
  get held(): number {
    return this.#queued + (this.#from.destroyed ? 0 : this.#from.readableLength);
  }

  /** Chunks that were dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Loses what arrives and is chosen, without a word; null: nothing. */
  set drops(choose: ((chunk: Buffer) => boolean) | null) {
    this.#drops = choose;
  }

  /** Drops what is on its way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#queued = 0;
  }

  /** Never before what was read earlier, also when the delay has been shortened since. */
  #due(): number {
    return Math.max(Date.now() + this.#delayMs, this.#queue.at(-1)?.at ?? 0);
  }

  #push(item: Item): void {
    if (this.#to.destroyed) return;
    if (item.kind === 'data' && this.#drops?.(item.chunk) === true) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(item);
    if (item.kind === 'data') this.#queued += item.chunk.length;
    this.#flow();
  }

  #flow(): void {
    while (!this.#stalled && !this.#blocked) {
      const [next] = this.#queue;
      if (next === undefined) break;
      const waitMs = next.at - Date.now();
      if (waitMs > 0) {
        this.#wake(waitMs);
        break;
      }
      this.#queue.shift();
      this.#pass(next);
    }
    this.#throttle();
  }

  #wake(waitMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flow();
    }, waitMs);
  }

  #pass(item: Item): void {
    if (item.kind === 'end') {
      this.#to.end();
    } else if (item.kind === 'reset') {
      reset(this.#to);
    } else {
      this.#queued -= item.chunk.length;
      this.bytes += item.chunk.length;
      this.#onBytes(item.chunk.length);
      this.#blocked = !this.#to.write(item.chunk);
    }
  }

  /** A halted link takes no more from its sender either: what it sends stays in the system's buffers. */
  #throttle(): void {
    if (this.#stalled || this.#queued > HIGH_WATER) this.#from.pause();
    else this.#from.resume();
  }
}

/**
 * Breaks a connection as a crash does. Where the end was said and has not gone out yet libuv refuses to reset, and Node
 * would keep the socket for ever, spinning when the process should end.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
