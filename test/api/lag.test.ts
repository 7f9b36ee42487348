import { hostname } from 'node:os';
import { ask } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { acknowledge, changesOf, createConsumer, follow, publish } from '../support/operations.js';
import type { ConsumerData } from '../support/operations.js';
import { eventually, eventuallyPasses } from '../support/wait.js';
import { reject } from '../delivery/support/rejecting.js';
import { closedAfterEach } from './support/cleanup.js';
import { fresh, headOf, ownHub } from './support/own-hub.js';

const TOLD = `query ($name: ID!) { consumer(name: $name) {
  lagSeconds session { id hub since remoteAddress state } } }`;
interface Told {
  readonly lagSeconds: number;
  readonly session: {
    readonly id: string;
    readonly hub: string;
    readonly since: string;
    readonly remoteAddress: string | null;
    readonly state: string;
  } | null;
}

/** What a filter leaves out is no lag. */
describe.each(databaseKinds)('lag of a consumer with a filter on $name', (kind) => {
  const hub = ownHub(kind);
  const kept = closedAfterEach();

  const find = async (name: string, url = hub.url): Promise<ConsumerData> =>
    (
      await ask<{ consumer: ConsumerData }>(
        url,
        'query ($name: ID!) { consumer(name: $name) { name cursor lag inFlight acknowledgedAt } }',
        { name },
      )
    ).consumer;
  const record = async (collection: string, ...keys: readonly string[]): Promise<string[]> =>
    (
      await publish(
        hub.url,
        keys.map((key) => ({ collection, key, data: {} })),
      )
    ).results.map(({ change }) => change?.cursor ?? '');
  const expectLag = (name: string, lag: number): Promise<void> =>
    eventuallyPasses(async () => expect(await find(name)).toMatchObject({ lag }), {
      what: `a lag of ${lag}`,
    });

  it('is none where nothing matches, before and after a restart, though nothing was acknowledged', async () => {
    const database = await kind.create();
    kept({ close: () => database.drop() });
    const before = kept(await startHub({ DATABASE_URL: database.url }));
    const consumer = kept(
      follow(before.url, { consumer: 'c', startAt: 'EARLIEST', filter: { collections: ['nothing'] } }),
    );
    await consumer.received(1);
    for (let i = 0; i < 3; i += 1) {
      const changes = Array.from({ length: 500 }, (_, n) => ({
        collection: 'k',
        key: `${i}-${n}`,
        data: {},
      }));
      await publish(before.url, changes);
    }
    const head = await headOf(before.url);
    await eventuallyPasses(
      async () =>
        expect(await find('c', before.url)).toMatchObject({ lag: 0, cursor: head, acknowledgedAt: null }),
      { what: 'the cursor at the head' },
    );
    await before.close();
    const after = kept(await startHub({ DATABASE_URL: database.url }));
    expect(await find('c', after.url)).toMatchObject({ lag: 0, cursor: head });
    const again = kept(follow(after.url, { consumer: 'c' }));
    expect((await again.received(1))[0]?.changes.cursor).toBe(head);
  });

  it('begins with the oldest change that is in flight, and ends with its acknowledgement', async () => {
    const [name, mine, others] = [fresh('c'), fresh('mine'), fresh('others')];
    const consumer = kept(follow(hub.url, { consumer: name, filter: { collections: [mine] } }));
    await consumer.received(1);
    await record(others, 'a', 'b');
    const [a] = await record(mine, 'a');
    await record(others, 'c', 'd');
    await eventually(() => changesOf(consumer).length === 1, { what: 'the change' });
    await expectLag(name, 3);
    await acknowledge(hub.url, name, a ?? '');
    await expectLag(name, 0);
    const head = await headOf(hub.url);
    await eventually(async () => (await find(name)).cursor === head, { what: 'the cursor at the head' });
  });

  it('counts again where a later session has another filter, and nothing that was passed comes again', async () => {
    const [name, one, two] = [fresh('c'), fresh('one'), fresh('two')];
    const first = kept(follow(hub.url, { consumer: name, filter: { collections: [one] } }));
    await first.received(1);
    await record(two, 'passed');
    const head = await headOf(hub.url);
    await eventually(async () => (await find(name)).cursor === head, { what: 'the cursor at the head' });
    await first.close();
    const second = kept(follow(hub.url, { consumer: name, filter: { collections: [two] } }));
    await second.received(1);
    await record(two, 'new');
    await eventually(() => changesOf(second).length > 0, { what: 'the new change' });
    expect(changesOf(second).map(({ key }) => key)).toEqual(['new']);
    expect(await find(name)).toMatchObject({ lag: 1 });
  });

  it('is told in seconds, with the session, by the hub that holds it and by another', async () => {
    const database = await kind.create();
    kept({ close: () => database.drop() });
    const here = kept(await startHub({ DATABASE_URL: database.url }));
    const there = kept(await startHub({ DATABASE_URL: database.url }));
    const told = async (url: string): Promise<Told> =>
      (await ask<{ consumer: Told }>(url, TOLD, { name: 'c' })).consumer;
    await createConsumer(here.url, { name: 'c', filter: { keys: ['mine'] } });
    expect(await told(here.url)).toEqual({ lagSeconds: 0, session: null });
    const consumer = kept(follow(here.url, { consumer: 'c', maxInFlight: 1 }));
    const [first] = await consumer.received(1);
    await eventually(async () => (await told(here.url)).session?.state === 'LIVE', { what: 'it to be live' });
    const put = (key: string): Promise<unknown> =>
      publish(here.url, [{ collection: 'k', key, data: { at: Math.random() } }]);
    await put('other');
    expect(await told(here.url)).toEqual({
      lagSeconds: 0,
      session: {
        id: first?.changes.session,
        hub: `${hostname()}:${new URL(here.url).port}`,
        since: expect.stringMatching(/^2\d{3}-.*Z$/) as string,
        remoteAddress: '127.0.0.1',
        state: 'LIVE',
      },
    });
    for (const key of ['mine', 'mine']) await put(key);
    for (const url of [here.url, there.url]) {
      await eventually(async () => (await told(url)).session?.state === 'WAITING', { what: 'a full window' });
      const { lagSeconds, session } = await told(url);
      expect(lagSeconds).toBeGreaterThan(0);
      expect(session).toMatchObject({ id: first?.changes.session, remoteAddress: '127.0.0.1' });
    }
    await ask(there.url, 'mutation { pauseConsumer(name: "c") { name } }');
    expect((await told(here.url)).session?.state).toBe('PAUSED');
    await consumer.close();
    await eventually(async () => (await told(there.url)).session === null, { what: 'it to be gone' });
    expect((await told(there.url)).lagSeconds).toBeGreaterThan(0);
  });

  it('grows while a rejected change waits, and is none once it is settled', async () => {
    const [name, mine] = [fresh('c'), fresh('mine')];
    await createConsumer(hub.url, { name, filter: { collections: [mine] } });
    const consumer = kept(follow(hub.url, { consumer: name }));
    await consumer.received(1);
    const [a] = await record(mine, 'a');
    await eventually(() => changesOf(consumer).length === 1, { what: 'the change' });
    await reject(hub.url, name, a ?? '', { retryInSeconds: 0 });
    await acknowledge(hub.url, name, a ?? '');
    await record(fresh('others'), 'b', 'c');
    const again = await eventually(() => consumer.messages.find(({ changes }) => changes.attempt === 2), {
      what: 'the change to come again',
    });
    expect(await find(name)).toMatchObject({ lag: 2, cursor: a });
    await acknowledge(hub.url, name, again.changes.cursor);
    await expectLag(name, 0);
  });
});
