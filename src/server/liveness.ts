/** Bytes between two marks in what is written to a socket: what is read of it is known this exactly. */
const MARK_BYTES = 64 * 1_024;
/** A peer that has no more than this to read before a ping is in no way kept from answering it. */
const LITTLE_BYTES = 4 * 1_024;

export interface LivenessOptions {
  /** Milliseconds between pings, and for an answer where there is little to read before it. */
  readonly pingMs: number;
  /** Milliseconds in which a peer that has something to read must have read some of it. */
  readonly stalledMs: number;
  readonly ping: (mark: string) => void;
  /** Nobody answers, though there was little to read. */
  readonly onDead: () => void;
  /** The peer does not read what it is sent. */
  readonly onStalled: () => void;
}

/**
 * Whether somebody at the other end of a socket still reads.
 *
 * Two simple ways are wrong: a ping stands behind all that was written before it, so that a slow reader looks dead; and
 * what left this process may lie in the buffers of two operating systems, which hold megabytes that nobody reads. So pings
 * are marks in the stream: one after every 64 KiB, and one every `pingMs`. Each says how much was written before it, and
 * its pong how much of that was read.
 */
export class Liveness {
  readonly #timer: NodeJS.Timeout;
  readonly #everyMs: number;
  #written = 0;
  #marked = 0;
  #read = 0;
  #movedAt = performance.now();
  #pingedAt = performance.now();
  #answered = true;
  #lookedAt = performance.now();

  constructor(readonly options: LivenessOptions) {
    this.#everyMs = Math.min(options.pingMs, options.stalledMs);
    this.#timer = setInterval(() => this.#look(), this.#everyMs);
  }

  /** So much was written; every 64 KiB must be told apart, so a long message is told in parts. */
  wrote(bytes: number): void {
    if (this.#written === this.#read) this.#movedAt = performance.now();
    this.#written += bytes;
    if (this.#written - this.#marked >= MARK_BYTES) this.#mark();
  }

  /** A pong came. One that answers no mark, or an older one, says nothing of what was read. */
  pong(data: string): void {
    const read = /^\d{1,16}$/.test(data) ? Number(data) : -1;
    if (read < this.#read || read > this.#marked) return;
    this.#answered = true;
    if (read > this.#read) this.moved();
    this.#read = read;
  }

  /** Something was read, as is known some other way. */
  moved(): void {
    this.#movedAt = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #mark(): void {
    this.#marked = this.#written;
    this.options.ping(String(this.#marked));
  }

  #look(): void {
    const { pingMs, stalledMs, onDead, onStalled } = this.options;
    const now = this.#withoutOwnSleep();
    if (this.#written - this.#read > LITTLE_BYTES) {
      if (now - this.#movedAt >= stalledMs) return onStalled();
    } else if (!this.#answered && now - this.#pingedAt >= pingMs) return onDead();
    if (now - this.#pingedAt < pingMs) return;
    this.#pingedAt = now;
    this.#answered = false;
    this.#mark();
  }

  /** The time now; time in which this process itself stood still counts against nobody. */
  #withoutOwnSleep(): number {
    const now = performance.now();
    const slept = now - this.#lookedAt - this.#everyMs;
    this.#lookedAt = now;
    if (slept > this.#everyMs) {
      this.#movedAt += slept;
      this.#pingedAt += slept;
    }
    return now;
  }
}

/** A long message in the parts by which it is told; a short one whole. */
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
