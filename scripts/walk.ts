/**
 * The way of a change, and of an acknowledgement, through the files of the hub: runs both in a hub of its own (SQLite, HTTP, one
 * live subscription) and prints which functions of which files run between the call and the frame, or the call and the answer.
 * A file counts where it took part in every one of several calls, so that what runs by a timer meanwhile does not.
 *
 *   npm run walk
 *
 * Source of what ran: V8's precise coverage, https://chromedevtools.github.io/devtools-protocol/tot/Profiler/.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import { openHub, readConfig } from 'tidemark';
import { WebSocket } from 'ws';
import { ask } from '../test/support/client.js';

const CALLS = 5;
const PUBLISH = `mutation ($changes: [ChangeInput!]!) {
  publish(source: "walk", changes: $changes) { results { outcome } }
}`;
const ACKNOWLEDGE = `mutation ($cursor: Cursor!, $session: ID) {
  acknowledge(consumer: "walker", cursor: $cursor, session: $session) { cursor }
}`;
const CHANGES = `subscription {
  changes(consumer: "walker", startAt: EARLIEST) { cursor session changes { collection key after } }
}`;

interface Batch {
  readonly changes: {
    readonly cursor: string;
    readonly session: string;
    readonly changes: readonly unknown[];
  };
}

/** Names of functions by file, relative to the built hub. */
type Walk = ReadonlyMap<string, ReadonlySet<string>>;

const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-walk-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const database = `sqlite:${path.join(folder, 'tidemark.db')}`;
const hub = await openHub(readConfig({ DATABASE_URL: database, PORT: '0', LOG_LEVEL: 'error' }));
const client = createClient({ url: `${hub.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
const batches = client.iterate<Batch>({ query: CHANGES });
const v8 = new Session();
v8.connect();

async function nextBatch(): Promise<Batch['changes']> {
  for (;;) {
    const next = await batches.next();
    const { data } = next.value as { readonly data: Batch };
    if (data.changes.changes.length > 0) return data.changes;
  }
}

let published = 0;
async function publishOne(): Promise<Batch['changes']> {
  published += 1;
  const data = { n: published };
  await ask(hub.url, PUBLISH, {
    changes: [{ sourceId: `walk-${published}`, collection: 'steps', key: 'one', data }],
  });
  return nextBatch();
}

async function walkOf(work: () => Promise<unknown>): Promise<Walk> {
  await v8.post('Profiler.takePreciseCoverage');
  await work();
  const { result } = await v8.post('Profiler.takePreciseCoverage');
  const built = new URL('../dist/', import.meta.url).href;
  const ran = result
    .filter(({ url }) => url.startsWith(built))
    .map(({ url, functions }) => {
      const called = functions.filter((one) => one.functionName !== '' && (one.ranges[0]?.count ?? 0) > 0);
      return [url.slice(built.length), new Set(called.map(({ functionName }) => functionName))] as const;
    });
  return new Map(ran.filter(([, names]) => names.size > 0));
}

function print(what: string, walks: readonly Walk[]): void {
  const [first = new Map<string, ReadonlySet<string>>()] = walks;
  const files = [...first.keys()].filter((file) => walks.every((walk) => walk.has(file))).sort();
  console.log(`${what}: ${files.length} files`);
  for (const file of files) {
    const names = [...(first.get(file) ?? [])].filter((name) =>
      walks.every((walk) => walk.get(file)?.has(name)),
    );
    console.log(`  ${file.replace(/js$/, 'ts')}: ${names.join(', ')}`);
  }
}

let newest = await publishOne();
await v8.post('Profiler.enable');
await v8.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
const publishing: Walk[] = [];
const acknowledging: Walk[] = [];
for (let call = 0; call < CALLS; call += 1) {
  publishing.push(await walkOf(async () => (newest = await publishOne())));
  const { cursor, session } = newest;
  acknowledging.push(await walkOf(() => ask(hub.url, ACKNOWLEDGE, { cursor, session })));
}
print('from publish to a frame', publishing);
print('from acknowledge to its answer', acknowledging);
await client.dispose();
await hub.close();
