import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { databaseKinds } from '../support/databases.js';
import { ask, subscribe, TestSubscription } from '../support/client.js';
import { acknowledge, CHANGES, changesOf, follow, publish } from '../support/operations.js';
import type { BatchData } from '../support/operations.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { closedAfterEach } from './support/cleanup.js';
import { fresh, headOf, ownHub } from './support/own-hub.js';
import { present } from '../support/present.js';

type Batches = TestSubscription<{ changes: BatchData }>;

/** What a subscriber sees: batches, windows, the seam between old and new. */
describe.each(databaseKinds)('a subscription on $name', (kind) => {
  // A tail of nothing: what was there before a subscription is read from the database.
  const hub = ownHub(kind, { TAIL_BYTES: '0' });
  const kept = closedAfterEach();

  const subscribed = (variables: object): Batches => kept(follow(hub.url, variables));
  const record = async (collection: string, count: number, from = 0): Promise<string[]> => {
    const changes = Array.from({ length: count }, (_, i) => ({ collection, key: `k${from + i}`, data: {} }));
    return (await publish(hub.url, changes)).results.map(({ change }) => change?.cursor ?? '');
  };
  const keysOf = (subscription: Batches): string[] => changesOf(subscription).map(({ key }) => key);
  const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);
  const received = (subscription: Batches, count: number): Promise<unknown> =>
    eventually(() => subscription.errors ?? changesOf(subscription).length >= count, {
      what: `${count} changes`,
    });

  describe('the first batch', () => {
    it('is empty and comes at once, its cursor the start, its head the end of the log', async () => {
      const collection = fresh('first');
      const cursors = await record(collection, 3);
      const latest = subscribed({ filter: { collections: [collection] } });
      const [first] = await latest.received(1);
      const head = await headOf(hub.url);
      expect(first?.changes).toMatchObject({ cursor: head, head, changes: [] });
      const behind = subscribed({
        startAt: 'CURSOR',
        cursor: cursors[0],
        filter: { collections: [collection] },
      });
      await received(behind, 2);
      expect(behind.messages[0]?.changes).toMatchObject({ cursor: cursors[0], head, changes: [] });
    });

    it('comes on an empty filter too, and for a consumer whose window is full', async () => {
      const [name, collection] = [fresh('c'), fresh('full')];
      await record(collection, 2);
      const options = {
        consumer: name,
        startAt: 'EARLIEST',
        filter: { collections: [collection] },
        maxInFlight: 1,
      };
      const before = subscribed(options);
      await received(before, 1);
      await before.close();
      const again = subscribed(options);
      const [first] = await again.received(1);
      expect(first?.changes.changes).toEqual([]);
    });
  });

  describe('batchSize', () => {
    it('bounds every batch, in catch-up and live alike', async () => {
      const collection = fresh('batches');
      await record(collection, 7);
      const anonymous = subscribed({
        startAt: 'EARLIEST',
        filter: { collections: [collection] },
        batchSize: 3,
      });
      await received(anonymous, 7);
      await record(collection, 7, 7);
      await received(anonymous, 14);
      expect(keysOf(anonymous)).toEqual(keys(14));
      const sizes = anonymous.messages.map(({ changes }) => changes.changes.length);
      expect(sizes).toEqual([0, 3, 3, 1, 3, 3, 1]);
    });

    it("ends each batch's cursor where its changes end, so that an acknowledgement covers just them", async () => {
      const [name, collection] = [fresh('c'), fresh('batches')];
      const filter = { collections: [collection] };
      const consumer = subscribed({ consumer: name, filter, batchSize: 2 });
      await consumer.received(1);
      await record(collection, 5);
      await received(consumer, 5);
      const second = consumer.messages[2]?.changes;
      await acknowledge(hub.url, name, second?.cursor ?? '');
      await consumer.close();
      const again = subscribed({ consumer: name });
      await received(again, 1);
      expect(keysOf(again)).toEqual(['k4']);
    });
  });

  describe('maxInFlight', () => {
    it('holds changes back until an acknowledgement makes room, in catch-up and live alike', async () => {
      const [name, collection] = [fresh('c'), fresh('window')];
      const filter = { collections: [collection] };
      const old = await record(collection, 5);
      const consumer = subscribed({ consumer: name, startAt: 'EARLIEST', filter, maxInFlight: 3 });
      await received(consumer, 3);
      // An anonymous look at the same is not held back: when it has all, the consumer would have had time for more.
      const anonymous = subscribed({ startAt: 'EARLIEST', filter });
      await received(anonymous, 5);
      expect(keysOf(consumer)).toEqual(keys(3));
      await acknowledge(hub.url, name, old[1] ?? '');
      await received(consumer, 5);
      await acknowledge(hub.url, name, old[4] ?? '');

      await record(collection, 5, 5);
      await Promise.all([received(anonymous, 10), received(consumer, 8)]);
      expect(keysOf(consumer)).toEqual(keys(8));
      await acknowledge(hub.url, name, changesOf(consumer).at(-1)?.cursor ?? '');
      await received(consumer, 10);
      expect(keysOf(consumer)).toEqual(keys(10));
    });

    it('is filled, not overrun, by a batch that is larger', async () => {
      const [name, collection] = [fresh('c'), fresh('window')];
      await record(collection, 10);
      const filter = { collections: [collection] };
      const options = { consumer: name, startAt: 'EARLIEST', filter, batchSize: 100, maxInFlight: 4 };
      const consumer = subscribed(options);
      for (let done = 4; done <= 8; done += 4) {
        await received(consumer, done);
        expect(keysOf(consumer)).toEqual(keys(done));
        await acknowledge(hub.url, name, changesOf(consumer).at(-1)?.cursor ?? '');
      }
      await received(consumer, 10);
    });
  });

  it('goes from old changes to new ones without a seam, while changes are recorded', async () => {
    const collection = fresh('seam');
    const filter = { collections: [collection] };
    await record(collection, 500);
    const recorder = (async () => {
      for (let from = 500; from < 1_500; from += 10) await record(collection, 10, from);
    })();
    // Each begins where the one before it has come a little further, so that all of them meet the head in another place.
    const subscriptions = [subscribed({ startAt: 'EARLIEST', filter, batchSize: 7 })];
    for (let size = 50; size <= 350; size += 50) {
      await received(present(subscriptions.at(-1)), 2 * size);
      subscriptions.push(subscribed({ startAt: 'EARLIEST', filter, batchSize: size }));
    }
    await recorder;
    for (const subscription of subscriptions) {
      await received(subscription, 1_500);
      expect(keysOf(subscription)).toEqual(keys(1_500));
    }
  });

  it('sends several subscriptions of one socket, each what it asked for', async () => {
    const [one, other] = [fresh('one'), fresh('other')];
    const client = createClient({
      url: `${hub.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
    });
    const on = (variables: Record<string, unknown>): Batches =>
      kept(new TestSubscription<{ changes: BatchData }>(client, CHANGES, variables));
    const first = on({ filter: { collections: [one] } });
    const second = on({ filter: { collections: [other] } });
    const third = on({ consumer: fresh('c'), filter: { collections: [one] } });
    await Promise.all([first, second, third].map((subscription) => subscription.received(1)));
    await record(one, 2);
    await record(other, 3);
    await Promise.all([received(first, 2), received(second, 3), received(third, 2)]);
    first.unsubscribe();
    await record(one, 1, 2);
    await received(third, 3);
    expect([keysOf(first), keysOf(second), keysOf(third)]).toEqual([keys(2), keys(3), keys(3)]);
  });

  describe('an anonymous look', () => {
    it('keeps nothing, and is not held back by any window', async () => {
      const collection = fresh('look');
      await record(collection, 5);
      const { consumers: before } = await ask<{ consumers: object[] }>(hub.url, '{ consumers { name } }');
      const look = subscribed({ startAt: 'EARLIEST', filter: { collections: [collection] }, maxInFlight: 1 });
      await received(look, 5);
      expect(keysOf(look)).toEqual(keys(5));
      expect((await ask<{ consumers: object[] }>(hub.url, '{ consumers { name } }')).consumers).toHaveLength(
        before.length,
      );
    });
  });

  describe('the operation', () => {
    const send = async (query: string, variables: object = {}): Promise<Record<string, unknown>[]> => {
      const subscription = subscribe<Record<string, unknown>>(hub.url, query, variables);
      // A batch of one change each, behind the first that is empty.
      const messages = await subscription.received(3);
      await subscription.close();
      return [...messages];
    };

    it('may use aliases, fragments, directives and variables, with defaults and without', async () => {
      const collection = fresh('shaped');
      const [, b] = await record(collection, 2);
      const messages = await send(
        `subscription Watch($where: ChangeFilter!, $size: Int! = 1, $full: Boolean! = false, $none: ID) {
          log: changes(consumer: $none, startAt: EARLIEST, filter: $where, batchSize: $size) { ...Rest at: cursor }
        }
        fragment Rest on ChangeBatch { items: changes { ...Item version @skip(if: true) head: __typename } }
        fragment Item on Change { id: key ... on Change { after @include(if: $full) } }`,
        { where: { collections: [collection] } },
      );
      expect(messages[2]).toEqual({ log: { items: [{ id: 'k1', head: 'Change' }], at: b } });
    });

    it('may have its values inside', async () => {
      const collection = fresh('literal');
      await record(collection, 2);
      const messages = await send(
        `subscription { changes(startAt: EARLIEST, batchSize: 1, filter: {
          collections: "${collection}", operations: [CREATE], where: [{ field: "x", exists: false }] })
          { changes { key } } }`,
      );
      expect(messages).toEqual([
        { changes: { changes: [] } },
        { changes: { changes: [{ key: 'k0' }] } },
        { changes: { changes: [{ key: 'k1' }] } },
      ]);
    });

    it('that differs in shape or variables gets its own shape, side by side at the head', async () => {
      const collection = fresh('lanes');
      const query = `subscription ($f: ChangeFilter, $keys: Boolean!) {
        changes(filter: $f) { changes { key @include(if: $keys) collection @skip(if: $keys) } } }`;
      const f = { collections: [collection] };
      const look = (keys: boolean): Batches => kept(subscribe(hub.url, query, { f, keys }));
      const [a, b, c] = [look(true), look(false), look(true)] as const;
      await Promise.all([a, b, c].map((one) => one.received(1)));
      await record(collection, 1);
      await Promise.all([a, b, c].map((one) => received(one, 1)));
      expect([a, b, c].map((one) => one.messages.at(-1))).toEqual([
        { changes: { changes: [{ key: 'k0' }] } },
        { changes: { changes: [{ collection }] } },
        { changes: { changes: [{ key: 'k0' }] } },
      ]);
    });
  });

  it("moves an idle filter's cursor over what it leaves out, so that the consumer does not fall behind", async () => {
    const name = fresh('c');
    const consumer = subscribed({ consumer: name, filter: { collections: [fresh('nothing')] } });
    await consumer.received(1);
    const cursors = await record(fresh('others'), 3);
    await eventuallyPasses(
      () =>
        expect(consumer.messages.at(-1)?.changes).toMatchObject({
          cursor: cursors[2],
          head: cursors[2],
          changes: [],
        }),
      { what: 'a batch that moves the cursor' },
    );
    expect(await acknowledge(hub.url, name, cursors[2] ?? '')).toMatchObject({ lag: 0, cursor: cursors[2] });
  });

  it('moves the cursor of a filter that matches nothing in a long log, while it catches up', async () => {
    for (let i = 0; i < 3; i += 1) await record(fresh('long'), 1_000);
    const consumer = subscribed({ startAt: 'EARLIEST', filter: { collections: [fresh('nothing')] } });
    const head = await headOf(hub.url);
    await eventually(() => consumer.messages.at(-1)?.changes.cursor === head, {
      what: 'the cursor at the head',
    });
    expect(changesOf(consumer)).toEqual([]);
  });
});
