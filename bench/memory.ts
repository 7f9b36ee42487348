/**
 * What consumers that do not keep up cost: one never reads its socket, one never acknowledges, while changes are published
 * at full speed. Prints the hub's resident memory over the run and a good consumer's latency before, meanwhile and after,
 * and draws the memory into a file.
 *
 *   npm run bench:memory                                    2 million changes, PostgreSQL
 *   npm run bench:memory -- --changes 100000 --database sqlite --plot memory.svg
 */
import { writeFile } from 'node:fs/promises';
import { argumentsOrExit, number, oneOf, text } from '../test/support/command-line.js';
import { DATABASES, startBenchHub } from './hub.js';
import { changeOf, HttpLoad, quantile } from './load.js';
import { drawMemory } from './memory-plot.js';
import type { Sample } from './memory-plot.js';
import { BadConsumer, GoodConsumer } from './memory-consumers.js';

const { values } = argumentsOrExit({
  command: 'npm run bench:memory --',
  about: 'Measures the memory of a hub with consumers that do not keep up.',
  options: {
    changes: number('changes published meanwhile', 2_000_000),
    database: oneOf(DATABASES, 'database of the hub', 'postgres'),
    plot: text('file', 'writes the memory over the run into this SVG file'),
  },
  rest: null,
});
const CHANGES = values.changes;
/** Changes before and after the bad consumers are there, to compare with. */
const COMPARED = Math.min(100_000, Math.max(10_000, Math.round(CHANGES / 10)));
const PER_CALL = 500;
const CALLERS = 4;
const SAMPLE_MS = 1_000;

const hub = await startBenchHub(values.database);
const load = new HttpLoad(hub.url, CALLERS);
let published = 0;

/** Publishes at full speed; answers changes a second. */
async function publishAll(changes: number): Promise<number> {
  const end = published + changes;
  const started = performance.now();
  const caller = async (): Promise<void> => {
    while (published < end) {
      const from = published;
      published += PER_CALL;
      const sentAt = performance.now();
      const call = Array.from({ length: PER_CALL }, (_, i) => {
        const change = changeOf(from + i) as { readonly data: object };
        return { ...change, data: { ...change.data, sentAt } };
      });
      await load.publish(call);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return changes / ((performance.now() - started) / 1_000);
}

async function residentMegabytes(): Promise<number> {
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  const [, bytes] = /^process_resident_memory_bytes (\S+)/m.exec(metrics) ?? [];
  return Number(bytes) / 1_048_576;
}

interface Phase {
  readonly 'changes/s': number;
  readonly 'latency p50 ms': number;
  readonly 'latency p99 ms': number;
}

const good = await GoodConsumer.start(hub.url);
async function phase(changes: number): Promise<Phase> {
  good.latencies.length = 0;
  const rate = await publishAll(changes);
  await good.drained(published);
  const at = (share: number): number => Math.round(quantile(good.latencies, share) * 10) / 10;
  return { 'changes/s': Math.round(rate), 'latency p50 ms': at(0.5), 'latency p99 ms': at(0.99) };
}

const samples: Sample[] = [];
const sampler = setInterval(() => {
  const changes = published;
  void residentMegabytes().then((megabytes) => samples.push({ changes, megabytes }));
}, SAMPLE_MS);
// The first changes warm the hub up: the tail fills, the code is compiled.
await phase(COMPARED * 2);
const before = await phase(COMPARED);
const from = published;
const bad = await Promise.all([
  BadConsumer.start(hub.url, 'never-reads'),
  BadConsumer.start(hub.url, 'never-acknowledges'),
]);
const meanwhile = await phase(CHANGES);
const to = published;
for (const consumer of bad) consumer.close();
const after = await phase(COMPARED);
clearInterval(sampler);
console.table({ before, meanwhile, after });
const during = samples.filter(({ changes }) => changes >= from && changes <= to);
const quarter = Math.ceil(during.length / 4);
const mean = (part: readonly Sample[]): number =>
  Math.round(part.reduce((sum, { megabytes }) => sum + megabytes, 0) / Math.max(1, part.length));
console.table(
  Object.fromEntries(
    [0, 1, 2, 3].map((i) => [
      `quarter ${i + 1}`,
      { 'resident MB, mean': mean(during.slice(i * quarter, (i + 1) * quarter)) },
    ]),
  ),
);
console.log(
  `resident at most ${Math.round(Math.max(...during.map(({ megabytes }) => megabytes)))} MB in ${during.length} samples`,
);
if (values.plot !== null) await writeFile(values.plot, drawMemory(samples, from, to));
good.close();
load.close();
await hub.stop();
process.exit(0);
