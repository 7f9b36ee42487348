import { WebSocket } from 'ws';
import { startBenchHub } from './hub.js';
import type { DatabaseName } from './hub.js';
import { changeOf, HttpLoad, median } from './load.js';

const PER_CALL = 100;
const RUNS = 3;

const SUBSCRIPTION = `subscription { changes(batchSize: 100) { cursor changes {
  cursor sourceId collection key operation version after source occurredAt recordedAt } } }`;

/** Changes a second that reach `subscribers` together, live, from first publish to last receipt. */
export async function deliveryRate(
  database: DatabaseName,
  subscribers: number,
  changes: number,
): Promise<number> {
  const hub = await startBenchHub(database);
  const counter = { received: 0 };
  const sockets = await Promise.all(Array.from({ length: subscribers }, () => subscriber(hub.url, counter)));
  const load = new HttpLoad(hub.url, 4);
  const rates: number[] = [];
  let n = 0;
  for (let run = 0; run < RUNS; run++) {
    const target = counter.received + subscribers * changes;
    const started = performance.now();
    let sent = 0;
    const send = async (): Promise<void> => {
      while (sent < changes) {
        sent += PER_CALL;
        await load.publish(Array.from({ length: PER_CALL }, () => changeOf(n++)));
      }
    };
    await Promise.all([send(), send(), send(), send()]);
    while (counter.received < target) await new Promise((resolve) => setImmediate(resolve));
    rates.push((subscribers * changes) / ((performance.now() - started) / 1_000));
  }
  for (const socket of sockets) socket.terminate();
  load.close();
  await hub.stop();
  return median(rates);
}

/** Counts changes in frames by their keys, without parsing: the load generator must not be the bound. */
const MARK = Buffer.from('"recordedAt"');

function subscriber(url: string, counter: { received: number }): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('error', reject);
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data: Buffer) => {
      if (data.includes('connection_ack')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION } }));
      } else if (data.includes('"changes":[]')) resolve(socket);
      else for (let at = data.indexOf(MARK); at >= 0; at = data.indexOf(MARK, at + 1)) counter.received += 1;
    });
  });
}
