import type { Cancel, Timers } from '../model/clock.js';

/** Bytes between two marks in what is written to a socket: the resolution at which reading is known. */
const MARK_BYTES = 64 * 1_024;
/** Up to this many unread bytes before a ping do not delay its answer. */
const LITTLE_BYTES = 4 * 1_024;

export interface LivenessOptions {
  /** Milliseconds between pings, and for the answer to a ping that has little unread data before it. */
  readonly pingMs: number;
  /** Milliseconds in which a peer that has data to read must read some of it; greater than `pingMs`. */
  readonly stalledMs: number;
  readonly timers: Timers;
  /** Sends a ping with this payload. */
  readonly ping: (mark: string) => void;
  /** Called when a ping is not answered, though there was little data to read before it. */
  readonly onDead: () => void;
  /** Called when the peer has data to read and reads none of it. */
  readonly onStalled: () => void;
}

/**
 * Detects whether the peer of a socket still reads.
 *
 * Two simple ways fail. A ping alone: it is queued behind everything that was written before, so a slow reader looks dead.
 * The bytes that have left this process: they may be in the buffers of two operating systems, which hold megabytes that the
 * peer never reads. Therefore pings are marks in the stream: one after every 64 KiB, and one every `pingMs`. The payload of
 * each is the number of bytes written before it, and its pong tells how many of them the peer has read.
 */
export class Liveness {
  readonly #stop: Cancel;
  #written = 0;
  #marked = 0;
  #read = 0;
  /** When the peer last read something, or had nothing to read. */
  #movedAt: number;
  /** Whether a pong came since the last ping that the interval sent. */
  #answered = true;
  #checkedAt: number;

  constructor(readonly options: LivenessOptions) {
    const { timers, pingMs } = options;
    this.#movedAt = this.#checkedAt = timers.now();
    this.#stop = timers.every(pingMs, () => this.#check());
  }

  /** Counts bytes that were written. Call it at least every 64 KiB: a longer message in parts. */
  wrote(bytes: number): void {
    if (this.#written === this.#read) this.#movedAt = this.options.timers.now();
    this.#written += bytes;
    if (this.#written - this.#marked >= MARK_BYTES) this.#mark();
  }

  /** Takes the payload of a pong; one that answers no mark, or an older one than before, is ignored. */
  pong(data: string): void {
    const read = /^\d{1,16}$/.test(data) ? Number(data) : -1;
    if (read < this.#read || read > this.#marked) return;
    this.#answered = true;
    if (read > this.#read) this.moved();
    this.#read = read;
  }

  /** Records that the peer has read something, where that is known without a pong. */
  moved(): void {
    this.#movedAt = this.options.timers.now();
  }

  stop(): void {
    this.#stop();
  }

  #mark(): void {
    this.#marked = this.#written;
    this.options.ping(String(this.#marked));
  }

  #check(): void {
    const { pingMs, stalledMs, timers, onDead, onStalled } = this.options;
    const now = timers.now();
    const lateMs = now - this.#checkedAt - pingMs;
    this.#checkedAt = now;
    if (lateMs > pingMs / 2) {
      // This process was suspended or busy: pongs may have arrived that are not handled yet. The next check decides.
      this.#movedAt += lateMs;
      return;
    }
    if (this.#written - this.#read > LITTLE_BYTES) {
      if (now - this.#movedAt >= stalledMs) return onStalled();
    } else if (!this.#answered) return onDead();
    this.#answered = false;
    this.#mark();
  }
}

/** Splits a message of more than 64 Ki characters into parts of 64 KiB, after each of which a mark can be sent. */
export function* inParts(
  text: string,
): Generator<{ readonly data: string | Buffer; readonly last: boolean }> {
  if (text.length <= MARK_BYTES) {
    yield { data: text, last: true };
    return;
  }
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += MARK_BYTES) {
    const to = from + MARK_BYTES;
    yield { data: bytes.subarray(from, to), last: to >= bytes.length };
  }
}
