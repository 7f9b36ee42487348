import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { freePort } from './free-port.js';
import { ignore } from './ignore.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { eventually } from './wait.js';

describe('startTcpProxy', () => {
  let echo: Server;
  let proxy: TcpProxy;

  beforeAll(async () => {
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', ignore);
      socket.pipe(socket);
    });
    echo.listen({ host: '127.0.0.1', port: 0 });
    await once(echo, 'listening');
  });

  afterAll(() => new Promise((resolve) => echo.close(resolve)));

  beforeEach(async () => {
    proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
  });

  afterEach(() => proxy.dispose());

  it('passes bytes and the end both ways, and counts them', async () => {
    const client = await peer(proxy.port);
    const sent = Buffer.alloc(3_000_000, 'x');
    client.socket.end(sent);
    await once(client.socket, 'end');
    expect(client.received()).toHaveLength(sent.length);
    expect(proxy.bytes).toEqual({ toTarget: sent.length, toClient: sent.length });
    await eventually(() => proxy.connections === 0, { what: 'the connection to be gone' });
  });

  it('cuts open connections and takes new ones', async () => {
    const client = await peer(proxy.port);
    await client.echoes('hi');
    proxy.cut();
    await client.closed;
    expect(client.errors).toEqual(['ECONNRESET']);
    await (await peer(proxy.port)).echoes('again');
    expect(proxy.accepted).toBe(2);
  });

  it('throws away the answers to clients that asked for something, and no others', async () => {
    const asked = await peer(proxy.port);
    const other = await peer(proxy.port);
    await Promise.all([asked.echoes('subscribe me'), other.echoes('hi')]);
    proxy.swallowAnswersTo('subscribe');
    asked.socket.write('lost');
    const late = await peer(proxy.port);
    late.socket.write('subscribe me too');
    await other.echoes(' there');
    proxy.swallowAnswersTo(null);
    await (await peer(proxy.port)).echoes('subscribe me as well');
    expect([asked.received(), late.received()].map(String)).toEqual(['subscribe me', '']);
  });

  it('holds bytes back while paused, with the sockets open, and passes them in order after', async () => {
    const client = await peer(proxy.port);
    await client.echoes('a');
    proxy.pause();
    const late = await peer(proxy.port);
    client.socket.write('b');
    late.socket.write('c');
    await expect(client.gets('ab', 150)).rejects.toThrow(/timed out/);
    expect(client.socket.destroyed).toBe(false);
    client.socket.write('d');
    proxy.resume();
    await client.gets('abd');
    await late.gets('c');
  });

  it('stalls one way alone', async () => {
    const client = await peer(proxy.port);
    proxy.stall('toClient');
    client.socket.write('x');
    await eventually(() => proxy.bytes.toTarget === 1, { what: 'the byte to reach the target' });
    expect(proxy.bytes.toClient).toBe(0);
    proxy.resume();
    await client.gets('x');
  });

  it('slows the link', async () => {
    const client = await peer(proxy.port);
    proxy.delay(60);
    const start = performance.now();
    await client.echoes('slow');
    expect(performance.now() - start).toBeGreaterThanOrEqual(118);
  });

  it('refuses new connections, leaves open ones, and takes new ones again', async () => {
    const client = await peer(proxy.port);
    await client.echoes('a');
    await proxy.refuse(true);
    await expect(peer(proxy.port)).rejects.toThrow(/ECONNREFUSED/);
    await client.echoes('b');
    await proxy.refuse(false);
    await (await peer(proxy.port)).echoes('c');
  });

  it('breaks the client connection when nothing listens behind it', async () => {
    const lonely = await startTcpProxy({ port: await freePort() });
    try {
      await (
        await peer(lonely.port)
      ).closed;
    } finally {
      await lonely.dispose();
    }
  });
});

interface Peer {
  socket: Socket;
  errors: (string | undefined)[];
  closed: Promise<void>;
  received(): string;
  /** Waits until exactly this has come back. */
  gets(text: string, timeoutMs?: number): Promise<void>;
  /** Sends the text and waits until it has come back. */
  echoes(text: string): Promise<void>;
}

async function peer(port: number): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port });
  const errors: (string | undefined)[] = [];
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'connect');
  socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const gets = async (expected: string, timeoutMs = 5_000): Promise<void> => {
    await eventually(() => text === expected, { what: `${expected} to come back`, timeoutMs });
  };
  return {
    socket,
    errors,
    closed,
    received: () => text,
    gets,
    echoes: async (sent) => {
      const before = text;
      socket.write(sent);
      await gets(before + sent);
    },
  };
}
