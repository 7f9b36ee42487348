/** Promise 7: a slow, stuck or absent consumer costs bounded memory and slows nobody; it is never dropped silently. */
import { WebSocket } from 'ws';
import { databaseKinds } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { eventually } from '../support/wait.js';

const MIB = 1_024 * 1_024;
const TEXT = 'x'.repeat(200_000);
const CALLS = 60;
const PER_CALL = 15;
/**
 * The hub's heap in MiB. Every consumer that takes nothing is owed 360 MB in the end (each change with the text before and
 * after), so a queue without a bound would end the hub. Whatever else the hub holds besides its heap may not be that much.
 */
const HEAP_MIB = 256;
const MAY_GROW = 400 * MIB;

const residentBytes = async ({ url }: HubProcess): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
};

/** Subscribes on a socket of its own and then never reads from it again. */
async function neverReads(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const subscribe = { query: 'subscription { changes { cursor changes { sourceId key after before } } }' };
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init' }));
    });
    socket.on('message', (data: Buffer) => {
      if (data.includes('connection_ack')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: subscribe }));
      } else {
        socket.pause();
        resolve();
      }
    });
  });
  return socket;
}

describe.each(databaseKinds)('promise 7 on $name', (kind) => {
  it('bounds what a socket that never reads and one that never acknowledges cost, and slows nobody', async () => {
    const database = await kind.create();
    const hub = await spawnHub({
      DATABASE_URL: database.url,
      TAIL_BYTES: String(8 * MIB),
      PING_MS: '600000',
      SOCKET_STALLED_MS: '3600000',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    });
    const stuck = await Promise.all(Array.from({ length: 5 }, () => neverReads(hub.url)));
    const holding = follow(hub.url, { consumer: 'holding', maxInFlight: 7 });
    const witness = follow(hub.url, { filter: { collections: ['large'] } });
    await Promise.all([holding.received(1), witness.received(1)]);
    await publish(hub.url, [{ collection: 'large', key: 'warm', data: { text: TEXT } }]);
    const before = await residentBytes(hub);

    for (let call = 0; call < CALLS; call += 1) {
      const changes = Array.from({ length: PER_CALL }, (_, n) => ({
        ...{ collection: 'large', key: `k${n}`, write: 'UPSERT' },
        data: { text: TEXT, call },
      }));
      await publish(hub.url, changes);
      // The witness holds what it saw only as a count: this process has memory to keep as well.
      await eventually(() => changesOf(witness).length >= PER_CALL, { what: 'the witness to see the call' });
      witness.messages.splice(0);
    }
    expect((await residentBytes(hub)) - before).toBeLessThan(MAY_GROW);

    expect(changesOf(holding)).toHaveLength(7);
    const cursor = holding.messages.at(-1)?.changes.cursor ?? '';
    await acknowledge(hub.url, 'holding', cursor);
    await eventually(() => changesOf(holding).length === 14, { what: 'the next window' });
    const versions = changesOf(holding).map((change) => `${change.key} ${change.version}`);
    expect(new Set(versions).size).toBe(14);

    for (const socket of stuck) socket.terminate();
    await Promise.all([holding.close(), witness.close()]);
    await hub.process.kill('SIGKILL');
    await database.drop();
  }, 120_000);
});
