import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { Message } from '../../src/deliver/message.js';
import { BoundedSocket } from '../../src/server/socket.js';
import { FakeTimers } from '../support/fake-timers.js';
import { eventually } from '../support/wait.js';
import { pointAt } from '../contract/support/parts.js';

const KIB = 1_024;

describe('the outlet of a subscription', () => {
  let server: WebSocketServer;
  let client: WebSocket;
  let bounded: BoundedSocket;
  let timers: FakeTimers;

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    client = new WebSocket(`ws://127.0.0.1:${port}`);
    const [socket] = (await once(server, 'connection')) as [WebSocket];
    await once(client, 'open');
    timers = new FakeTimers();
    bounded = new BoundedSocket(socket, {
      bufferBytes: 64 * KIB,
      pingMs: 1_000,
      stalledMs: 5_000,
      timers,
      onStalled: () => undefined,
    });
  });
  afterEach(async () => {
    client.terminate();
    await eventually(() => timers.pending === 0, { what: 'the closed socket to release its timers' });
    server.close();
  });

  /** Prints as a MiB of JSON. */
  const LARGE = new Message(
    { cursor: pointAt(0n), redelivery: null, changes: [], head: pointAt(0n) },
    false,
    () => JSON.stringify('x'.repeat(1_024 * KIB)),
  );

  /** Fills the socket until it has no room. */
  async function fill(): Promise<void> {
    client.pause();
    const outlet = bounded.outlet('filler');
    await eventually(
      () => {
        if (outlet.hasRoom) outlet.send(LARGE, null);
        return !outlet.hasRoom;
      },
      { what: 'the socket to be full' },
    );
  }

  it('wakes each that waits once, when there is room again', async () => {
    await fill();
    const woken: string[] = [];
    for (const id of ['1', '2']) bounded.outlet(id).onRoom(() => woken.push(id));
    expect(bounded.waiting).toBe(2);
    client.resume();
    await eventually(() => bounded.buffered === 0, { what: 'the socket to drain' });
    expect(woken).toEqual(['1', '2']);
    expect(bounded.waiting).toBe(0);
  });

  it('forgets one whose wait is cancelled, and only that, also where the id is used again', async () => {
    await fill();
    const woken: string[] = [];
    const cancel = bounded.outlet('1').onRoom(() => woken.push('the ended one'));
    bounded.outlet('1').onRoom(() => woken.push('the next one of that id'));
    cancel();
    cancel();
    expect(bounded.waiting).toBe(1);
    client.resume();
    await eventually(() => bounded.buffered === 0, { what: 'the socket to drain' });
    expect(woken).toEqual(['the next one of that id']);
  });
});
