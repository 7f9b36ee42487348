import { databaseKinds } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { ownHub } from '../api/support/own-hub.js';

/** Values of Prometheus' text format by their names, labels included as they stand. */
async function metricsOf(url: string): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

describe.each(databaseKinds)('metrics of a hub on $name', (kind) => {
  const hub = ownHub(kind);
  const kept = closedAfterEach();

  it('count from zero what the rooms do, and tell lag and in-flight of each consumer', async () => {
    expect(await metricsOf(hub.url)).toMatchObject({
      ...{ tidemark_changes_appended_total: 0, tidemark_commit_seconds_count: 0, tidemark_subscriptions: 0 },
      ...{ tidemark_batches_delivered_total: 0, tidemark_changes_delivered_total: 0 },
      ...{ tidemark_acknowledgements_total: 0, tidemark_feed_position: 0 },
      ...{ 'tidemark_signal_state{state="in-process"}': 1, 'tidemark_signal_state{state="down"}': 0 },
    });
    const consumer = kept(follow(hub.url, { consumer: 'watch "er"\\', startAt: 'EARLIEST', batchSize: 2 }));
    await consumer.received(1);
    const changes = ['a', 'b', 'c'].map((key) => ({ collection: 'k', key, data: {} }));
    const { cursor } = await publish(hub.url, [...changes, ...changes]);
    await eventually(() => changesOf(consumer).length === 3, { what: 'three changes' });
    const label = String.raw`{consumer="watch \"er\"\\"}`;
    await eventuallyPasses(
      async () =>
        expect(await metricsOf(hub.url)).toMatchObject({
          ...{
            tidemark_changes_appended_total: 3,
            tidemark_commit_seconds_count: 1,
            tidemark_subscriptions: 1,
          },
          // The first batch, empty, and two with changes.
          ...{
            tidemark_batches_delivered_total: 3,
            tidemark_changes_delivered_total: 3,
            tidemark_feed_position: 3,
          },
          ...{ [`tidemark_consumer_lag${label}`]: 3, [`tidemark_consumer_in_flight${label}`]: 3 },
          ...{ [`tidemark_consumer_connected${label}`]: 1 },
        }),
      { what: 'the metrics to tell of the changes' },
    );
    expect((await metricsOf(hub.url)).tidemark_commit_seconds_sum).toBeGreaterThan(0);
    await acknowledge(hub.url, 'watch "er"\\', cursor);
    await consumer.close();
    await eventuallyPasses(
      async () =>
        expect(await metricsOf(hub.url)).toMatchObject({
          ...{ tidemark_acknowledgements_total: 1, tidemark_subscriptions: 0 },
          ...{ [`tidemark_consumer_lag${label}`]: 0, [`tidemark_consumer_in_flight${label}`]: 0 },
          ...{ [`tidemark_consumer_connected${label}`]: 0 },
        }),
      { what: 'the metrics to tell of the acknowledgement' },
    );
  });

  it('tell of the process as well', async () => {
    expect((await metricsOf(hub.url)).process_cpu_seconds_total).toBeGreaterThan(0);
  });
});

describe('metrics of a hub with Redis', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
  }, 180_000);
  afterAll(() => redis.dispose());

  const kept = closedAfterEach();

  it('tell whether it is up', async () => {
    const database = await databaseKinds[0]?.create();
    const hub = kept(await startHub({ DATABASE_URL: database?.url, REDIS_URL: redis.url }));
    const state = async (of: string): Promise<boolean> =>
      (await metricsOf(hub.url))[`tidemark_signal_state{state="${of}"}`] === 1;
    await eventually(() => state('up'), { what: 'Redis to be up' });
    await redis.kill();
    await eventually(() => state('down'), { what: 'Redis to be down' });
  });
});
