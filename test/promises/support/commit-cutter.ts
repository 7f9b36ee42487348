import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** What happens to the connection on which the next commit is sent. */
export type Cut =
  /** PostgreSQL commits, and the answer is lost. */
  | 'after'
  /** PostgreSQL never hears of the commit. */
  | 'before'
  /** PostgreSQL never hears of the commit, and nobody gets through to ask. */
  | 'before, and then everything'
  /** PostgreSQL commits, the answer is lost, and nobody gets through to ask. */
  | 'after, and then everything';

/** The message by which the hub commits. Source: PostgreSQL manual, 55.7 "Message Formats", Query. */
const COMMIT = Buffer.from('Q\0\0\0\x0bcommit\0');

/** A link to PostgreSQL that breaks exactly at a commit. A link that breaks at random hits one in five statements only. */
export class CommitCutter {
  /** Commits that were cut so far. */
  cuts = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next: Cut | null = null;
  #closed = false;

  private constructor(readonly target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<CommitCutter> {
    const cutter = new CommitCutter(target);
    cutter.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(cutter.#server, 'listening');
    return cutter;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The cutter does not listen.');
    return address.port;
  }

  cutNext(cut: Cut): void {
    this.#next = cut;
  }

  /** Lets connections through again. */
  mend(): void {
    this.#closed = false;
  }

  async dispose(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#closed) return void client.destroy();
    const upstream = connect(this.target);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk: Buffer) => this.#pass(chunk, client, upstream));
  }

  #pass(chunk: Buffer, client: Socket, upstream: Socket): void {
    const cut = this.#next;
    if (cut === null || !chunk.includes(COMMIT)) return void upstream.write(chunk);
    this.#next = null;
    this.cuts += 1;
    if (cut === 'before') return void client.resetAndDestroy();
    if (cut === 'before, and then everything') return this.#cutEverything();
    if (cut === 'after, and then everything') this.#closed = true;
    upstream.unpipe(client);
    // PostgreSQL has committed when it answers; the hub must not hear that.
    upstream.once('data', () => {
      if (this.#closed) this.#cutEverything();
      client.resetAndDestroy();
    });
    // A stream that was piped somewhere and is not any more stands still until it is told to go on.
    upstream.resume();
    upstream.write(chunk);
  }

  #cutEverything(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}
