import { databaseKinds, sqlite } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { post } from '../support/client.js';
import {
  ACKNOWLEDGE,
  acknowledge,
  changesOf,
  createConsumer,
  follow,
  publish,
} from '../support/operations.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { reject } from '../delivery/support/rejecting.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { ownHub } from '../api/support/own-hub.js';
import { metricsOf } from './support/operator.js';

const codeOf = async (url: string, variables: object): Promise<unknown> =>
  (await post(url, ACKNOWLEDGE, variables)).errors?.[0]?.extensions?.code;

describe.each(databaseKinds)('metrics of a hub on $name', (kind) => {
  const hub = ownHub(kind);
  const kept = closedAfterEach();

  it('count from zero what the rooms do, and tell lag and in-flight of each consumer', async () => {
    expect(await metricsOf(hub.url)).toMatchObject({
      ...{ tidemark_changes_appended_total: 0, tidemark_commit_seconds_count: 0, tidemark_subscriptions: 0 },
      ...{ tidemark_batches_delivered_total: 0, tidemark_changes_delivered_total: 0 },
      ...{ tidemark_acknowledgements_total: 0, tidemark_feed_position: 0, tidemark_migrations_pending: 0 },
      ...{ tidemark_poll_interval_seconds: 0.25, tidemark_publish_waiting_changes: 0 },
      ...{ tidemark_publish_waiting_bytes: 0, tidemark_acknowledgement_oldest_seconds: 0 },
      tidemark_acknowledgements_failing: 0,
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
          ...{
            [`tidemark_consumer_waiting_rejections${label}`]: 0,
            [`tidemark_consumer_dead_letters${label}`]: 0,
          },
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

  it('count the acknowledgements that were written, and none that was refused', async () => {
    const count = async (): Promise<number> =>
      (await metricsOf(hub.url)).tidemark_acknowledgements_total ?? 0;
    const before = await count();
    const first = kept(follow(hub.url, { consumer: 'counted', startAt: 'EARLIEST' }));
    await first.received(2);
    const batch = first.messages.at(-1)?.changes;
    const cursor = batch?.cursor ?? '';
    const second = kept(follow(hub.url, { consumer: 'counted' }));
    await second.received(2);
    expect(await codeOf(hub.url, { consumer: 'nobody', cursor })).toBe('CONSUMER_NOT_FOUND');
    const stale = { consumer: 'counted', cursor, session: batch?.session };
    expect(await codeOf(hub.url, stale)).toBe('CONSUMER_TAKEN_OVER');
    expect((await count()) - before).toBe(0);
    await acknowledge(hub.url, 'counted', cursor);
    expect((await count()) - before).toBe(1);
  });

  it('tell what waits of what a consumer rejected, and what is dead', async () => {
    const name = 'rejecting';
    await createConsumer(hub.url, { name, maxAttempts: 2, filter: { collections: [name] } });
    const consumer = kept(follow(hub.url, { consumer: name }));
    await consumer.received(1);
    await publish(
      hub.url,
      ['a', 'a', 'b', 'c'].map((key, n) => ({ collection: name, key, data: { n } })),
    );
    await eventually(() => changesOf(consumer).length === 4, { what: 'four changes' });
    const [a, , b, c] = changesOf(consumer).map(({ cursor }) => cursor);
    const counts = async (): Promise<(number | undefined)[]> => {
      const metrics = await metricsOf(hub.url);
      return ['waiting_rejections', 'dead_letters'].map(
        (what) => metrics[`tidemark_consumer_${what}{consumer="${name}"}`],
      );
    };
    // Its second change is held behind it.
    await reject(hub.url, name, a ?? '', { retryInSeconds: 3_600 });
    await reject(hub.url, name, b ?? '', { retryInSeconds: 3_600 });
    expect(await counts()).toEqual([3, 0]);
    await reject(hub.url, name, c ?? '');
    const again = await eventually(() => consumer.messages.find(({ changes }) => changes.attempt === 2), {
      what: 'the change to come again',
    });
    await reject(hub.url, name, again.changes.cursor);
    expect(await counts()).toEqual([3, 1]);
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
    const database = await sqlite.create();
    kept({ close: () => database.drop() });
    const hub = kept(await startHub({ DATABASE_URL: database.url, REDIS_URL: redis.url }));
    const state = async (of: string): Promise<boolean> =>
      (await metricsOf(hub.url))[`tidemark_signal_state{state="${of}"}`] === 1;
    await eventually(() => state('up'), { what: 'Redis to be up' });
    await redis.kill();
    await eventually(() => state('down'), { what: 'Redis to be down' });
  });
});
