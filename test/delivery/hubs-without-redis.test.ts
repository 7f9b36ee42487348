/**
 * Two hubs on one database that cannot tell each other anything: what is done to a consumer at one of them holds at the
 * other, which has its session, all the same.
 */
import { connect } from '../contract/support/stand.js';
import { ask, post } from '../support/client.js';
import type { TestSubscription } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { ACKNOWLEDGE, acknowledge, createConsumer, follow, publish } from '../support/operations.js';
import type { BatchData } from '../support/operations.js';
import { present } from '../support/present.js';
import { eventually } from '../support/wait.js';
import { deadLetters, delivered, discard, namesOf, redrive, reject, tryReject } from './support/rejecting.js';

type Reader = TestSubscription<{ changes: BatchData }>;

const DELETE = 'mutation ($name: ID!) { deleteConsumer(name: $name) { name } }';
const DELETE_AND_CREATE = `mutation ($name: ID!, $input: CreateConsumerInput!) {
  deleteConsumer(name: $name) { name }
  createConsumer(input: $input) { name }
}`;
const STATE = 'query ($name: ID!) { consumer(name: $name) { cursor connected paused } }';
const PAUSE = 'mutation ($name: ID!) { pauseConsumer(name: $name) { paused } }';

describe.each(databaseKinds)('two hubs without Redis on $name', (kind) => {
  let database: OwnDatabase;
  let hubs: HubProcess[] = [];
  let here: string;
  let there: string;
  const readers: Reader[] = [];

  beforeAll(async () => {
    database = await kind.create();
    const environment = { DATABASE_URL: database.url, RETRY_FIRST_MS: '1' };
    hubs = [await spawnHub(environment), await spawnHub(environment)];
    [here = '', there = ''] = hubs.map(({ url }) => url);
  }, 60_000);

  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close();
  });

  afterAll(async () => {
    await Promise.all(hubs.map(({ process }) => process.kill('SIGKILL')));
    await database.drop();
  });

  let names = 0;
  /** A consumer, and a collection of the same name, that no other test uses. */
  const fresh = (word: string): string => `${word}-${(names += 1)}`;

  /** A consumer of its own collection that tries every change once. */
  const withOneAttempt = async (word: string): Promise<string> => {
    const name = fresh(word);
    await createConsumer(here, {
      name,
      startAt: 'EARLIEST',
      filter: { collections: [name] },
      maxAttempts: 1,
    });
    return name;
  };

  const put = async (collection: string, keys: readonly string[], url = here): Promise<readonly string[]> =>
    (
      await publish(
        url,
        keys.map((key) => ({ collection, key, data: { n: Math.random() } })),
      )
    ).results.map(({ change }) => present(change).cursor);

  async function session(url: string, name: string, options: object = {}): Promise<Reader> {
    const filter = { collections: [name] };
    const reader = follow(url, { consumer: name, startAt: 'EARLIEST', filter, ...options });
    readers.push(reader);
    await reader.received(1);
    return reader;
  }

  const idOf = (reader: Reader): string => present(reader.messages[0]?.changes.session);
  const cursorOf = async (name: string): Promise<string> =>
    (await ask<{ consumer: { cursor: string } }>(there, STATE, { name })).consumer.cursor;

  describe('a consumer that is deleted and made again at the other hub', () => {
    it.each<[string, (name: string) => Promise<unknown>]>([
      ['one after the other', (name) => ask(there, DELETE, { name })],
      ['in one request', (name) => ask(there, DELETE_AND_CREATE, { name, input: { name } })],
    ])('ends the old session, whose acknowledgements no longer count: %s', async (_how, again) => {
      const name = fresh('reborn');
      const cursors = await put(name, ['a', 'b']);
      const old = await session(here, name);
      await delivered(old, 2);
      await again(name);
      const young = await session(there, name, { maxInFlight: 1 });
      expect(idOf(young)).not.toBe(idOf(old));
      const start = await cursorOf(name);
      const late = { consumer: name, cursor: cursors[1], session: idOf(old) };
      const answer = await post(here, ACKNOWLEDGE, late);
      expect(answer.errors?.[0]?.extensions?.code).toBe('CONSUMER_TAKEN_OVER');
      expect(await cursorOf(name)).toBe(start);
      expect((await old.failure()).extensions?.code).toBe('CONSUMER_DELETED');
      expect(young.errors).toBeNull();
    });

    it('may be followed at the hub that held the old session', async () => {
      const name = fresh('back');
      const olds = [await session(here, name), await session(here, name), await session(here, name)];
      await ask(there, DELETE_AND_CREATE, { name, input: { name } });
      const young = await session(here, name);
      expect((await present(olds[2]).failure()).extensions?.code).toBe('CONSUMER_DELETED');
      await put(name, ['a']);
      await delivered(young, 1);
      expect(young.errors).toBeNull();
      expect(new Set([...olds, young].map(idOf)).size).toBe(4);
    });
  });

  it('a redrive holds back what is published after it answered, at the hub of the session', async () => {
    const name = await withOneAttempt('redriven');
    const reader = await session(here, name);
    const [a1, a2] = await put(name, ['a', 'a']);
    await delivered(reader, 2);
    for (const change of [a1, a2]) await reject(here, name, present(change));
    await acknowledge(here, name, present(a2));
    await eventually(async () => (await deadLetters(there, name)).length === 2, { what: 'two dead letters' });
    expect(await redrive(there, name)).toBe(2);
    await put(name, ['a']);
    const first = await delivered(reader, 3);
    expect(namesOf(reader).slice(2)).toEqual(['a1#2']);
    await acknowledge(here, name, first.cursor);
    const second = await delivered(reader, 4);
    await acknowledge(here, name, second.cursor);
    await delivered(reader, 5);
    expect(namesOf(reader).slice(2)).toEqual(['a1#2', 'a2#2', 'a3#2']);
  });

  it('a change that was not sent is not rejected, and one that was sent just now is', async () => {
    const name = fresh('unsent');
    const reader = await session(here, name, { maxInFlight: 1, batchSize: 1 });
    const [a1, b1] = await put(name, ['a', 'b']);
    await delivered(reader, 1);
    const refused = await tryReject(there, name, present(b1));
    expect(refused.errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', path: 'change' } });
    expect(await reject(there, name, present(a1))).toMatchObject({ attempts: 1, dead: false });
    // Makes room in the window of one.
    await acknowledge(there, name, present(a1));
    const next = await delivered(reader, 2);
    await acknowledge(there, name, next.cursor);
    await delivered(reader, 3);
    expect(namesOf(reader).toSorted()).toEqual(['a1', 'a1#2', 'b1']);
  });

  it("an attempt's cursor settles nothing of another consumer", async () => {
    const collection = fresh('shared');
    const consumers = [fresh('x'), fresh('y')];
    const options = { filter: { collections: [collection] } };
    const [x, y] = await Promise.all(consumers.map((name) => session(here, name, options)));
    const [nameX = '', nameY = ''] = consumers;
    const [a1] = await put(collection, ['a']);
    for (const [reader, name] of [[x, nameX] as const, [y, nameY] as const]) {
      await delivered(present(reader), 1);
      await reject(here, name, present(a1));
      await acknowledge(here, name, present(a1));
    }
    const ofX = await delivered(present(x), 2);
    await delivered(present(y), 2);
    // Y loses its session before it has processed the attempt, and somebody acknowledges with the cursor that x got.
    await post(here, ACKNOWLEDGE, { consumer: nameY, cursor: ofX.cursor });
    await present(y).close();
    const again = await session(there, nameY, options);
    expect(await delivered(again, 1)).toMatchObject({ attempt: 2 });
  });

  it('an acknowledgement without session at the hub that lost the session counts', async () => {
    const name = fresh('moved');
    const [a1] = await put(name, ['a']);
    const older = await session(here, name, { maxInFlight: 1 });
    await delivered(older, 1);
    const newer = await session(there, name);
    const [b1] = await put(name, ['b'], there);
    await delivered(newer, 2);
    await acknowledge(there, name, present(a1));
    const { errors } = await post(here, ACKNOWLEDGE, { consumer: name, cursor: b1 });
    expect(errors).toBeUndefined();
    expect(await cursorOf(name)).toBe(b1);
  });

  it.each<[string, (name: string, ids: readonly string[]) => Promise<unknown>, readonly string[]]>([
    ['discarded', (name, ids) => discard(there, name, ids), ['a2#2', 'a3#2']],
    ['redriven', (name, ids) => redrive(there, name, ids), ['a1#2', 'a2#2', 'a3#2']],
  ])(
    'what was in flight behind a change that died and was %s at once comes again behind it',
    async (_what, act, expected) => {
      const name = await withOneAttempt('behind');
      const reader = await session(here, name);
      const [a1, , a3] = await put(name, ['a', 'a', 'a']);
      await delivered(reader, 3);
      const { id } = await reject(there, name, present(a1));
      await act(name, [id]);
      await acknowledge(there, name, present(a3));
      for (const [i] of expected.entries()) {
        const batch = await delivered(reader, 4 + i);
        await acknowledge(there, name, batch.cursor);
      }
      expect(namesOf(reader)).toEqual(['a1', 'a2', 'a3', ...expected]);
    },
  );

  it('a pause that answered holds back what is published after it', async () => {
    const name = fresh('paused');
    const reader = await session(here, name);
    await put(name, ['a']);
    await delivered(reader, 1);
    await ask(there, PAUSE, { name });
    await put(name, ['b']);
    // The session says so itself, and what it sent until then stands in front of what says it.
    const probe = await session(here, fresh('probe'), { filter: { collections: [name] } });
    await delivered(probe, 2);
    expect(namesOf(reader)).toEqual(['a1']);
  });

  it('a small window goes on as soon as the poll hears of its acknowledgements at the other hub', async () => {
    const name = fresh('window');
    const reader = await session(here, name, { maxInFlight: 1 });
    const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
    await put(name, keys);
    // Hearing of each with the report, every two seconds, would take twice the test's time limit.
    for (let count = 1; count <= keys.length; count += 1) {
      const { cursor } = await delivered(reader, count);
      await acknowledge(there, name, cursor);
    }
    expect(namesOf(reader)).toHaveLength(keys.length);
  }, 20_000);

  it('a session that could not begin leaves its consumer unconnected', async () => {
    const name = fresh('lost');
    await createConsumer(here, { name });
    const connection = await connect(database.url);
    await connection.write('update consumer set position = 1000000 where name = $1', [name]);
    await connection.close();
    const reader = follow(here, { consumer: name });
    readers.push(reader);
    expect((await reader.failure()).extensions?.code).toBe('CURSOR_AHEAD');
    const { consumer } = await ask<{ consumer: { connected: boolean } }>(there, STATE, { name });
    expect(consumer.connected).toBe(false);
  });
});
