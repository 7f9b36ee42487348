import { databaseKinds } from '../support/databases.js';
import { ask } from '../support/client.js';
import { acknowledge, CHANGES, changesOf, follow, publish } from '../support/operations.js';
import type { BatchData, ConsumerData } from '../support/operations.js';
import type { TestSubscription } from '../support/client.js';
import { startHub } from '../support/hub.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { closedAfterEach } from './support/cleanup.js';
import { fresh, ownHub } from './support/own-hub.js';
import { present } from '../support/present.js';
import { RawSocket } from './support/raw-socket.js';

type Batches = TestSubscription<{ changes: BatchData }>;

/** One name, one live session: takeover, deletion, leaving and coming back. */
describe.each(databaseKinds)('sessions of a consumer on $name', (kind) => {
  const hub = ownHub(kind);
  const kept = closedAfterEach();

  const subscribed = (variables: object, url = hub.url): Batches => kept(follow(url, variables));
  const record = async (collection: string, ...keys: readonly string[]): Promise<void> => {
    await publish(
      hub.url,
      keys.map((key) => ({ collection, key, data: {} })),
    );
  };
  const received = (subscription: Batches, count: number): Promise<unknown> =>
    eventually(() => changesOf(subscription).length >= count, { what: `${count} changes` });
  const keysOf = (subscription: Batches): string[] => changesOf(subscription).map(({ key }) => key);

  it('the newest takes over, and the older ends with CONSUMER_TAKEN_OVER', async () => {
    const [name, collection] = [fresh('c'), fresh('taken')];
    const older = subscribed({ consumer: name, filter: { collections: [collection] } });
    await older.received(1);
    await record(collection, 'a');
    await received(older, 1);
    const newer = subscribed({ consumer: name });
    expect(await older.failure()).toMatchObject({
      message: expect.stringContaining(name) as string,
      extensions: { code: 'CONSUMER_TAKEN_OVER', consumer: name },
    });
    await record(collection, 'b');
    await received(newer, 2);
    expect([keysOf(older), keysOf(newer)]).toEqual([['a'], ['a', 'b']]);
    expect(newer.errors).toBeNull();
  });

  it('ends by one error message, which says why in the frame itself, and the socket lives on', async () => {
    const name = fresh('c');
    const raw = await RawSocket.greeted(hub.url);
    kept({ close: async () => raw.drop() });
    const subscribe = (id: string): void =>
      raw.send({ id, type: 'subscribe', payload: { query: CHANGES, variables: { consumer: name } } });
    subscribe('older');
    await raw.frame((frame) => frame.id === 'older');
    subscribe('newer');
    const error = await raw.frame((frame) => frame.type === 'error');
    expect(error).toMatchObject({ id: 'older', payload: [{ extensions: { code: 'CONSUMER_TAKEN_OVER' } }] });
    await raw.frame((frame) => frame.id === 'newer' && frame.type === 'next');
    expect(raw.frames.filter((frame) => frame.id === 'older').map((frame) => frame.type)).toEqual([
      'next',
      'error',
    ]);
    expect(raw.closed).toBeNull();
  });

  it('many that begin at once leave one', async () => {
    const name = fresh('c');
    const sessions = Array.from({ length: 8 }, () => subscribed({ consumer: name }));
    const ended = (): Batches[] => sessions.filter(({ errors }) => errors !== null);
    await eventually(() => ended().length === 7, { what: 'all sessions but one to end' });
    expect(ended().map(({ errors }) => errors?.[0]?.extensions?.code)).toEqual(
      Array<string>(7).fill('CONSUMER_TAKEN_OVER'),
    );
    const [winner] = sessions.filter(({ errors }) => errors === null);
    await record(fresh('any'), 'a');
    await received(present(winner), 1);
  });

  it('a session at another hub takes over as well', async () => {
    const name = fresh('c');
    const other = kept(await startHub({ DATABASE_URL: hub.database.url }));
    const older = subscribed({ consumer: name });
    await older.received(1);
    const newer = subscribed({ consumer: name }, other.url);
    await newer.received(1);
    expect(await older.failure()).toMatchObject({ extensions: { code: 'CONSUMER_TAKEN_OVER' } });
    await record(fresh('any'), 'a');
    await received(newer, 1);
    expect(keysOf(older)).toEqual([]);
  });

  it('deleting the consumer ends its session with CONSUMER_DELETED', async () => {
    const name = fresh('c');
    const consumer = subscribed({ consumer: name });
    await consumer.received(1);
    await ask(hub.url, 'mutation ($name: ID!) { deleteConsumer(name: $name) { name } }', { name });
    expect(await consumer.failure()).toMatchObject({
      extensions: { code: 'CONSUMER_DELETED', consumer: name },
    });
    expect(await ask(hub.url, 'query ($name: ID!) { consumer(name: $name) { name } }', { name })).toEqual({
      consumer: null,
    });
  });

  it('unsubscribing ends it, and subscribing again goes on behind what was acknowledged', async () => {
    const [name, collection] = [fresh('c'), fresh('again')];
    const options = { consumer: name, startAt: 'EARLIEST', filter: { collections: [collection] } };
    await record(collection, 'a', 'b', 'c');
    const first = subscribed(options);
    await received(first, 3);
    await acknowledge(hub.url, name, changesOf(first)[0]?.cursor ?? '');
    first.unsubscribe();
    await eventuallyPasses(
      async () => {
        const { consumer } = await ask<{ consumer: ConsumerData }>(
          hub.url,
          'query ($name: ID!) { consumer(name: $name) { connected inFlight } }',
          { name },
        );
        expect(consumer).toEqual({ connected: false, inFlight: 0 });
      },
      { what: 'the session to be over' },
    );
    await record(collection, 'd');
    const second = subscribed(options);
    await received(second, 3);
    expect(keysOf(second)).toEqual(['b', 'c', 'd']);
    expect(keysOf(first)).toEqual(['a', 'b', 'c']);
    expect(first.errors).toBeNull();
  });

  it('a socket that breaks frees the name for the next session, without an error on it', async () => {
    const [name, collection] = [fresh('c'), fresh('broken')];
    await record(collection, 'a');
    const raw = await RawSocket.greeted(hub.url);
    const variables = { consumer: name, startAt: 'EARLIEST', filter: { collections: [collection] } };
    raw.send({ id: '1', type: 'subscribe', payload: { query: CHANGES, variables } });
    await raw.frame((frame) => JSON.stringify(frame).includes('"a"'));
    raw.drop();
    const next = subscribed({ consumer: name });
    await received(next, 1);
    expect(keysOf(next)).toEqual(['a']);
    expect(next.errors).toBeNull();
  });

  it('end where the id of their operation is used again before it has begun: the socket is closed', async () => {
    const socket = await RawSocket.greeted(hub.url);
    const subscribe = { id: '1', type: 'subscribe', payload: { query: CHANGES } };
    for (const message of [subscribe, { id: '1', type: 'complete' }, subscribe])
      socket.send(JSON.stringify(message));
    await eventually(() => socket.closed, { what: 'the socket to be closed' });
    expect(socket.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' });
    await eventually(
      async () => /^tidemark_subscriptions 0$/m.test(await (await fetch(`${hub.url}/metrics`)).text()),
      { what: 'no subscription to be left' },
    );
  });
});
