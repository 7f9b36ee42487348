/**
 * What a rolling deploy costs consumers: three hubs with thousands of durable consumers are stopped by SIGTERM and started
 * again, one after the other, while changes are published; a hub that was told to stop gets no new connections. Prints how
 * long consumers were without a session, what came again, and what was skipped.
 *
 *   npm run bench:deploy                       5,000 consumers
 *   npm run bench:deploy -- --consumers 500
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { argumentsOrExit, number } from '../test/support/command-line.js';
import { freePort } from '../test/support/free-port.js';
import { spawnHub } from '../test/support/hub-process.js';
import { sharedPostgres } from '../test/support/shared-postgres.js';
import { sharedRedis } from '../test/support/shared-redis.js';
import { DeployConsumer } from './deploy-consumer.js';
import type { Numbered } from './deploy-consumer.js';
import { HttpLoad, quantile } from './load.js';

const { values } = argumentsOrExit({
  command: 'npm run bench:deploy --',
  about:
    'Measures how long consumers are without a session while three hubs are restarted one after the other.',
  options: { consumers: number('durable consumers', 5_000) },
  rest: null,
});
const CONSUMERS = values.consumers;
const HUBS = 3;
/** Each change goes to the consumers of its collection. */
const COLLECTIONS = 100;
/** Between two changes, in milliseconds: leaves the load generator and three hubs room on a small machine. */
const PUBLISH_EVERY_MS = 50;
const CONNECT_AT_ONCE = 100;
/** Between the restarts, in milliseconds. */
const REST_MS = 3_000;

const postgres = await sharedPostgres();
const redis = await sharedRedis();
const database = await postgres.createDatabase();
const ports = await Promise.all(Array.from({ length: HUBS }, freePort));
const environments = ports.map((port) => ({
  DATABASE_URL: database.url,
  REDIS_URL: redis.url,
  PORT: String(port),
  LOG_LEVEL: 'error',
}));
const hubs = await Promise.all(environments.map(spawnHub));
const loads = hubs.map(({ url }) => new HttpLoad(url, 2));
/** As a load balancer does it: a hub that was told to stop gets nothing new. */
const inService = hubs.map(() => true);
const anyOf = <T>(list: readonly T[]): T => {
  const usable = list.filter((_one, n) => inService[n]);
  return usable[Math.floor(Math.random() * usable.length)] as T;
};

const consumers: DeployConsumer[] = [];
const collectionOf = (n: number): string => `c${n % COLLECTIONS}`;
for (let n = 0; n < CONSUMERS; n += 1) {
  consumers.push(new DeployConsumer(`consumer ${n}`, collectionOf(n), () => anyOf(hubs).url));
  while (consumers.filter((one) => !one.connected).length >= CONNECT_AT_ONCE) await sleep(5);
}
const allConnected = async (): Promise<void> => {
  while (!consumers.every((one) => one.connected)) await sleep(20);
};
await allConnected();

let published = 0;
let calls = 0;
let stopped = false;
/** Publishes one change after the other, to any hub; what was not answered is sent again, with the same sourceId. */
async function publishAll(): Promise<void> {
  while (!stopped) {
    const after: Numbered = { n: Math.floor(published / COLLECTIONS) + 1, sentAt: performance.now() };
    const change = {
      sourceId: String(published),
      collection: collectionOf(published),
      key: 'k',
      data: after,
    };
    for (let recorded = false; !recorded; calls += 1) {
      recorded = await anyOf(loads)
        .publish([change])
        .then(
          () => true,
          () => false,
        );
    }
    published += 1;
    await sleep(PUBLISH_EVERY_MS);
  }
}

const summary = (figures: readonly number[]): string => {
  const at = (share: number): string => quantile(figures, share).toFixed(0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms (${figures.length})`;
};
const latenciesSince = (): string => {
  const all = consumers.flatMap((one) => one.latencies);
  for (const one of consumers) one.latencies.length = 0;
  return summary(all);
};
const print = (what: string, figures: string): void =>
  void process.stdout.write(`${what.padEnd(44)} ${figures}\n`);

print('consumers, hubs', `${CONSUMERS}, ${HUBS}`);
const publishing = publishAll();
await sleep(REST_MS);
print('latency before', latenciesSince());
for (const [n, environment] of environments.entries()) {
  const begun = performance.now();
  inService[n] = false;
  hubs[n]?.process.signal('SIGTERM');
  const exit = await hubs[n]?.process.closed;
  const stopMs = performance.now() - begun;
  await allConnected();
  const movedMs = performance.now() - begun;
  const moves = consumers.flatMap((one) => one.moves.splice(0));
  hubs[n] = await spawnHub(environment);
  inService[n] = true;
  print(`hub ${n + 1}: stopped (exit code ${String(exit?.code)}) after`, `${stopMs.toFixed(0)} ms`);
  print(`hub ${n + 1}: all consumers elsewhere after`, `${movedMs.toFixed(0)} ms`);
  print(`hub ${n + 1}: without a session`, summary(moves));
  print(`hub ${n + 1}: latency meanwhile`, latenciesSince());
  await sleep(REST_MS);
}
stopped = true;
await publishing;
const wanted = (n: number): number => Math.floor((published - 1 - (n % COLLECTIONS)) / COLLECTIONS) + 1;
while (!consumers.every((one, n) => one.received >= wanted(n) || one.error !== null)) await sleep(20);
print('latency after', latenciesSince());
const sum = (of: (one: DeployConsumer) => number): string =>
  String(consumers.reduce((all, one) => all + of(one), 0));
print('changes published (calls)', `${published} (${calls})`);
print(
  'changes delivered, each once',
  sum((one) => one.received),
);
print(
  'delivered again',
  sum((one) => one.again),
);
print(
  'skipped',
  sum((one) => one.skipped),
);
print(
  'subscriptions that failed',
  sum((one) => (one.error === null ? 0 : 1)),
);
const codes = new Map<number, number>();
for (const code of consumers.flatMap((one) => one.closeCodes)) codes.set(code, (codes.get(code) ?? 0) + 1);
print('connections ended by', [...codes].map(([code, count]) => `${code}: ${count}`).join(', '));

await Promise.all(consumers.map((one) => one.close()));
for (const load of loads) load.close();
await Promise.all(hubs.map((hub) => hub.process.kill('SIGTERM')));
await database.drop();
await redis.dispose();
await postgres.dispose();
process.exit(0);
