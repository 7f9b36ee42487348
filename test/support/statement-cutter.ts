import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** What happens to the connection on which the next such statement is sent. */
export type Cut =
  /** PostgreSQL does it, and the answer is lost. */
  | 'after'
  /** PostgreSQL never hears of it. */
  | 'before'
  /** PostgreSQL never hears of it, and nobody gets through to ask. */
  | 'before, and then everything'
  /** PostgreSQL does it, the answer is lost, and nobody gets through to ask. */
  | 'after, and then everything'
  /** PostgreSQL does it, the answer is lost, and the connection stays open without another word. */
  | 'after, and then silence'
  /** PostgreSQL never hears of it, and the connection stays open without another word. */
  | 'before, and then silence';

/** The message by which the hub commits. Source: PostgreSQL manual, 55.7 "Message Formats", Query. */
const COMMIT = Buffer.from('Q\0\0\0\x0bcommit\0');

/** Statements at which a link can break: a transaction's commit, or one that writes and commits by itself. */
export type Statement = 'commit' | 'write';

/** A statement that writes as it is prepared, under a name. Source: the same, Parse. */
const PREPARED_WRITE = /P[^]{4}(s\d+)\0\s*(?:with|insert into|update|delete from)\b/g;

/** A link to PostgreSQL that breaks exactly at a statement. A link that breaks at random hits one in five only. */
export class StatementCutter {
  /** Statements that were cut so far. */
  cuts = 0;
  /** Connections that were cut, and that the hub has not ended since. */
  readonly silent = new Set<Socket>();
  /** Messages that came on such connections since. */
  asked = 0;
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The names of prepared statements that write; the hub uses one name for one text on all of its connections. */
  readonly #writes = new Set<string>();
  #next: { readonly cut: Cut; readonly statement: Statement } | null = null;
  #closed = false;

  private constructor(databaseUrl: string) {
    this.#target = new URL(databaseUrl);
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Listens before this database. */
  static async before(databaseUrl: string): Promise<StatementCutter> {
    const cutter = new StatementCutter(databaseUrl);
    cutter.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(cutter.#server, 'listening');
    return cutter;
  }

  /** The database's URL by way of the link. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The cutter does not listen.');
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${address.port}`;
    return url.href;
  }

  cutNext(cut: Cut, statement: Statement = 'commit'): void {
    this.#next = { cut, statement };
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
    const upstream = connect({ host: this.#target.hostname, port: Number(this.#target.port || 5432) });
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
    this.#learn(chunk);
    if (this.silent.has(client)) this.asked += 1;
    if (!this.#next || !this.#has(chunk, this.#next.statement)) return void upstream.write(chunk);
    const { cut } = this.#next;
    this.#next = null;
    this.cuts += 1;
    if (cut === 'before') return void client.resetAndDestroy();
    if (cut === 'before, and then everything') return this.#cutEverything();
    if (cut === 'after, and then everything') this.#closed = true;
    upstream.unpipe(client);
    if (cut === 'after, and then silence' || cut === 'before, and then silence') {
      this.silent.add(client);
      client.once('close', () => this.silent.delete(client));
      upstream.resume();
      if (cut === 'after, and then silence') upstream.write(chunk);
      return;
    }
    // PostgreSQL has done it when it answers; the hub must not hear that.
    upstream.once('data', () => {
      if (this.#closed) this.#cutEverything();
      client.resetAndDestroy();
    });
    // A stream that was piped somewhere and is not any more stands still until it is told to go on.
    upstream.resume();
    upstream.write(chunk);
  }

  #learn(chunk: Buffer): void {
    for (const [, name = ''] of chunk.toString('latin1').matchAll(PREPARED_WRITE)) this.#writes.add(name);
  }

  #has(chunk: Buffer, statement: Statement): boolean {
    if (statement === 'commit') return chunk.includes(COMMIT);
    // Bind names the statement between the end of its portal's name, which is empty, and its own.
    return [...this.#writes].some((name) => chunk.includes(`\0${name}\0`));
  }

  #cutEverything(): void {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}
