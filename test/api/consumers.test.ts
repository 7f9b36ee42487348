import { databaseKinds } from '../support/databases.js';
import { ask, post } from '../support/client.js';
import { ACKNOWLEDGE, acknowledge, changesOf, follow, publish } from '../support/operations.js';
import type { BatchData, ConsumerData } from '../support/operations.js';
import type { TestSubscription } from '../support/client.js';
import { startHub } from '../support/hub.js';
import { present } from '../support/present.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { closedAfterEach } from './support/cleanup.js';
import { fresh, headOf, ownHub } from './support/own-hub.js';

const FIELDS = 'name cursor lag inFlight connected paused createdAt acknowledgedAt';
type Consumer = ConsumerData & { readonly paused: boolean; readonly createdAt: string };

/** Durable consumers: made, found, forgotten, and where they start. */
describe.each(databaseKinds)('consumers on $name', (kind) => {
  const hub = ownHub(kind);
  const kept = closedAfterEach();

  const subscribed = (variables: object): TestSubscription<{ changes: BatchData }> =>
    kept(follow(hub.url, variables));
  const create = async (input: object): Promise<Consumer> =>
    (
      await ask<{ createConsumer: Consumer }>(
        hub.url,
        `mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { ${FIELDS} } }`,
        { input },
      )
    ).createConsumer;
  const find = async (name: string): Promise<Consumer | null> =>
    (
      await ask<{ consumer: Consumer | null }>(
        hub.url,
        `query ($name: ID!) { consumer(name: $name) { ${FIELDS} } }`,
        { name },
      )
    ).consumer;
  const DELETE = `mutation ($name: ID!) { deleteConsumer(name: $name) { ${FIELDS} } }`;
  const record = async (collection: string, ...keys: readonly string[]): Promise<string[]> => {
    const { results } = await publish(
      hub.url,
      keys.map((key) => ({ collection, key, data: {} })),
    );
    return results.map(({ change }) => change?.cursor ?? '');
  };
  const keysOf = (subscription: TestSubscription<{ changes: BatchData }>): string[] =>
    changesOf(subscription).map(({ key }) => key);

  describe('a consumer that is created', () => {
    it('is there from then on, at the place that it starts after', async () => {
      await record('any', fresh('k'));
      const name = fresh('c');
      const made = await create({ name });
      expect(made).toEqual({
        ...{ name, cursor: await headOf(hub.url), lag: 0, inFlight: 0, connected: false, paused: false },
        ...{ createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string, acknowledgedAt: null },
      });
      expect(await find(name)).toEqual(made);
      const { consumers } = await ask<{ consumers: Consumer[] }>(hub.url, `{ consumers { ${FIELDS} } }`);
      expect(consumers).toContainEqual(made);
      expect(consumers.map((one) => one.name)).toEqual(consumers.map((one) => one.name).sort());
    });

    it('is not created again: CONSUMER_EXISTS', async () => {
      const name = fresh('c');
      await create({ name });
      const { errors } = await post(
        hub.url,
        'mutation ($name: ID!) { createConsumer(input: { name: $name, startAt: EARLIEST }) { name } }',
        { name },
      );
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONSUMER_EXISTS', consumer: name });
    });

    it('keeps its filter when a subscription gives none', async () => {
      const [name, collection] = [fresh('c'), fresh('kept')];
      await create({ name, filter: { collections: [collection], excludeSources: ['erp'] } });
      const consumer = subscribed({ consumer: name });
      await consumer.received(1);
      await record('others', 'not-this');
      await publish(hub.url, [{ collection, key: 'not-that', data: {} }], { source: 'erp' });
      await record(collection, 'this');
      await eventually(() => changesOf(consumer).length > 0, { what: 'a change' });
      expect(keysOf(consumer)).toEqual(['this']);
    });
  });

  describe('a consumer that is deleted', () => {
    it('answers what it was, and is gone', async () => {
      const name = fresh('c');
      const made = await create({ name });
      expect(await ask(hub.url, DELETE, { name })).toEqual({ deleteConsumer: made });
      expect(await find(name)).toBeNull();
    });

    it.each([
      ['deleteConsumer', DELETE],
      [
        'acknowledge',
        'mutation ($name: ID!, $cursor: Cursor!) { acknowledge(consumer: $name, cursor: $cursor) { name } }',
      ],
    ])('is not there for %s: CONSUMER_NOT_FOUND', async (_name, mutation) => {
      const name = fresh('c');
      await create({ name });
      await ask(hub.url, DELETE, { name });
      const { errors } = await post(hub.url, mutation, { name, cursor: await headOf(hub.url) });
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONSUMER_NOT_FOUND', consumer: name });
    });

    it('is made anew by a subscription, without what it was', async () => {
      const [name, collection] = [fresh('c'), fresh('anew')];
      await create({ name, filter: { collections: ['nothing'] } });
      await record(collection, 'a');
      await ask(hub.url, DELETE, { name });
      const consumer = subscribed({
        consumer: name,
        startAt: 'EARLIEST',
        filter: { collections: [collection] },
      });
      await eventually(() => changesOf(consumer).length > 0, { what: 'a change' });
      expect(keysOf(consumer)).toEqual(['a']);
    });
  });

  describe.each(['createConsumer', 'a first subscription'])('where %s starts', (how) => {
    /** Makes a consumer either way, and answers what it then gets of three changes, of which two were there before. */
    const startOf = async (collection: string, start: object): Promise<string[]> => {
      const name = fresh('c');
      const filter = { collections: [collection] };
      const made = how === 'createConsumer' ? await create({ name, filter, ...start }) : null;
      const consumer = subscribed(
        how === 'createConsumer' ? { consumer: name } : { consumer: name, filter, ...start },
      );
      const [first] = await consumer.received(1);
      expect(first?.changes.changes).toEqual([]);
      // Later its own cursor has moved over what the filter leaves out.
      expect(made?.cursor ?? first?.changes.cursor).toBe(first?.changes.cursor);
      await record(collection, 'c');
      await eventually(() => keysOf(consumer).includes('c'), { what: 'the newest change' });
      return keysOf(consumer);
    };

    it('EARLIEST: with every change that the log holds', async () => {
      const collection = fresh('start');
      await record(collection, 'a', 'b');
      expect(await startOf(collection, { startAt: 'EARLIEST' })).toEqual(['a', 'b', 'c']);
    });

    it.each([{}, { startAt: 'LATEST' }])(
      'LATEST, or nothing said (%j): with what comes from now on',
      async (start) => {
        const collection = fresh('start');
        await record(collection, 'a', 'b');
        expect(await startOf(collection, start)).toEqual(['c']);
      },
    );

    it('CURSOR: right behind the cursor', async () => {
      const collection = fresh('start');
      const [cursor] = await record(collection, 'a', 'b');
      expect(await startOf(collection, { startAt: 'CURSOR', cursor })).toEqual(['b', 'c']);
    });

    it('TIME: with what was recorded at or after the time', async () => {
      const collection = fresh('start');
      await record(collection, 'a');
      const { results } = await eventually(
        async () => {
          const answer = await publish(hub.url, [
            { collection, key: 'b', write: 'UPSERT', data: { at: Date.now() } },
          ]);
          const { changes } = await ask<{ changes: { nodes: { recordedAt: string }[] } }>(
            hub.url,
            'query ($c: [String!]) { changes(last: 2, filter: { collections: $c }) { nodes { recordedAt } } }',
            { c: [collection] },
          );
          return changes.nodes[0]?.recordedAt !== changes.nodes[1]?.recordedAt && answer;
        },
        { what: 'two changes of different milliseconds' },
      );
      const time = results[0]?.change?.recordedAt;
      expect(await startOf(collection, { startAt: 'TIME', time })).toEqual(['b', 'c']);
    });

    it('TIME in the future: with what is recorded from then on, also for a consumer that is sought there', async () => {
      const [name, collection] = [fresh('late'), fresh('future')];
      const filter = { collections: [collection] };
      const put = async (key: string): Promise<string> =>
        present((await publish(hub.url, [{ collection, key, data: {} }])).results[0]?.change).recordedAt;
      const time = new Date(Date.parse(await put('a')) + 1_500).toISOString();
      const anonymous = follow(hub.url, { startAt: 'TIME', time, filter });
      const durable = follow(hub.url, { consumer: name, startAt: 'TIME', time, filter });
      const sought = follow(hub.url, { consumer: `${name} sought`, startAt: 'EARLIEST', filter });
      for (const reader of [anonymous, durable, sought]) await reader.received(1);
      const seek = `mutation ($name: ID!, $time: DateTime!) { seekConsumer(name: $name, to: TIME, time: $time) { name } }`;
      await ask(hub.url, seek, { name: `${name} sought`, time });
      await eventually(
        () => sought.messages.filter(({ changes }) => changes.changes.length === 0).length >= 2,
        {
          what: 'the first batch after the seek',
        },
      );
      const recorded = new Map<string, string>();
      await eventually(
        async () => {
          const key = `b${recorded.size}`;
          recorded.set(key, await put(key));
          return [...recorded.values()].filter((at) => at >= time).length >= 2;
        },
        { what: 'two changes at or after the time', intervalMs: 100 },
      );
      const wanted = [...recorded].filter(([, at]) => at >= time).map(([key]) => key);
      expect(wanted.length).toBeLessThan(recorded.size);
      for (const reader of [anonymous, durable, sought]) {
        const keys = (): string[] =>
          changesOf(reader)
            .map(({ key }) => key)
            .filter((key) => key !== 'a');
        await eventually(() => keys().length >= wanted.length, { what: 'the changes from the time on' });
        expect(keys()).toEqual(wanted);
        await reader.close();
      }
    });
  });

  it('passes a later startAt over, and goes on behind what was acknowledged', async () => {
    const [name, collection] = [fresh('c'), fresh('later')];
    const filter = { collections: [collection] };
    const before = subscribed({ consumer: name, startAt: 'LATEST', filter });
    await before.received(1);
    const [, b] = await record(collection, 'a', 'b', 'c');
    await eventually(() => changesOf(before).length === 3, { what: 'three changes' });
    await acknowledge(hub.url, name, b ?? '');
    await before.close();
    const after = subscribed({ consumer: name, startAt: 'EARLIEST' });
    await eventually(() => changesOf(after).length > 0, { what: 'a change' });
    expect(keysOf(after)).toEqual(['c']);
    expect(after.messages[0]?.changes.cursor).toBe(b);
  });

  it('replaces the kept filter by one that is given, from there on and for later sessions', async () => {
    const [name, one, other] = [fresh('c'), fresh('one'), fresh('other')];
    const first = subscribed({ consumer: name, startAt: 'LATEST', filter: { collections: [one] } });
    await first.received(1);
    await record(one, 'a');
    await eventually(() => changesOf(first).length === 1, { what: 'a change' });
    await acknowledge(hub.url, name, first.messages.at(-1)?.changes.cursor ?? '');
    await first.close();
    // What the first session passed and left out would count as acknowledged.
    await record(other, 'b');

    const second = subscribed({ consumer: name, filter: { collections: [other] } });
    await eventually(() => changesOf(second).length > 0, { what: 'a change' });
    await second.close();
    const third = subscribed({ consumer: name });
    await record(one, 'c');
    await record(other, 'd');
    await eventually(() => changesOf(third).length === 2, { what: 'two changes' });
    expect([keysOf(first), keysOf(second), keysOf(third)]).toEqual([['a'], ['b'], ['b', 'd']]);
  });

  describe('lag, inFlight and connected', () => {
    it('tell what lies behind the cursor, what is out, and whether a session is open', async () => {
      const [name, collection] = [fresh('c'), fresh('told')];
      await create({ name, filter: { collections: [collection] } });
      const cursors = await record(collection, 'a', 'b');
      await record('others', fresh('k'));
      expect(await find(name)).toMatchObject({ lag: 3, inFlight: 0, connected: false });
      const consumer = subscribed({ consumer: name });
      await eventually(() => changesOf(consumer).length === 2, { what: 'two changes' });
      await eventuallyPasses(
        async () => expect(await find(name)).toMatchObject({ lag: 3, inFlight: 2, connected: true }),
        { what: 'the hub to report its session' },
      );
      expect(await acknowledge(hub.url, name, cursors[0] ?? '')).toMatchObject({
        ...{ cursor: cursors[0], lag: 2, inFlight: 1, connected: true },
        acknowledgedAt: expect.stringMatching(/Z$/) as string,
      });
      await consumer.close();
      await eventuallyPasses(
        async () => expect(await find(name)).toMatchObject({ lag: 2, inFlight: 0, connected: false }),
        { what: 'the session to be gone' },
      );
    });
  });

  describe('acknowledge', () => {
    it('moves the cursor forward only: an older one changes nothing and is no error', async () => {
      const [name, collection] = [fresh('c'), fresh('acked')];
      const consumer = subscribed({ consumer: name, filter: { collections: [collection] } });
      await consumer.received(1);
      const [a, b] = await record(collection, 'a', 'b');
      await eventually(() => changesOf(consumer).length === 2, { what: 'two changes' });
      const first = await acknowledge(hub.url, name, b ?? '');
      expect(first).toMatchObject({ cursor: b, lag: 0 });
      expect(await acknowledge(hub.url, name, a ?? '')).toEqual(first);
      expect(await find(name)).toMatchObject(first);
    });

    it('of what was not sent yet is refused: CURSOR_AHEAD', async () => {
      const [name, collection] = [fresh('c'), fresh('ahead')];
      const consumer = subscribed({ consumer: name, filter: { collections: [collection] }, maxInFlight: 1 });
      await consumer.received(1);
      const [a, b] = await record(collection, 'a', 'b');
      await eventually(() => changesOf(consumer).length === 1, {
        what: 'the one change that may be in flight',
      });
      const { errors } = await post(
        hub.url,
        'mutation ($name: ID!, $b: Cursor!) { acknowledge(consumer: $name, cursor: $b) { cursor } }',
        { name, b },
      );
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_AHEAD', path: 'cursor' });
      expect(await acknowledge(hub.url, name, a ?? '')).toMatchObject({ cursor: a });
    });

    it('of what was never sent is refused where the consumer has no session: CURSOR_AHEAD', async () => {
      const [name, collection] = [fresh('c'), fresh('unsent')];
      const { cursor: start } = await create({ name });
      const [a] = await record(collection, 'a');
      const { errors } = await post(hub.url, ACKNOWLEDGE, { consumer: name, cursor: a });
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_AHEAD', path: 'cursor' });
      expect(await acknowledge(hub.url, name, start)).toMatchObject({ cursor: start });
      const consumer = subscribed({ consumer: name });
      await eventually(() => changesOf(consumer).length === 1, { what: 'the change' });
      await consumer.close();
      await eventually(async () => (await find(name))?.connected === false, {
        what: 'the session to be gone',
      });
      expect(await acknowledge(hub.url, name, a ?? '')).toMatchObject({ cursor: a });
    });

    it('survives a restart of the hub', async () => {
      const own = await kind.create();
      kept({ close: () => own.drop() });
      const before = kept(await startHub({ DATABASE_URL: own.url }));
      const consumer = kept(follow(before.url, { consumer: 'durable', startAt: 'EARLIEST' }));
      await publish(
        before.url,
        ['a', 'b', 'c'].map((key) => ({ collection: 'k', key, data: {} })),
      );
      await eventually(() => changesOf(consumer).length === 3, { what: 'three changes' });
      await acknowledge(before.url, 'durable', changesOf(consumer)[1]?.cursor ?? '');
      await before.close();
      const after = kept(await startHub({ DATABASE_URL: own.url }));
      const again = kept(follow(after.url, { consumer: 'durable' }));
      await eventually(() => changesOf(again).length > 0, { what: 'the change that was not acknowledged' });
      expect(keysOf(again)).toEqual(['c']);
    });
  });
});
