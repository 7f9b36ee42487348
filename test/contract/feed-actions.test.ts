import fc from 'fast-check';
import type { Feed, FeedOptions } from '../../src/feed/feed.js';
import { LOG_SQL } from '../../src/log/log.js';
import { databaseKinds } from '../support/databases.js';
import { eventually } from '../support/wait.js';
import { append } from './support/append.js';
import { feedOf } from './support/consumers.js';
import { publisherOf, publishTo, Stand } from './support/stand.js';

/** A feed, and everything that it did, in order: `actions 2`, `changes 5 6`. */
interface Following {
  readonly feed: Feed;
  readonly did: string[];
  readonly errors: unknown[];
  /** While it is set, sessions cannot be told. */
  failing: Error | null;
}

describe.each(databaseKinds)('operator actions in the feed on $name', (kind) => {
  let stand: Stand;

  beforeEach(async () => {
    stand = await Stand.create(kind);
  });
  afterEach(async () => {
    await stand.drop();
  });

  async function follow(parts: Partial<FeedOptions> = {}): Promise<Following> {
    const did: string[] = [];
    const errors: unknown[] = [];
    const following = { did, errors, failing: null as Error | null };
    const onActions = (upTo: bigint): Promise<void> => {
      if (following.failing) return Promise.reject(following.failing);
      did.push(`actions ${upTo}`);
      return Promise.resolve();
    };
    const feed = await feedOf(stand, { onActions, onError: (error) => void errors.push(error), ...parts });
    feed.listen((changes) => did.push(`changes ${changes.map(({ row }) => row.position).join(' ')}`));
    return Object.assign(following, { feed });
  }

  const act = (): Promise<unknown> => stand.database.write(LOG_SQL.countAction);
  let written = 0;
  /** Other data each time: an UPSERT of what is there already records nothing. */
  const own = (feed: Feed): Promise<unknown> =>
    publishTo(publisherOf(stand.log, { onAppended: (changes, actions) => feed.appended(changes, actions) }), [
      { data: { n: (written += 1) } },
    ]);
  const elsewhere = (count = 1): Promise<unknown> =>
    append(
      stand.log,
      Array.from({ length: count }, (_, i) => ({ key: `k${i}` })),
    );

  it("are heard before this hub's own changes that follow them are handed on", async () => {
    const { feed, did } = await follow();
    await own(feed);
    await act();
    await act();
    await own(feed);
    await feed.reached(2n);
    await own(feed);
    expect(did).toEqual(['changes 1', 'actions 2', 'changes 2', 'changes 3']);
  });

  it.each<[string, (feed: Feed) => unknown]>([
    ['are announced', (feed) => feed.announced({ kind: 'appended', to: 3n })],
    ['are found by the poll', (feed) => feed.poll()],
    ['are waited for', (feed) => feed.reached(3n)],
  ])('are heard before changes of other hubs that %s', async (_what, look) => {
    const { feed, did } = await follow();
    await act();
    await elsewhere(3);
    await look(feed);
    await eventually(() => feed.head === 3n, { what: 'the changes' });
    expect(did).toEqual(['actions 1', 'changes 1 2 3']);
  });

  it.each<[string, (feed: Feed) => unknown]>([
    ['where one is announced', (feed) => feed.announced({ kind: 'action' })],
    ['by the poll', (feed) => feed.poll()],
  ])('are heard with no change after them, once: %s', async (_what, look) => {
    const { feed, did } = await follow();
    await look(feed);
    await act();
    await look(feed);
    await eventually(() => did.length > 0, { what: 'the action' });
    await look(feed);
    await feed.poll();
    await elsewhere();
    await feed.reached(1n);
    expect(did).toEqual(['actions 1', 'changes 1']);
  });

  it('hold back all changes after them while they cannot be heard, until a poll gets them through', async () => {
    const following = await follow();
    const { feed, did, errors } = following;
    await own(feed);
    following.failing = new Error('the sessions cannot be told');
    await act();
    await own(feed);
    await elsewhere(2);
    feed.announced({ kind: 'appended', to: 4n });
    await eventually(() => errors.length > 0, { what: 'the failure to be told' });
    await own(feed);
    await feed.poll();
    await expect(feed.reached(5n)).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      cause: following.failing,
    });
    expect([did, feed.head]).toEqual([['changes 1'], 1n]);
    following.failing = null;
    await feed.poll();
    await eventually(() => feed.head === 5n, { what: 'the changes that were held back' });
    expect(did).toEqual(['changes 1', 'actions 1', 'changes 2 3 4 5']);
  });

  it('that come while earlier ones are being heard are heard before what follows them', async () => {
    const calls: (() => void)[] = [];
    const did: string[] = [];
    const { feed } = await follow({
      onActions: (upTo) =>
        new Promise((resolve) => {
          calls.push(() => {
            did.push(`actions ${upTo}`);
            resolve();
          });
        }),
    });
    feed.listen((changes) => did.push(`changes ${changes.map(({ row }) => row.position).join(' ')}`));
    await act();
    await own(feed);
    await eventually(() => calls.length === 1, { what: 'the first action to be told' });
    await act();
    await own(feed);
    expect(did).toEqual([]);
    calls[0]?.();
    await eventually(() => calls.length === 2, { what: 'the second action to be told' });
    expect(did).toEqual(['actions 1', 'changes 1']);
    calls[1]?.();
    await feed.reached(2n);
    expect(did).toEqual(['actions 1', 'changes 1', 'actions 2', 'changes 2']);
  });

  it('precede what follows them however commits, actions, announcements and failures are mixed', async () => {
    const step = fc.constantFrom('own', 'own', 'elsewhere', 'action', 'announce', 'forge', 'fail', 'recover');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const heard: bigint[] = [];
        const handed: { readonly position: bigint; readonly heard: bigint }[] = [];
        let failing = false;
        const feed = await feedOf(stand, {
          onError: () => undefined,
          onActions: (upTo) => {
            if (failing) return Promise.reject(new Error('the sessions cannot be told'));
            heard.push(upTo);
            return Promise.resolve();
          },
        });
        const knows = (): bigint => heard.at(-1) ?? 0n;
        feed.listen((changes) =>
          handed.push(...changes.map(({ row }) => ({ position: row.position, heard: knows() }))),
        );
        const from = feed.head;
        /** By position, the actions that were recorded before. */
        const before = new Map<bigint, bigint>();
        const publisher = publisherOf(stand.log, {
          onAppended: (changes, actions) => {
            for (const { row } of changes) before.set(row.position, actions);
            feed.appended(changes, actions);
          },
        });
        for (const one of steps) {
          if (one === 'own') await publishTo(publisher, [{ data: { n: (written += 1) } }]);
          else if (one === 'elsewhere') {
            const { changes, actions } = await append(stand.log, [{ key: 'x' }, { key: 'y' }]);
            for (const { position } of changes) before.set(position, actions);
          } else if (one === 'action') await act();
          else if (one === 'announce')
            feed.announced({ kind: 'appended', to: (await stand.log.extent()).head });
          else if (one === 'forge') feed.announced({ kind: 'appended', to: 2n ** 60n });
          else failing = one === 'fail';
        }
        failing = false;
        await feed.poll();
        const { head } = await stand.log.extent();
        // The first attempt may be the end of one that failed.
        await feed.reached(head).catch(() => feed.poll());
        await feed.reached(head);
        await feed.close();
        expect(handed.map(({ position }) => position)).toEqual(
          Array.from({ length: Number(head - from) }, (_, i) => from + BigInt(i) + 1n),
        );
        for (const { position, heard: known } of handed)
          expect({ position, known, isEnough: known >= (before.get(position) ?? 0n) }).toMatchObject({
            isEnough: true,
          });
        expect(heard).toEqual([...new Set(heard)].sort((a, b) => Number(a - b)));
      }),
      { numRuns: 40 },
    );
  });
});
