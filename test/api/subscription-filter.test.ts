import { databaseKinds } from '../support/databases.js';
import { changesOf, follow, publish } from '../support/operations.js';
import type { BatchData } from '../support/operations.js';
import type { TestSubscription } from '../support/client.js';
import { eventually } from '../support/wait.js';
import { ownHub } from './support/own-hub.js';

/** One script of changes; each has its number for a sourceId. */
const SCRIPT: readonly (readonly [source: string, change: object])[] = [
  /* 0 */ [
    'crm',
    { collection: 'people', key: 'ada', data: { name: 'Ada', age: 36, home: { city: 'Turin' } } },
  ],
  /* 1 */ ['erp', { collection: 'people', key: 'bob', data: { name: 'Bob', age: '36', home: null } }],
  /* 2 */ ['crm', { collection: 'orders', key: 'ada', data: { total: 12.5, tags: ['new'] } }],
  /* 3 */ ['erp', { collection: 'people', key: 'ada', write: 'PATCH', data: { age: 37 } }],
  /* 4 */ [
    'crm',
    { collection: 'people', key: 'bob', write: 'PATCH', data: { name: null, nick: null, 'a.b': 1 } },
  ],
  /* 5 */ ['web', { collection: 'orders', key: 'ada', write: 'PATCH', data: { tags: [], total: 12.5 } }],
  /* 6 */ ['erp', { collection: 'people', key: 'ada', write: 'DELETE' }],
  /* 7 */ ['crm', { collection: 'people', key: 'ada', data: { name: 'Ada II', age: 1 } }],
];

/** Each filter with the lines of the script that it lets through. */
const FILTERS: readonly (readonly [object, readonly number[]])[] = [
  [{}, [0, 1, 2, 3, 4, 5, 6, 7]],
  [{ collections: ['orders'] }, [2, 5]],
  [{ collections: ['orders', 'people', 'none'] }, [0, 1, 2, 3, 4, 5, 6, 7]],
  [{ keys: ['ada'] }, [0, 2, 3, 5, 6, 7]],
  [{ keys: ['ada'], collections: ['people'] }, [0, 3, 6, 7]],
  [{ operations: ['CREATE'] }, [0, 1, 2, 7]],
  [{ operations: ['UPDATE', 'DELETE'] }, [3, 4, 5, 6]],
  [{ sources: ['erp', 'web'] }, [1, 3, 5, 6]],
  [{ excludeSources: ['erp'] }, [0, 2, 4, 5, 7]],
  [{ sources: ['erp', 'crm'], excludeSources: ['crm'] }, [1, 3, 6]],
  [{ excludeSources: [] }, [0, 1, 2, 3, 4, 5, 6, 7]],
  [{ changedFields: ['age'] }, [0, 1, 3, 6, 7]],
  [{ changedFields: ['name', 'tags'] }, [0, 1, 2, 4, 5, 6, 7]],
  [{ changedFields: ['total'] }, [2]],
  [{ changedFields: ['a.b'] }, [4]],
  [{ where: [{ field: 'age', gte: 36 }] }, [0, 3, 6]],
  // What enters or leaves is never left out by operations or changedFields: a copy would keep what is gone.
  [{ where: [{ field: 'age', eq: 36 }], operations: ['CREATE'] }, [0, 3]],
  [{ where: [{ field: 'tags', eq: ['new'] }], changedFields: ['total'] }, [2, 5]],
  [{ where: [{ field: 'age', eq: '36' }] }, [1, 4]],
  [{ where: [{ field: 'home.city', startsWith: 'Tur' }] }, [0, 3, 6]],
  [{ where: [{ field: 'home', exists: true }], operations: ['UPDATE'] }, [0, 1, 3, 4, 6]],
  [{ where: [{ field: 'name', exists: false }] }, [2, 4, 5]],
  [{ where: [{ field: 'home', eq: null }] }, [1, 4]],
  [{ where: [{ field: 'tags', in: [[], ['old']] }] }, [5]],
  [
    {
      where: [
        { field: 'age', gt: 36 },
        { field: 'name', ne: 'Bob' },
      ],
    },
    [3, 6],
  ],
  [{ where: [{ field: 'age', exists: true }], changedFields: ['age'], excludeSources: ['crm'] }, [1, 3, 6]],
];

const MODES = [
  { where: 'the database', environment: { TAIL_BYTES: '0' }, live: false },
  { where: 'memory', environment: {}, live: false },
  { where: 'the head as it happens', environment: {}, live: true },
] as const;

/** A filter means the same wherever a change comes from. */
describe.each(databaseKinds)('filters of subscriptions on $name', (kind) => {
  describe.each(MODES)('let the same changes through from $where', ({ environment, live }) => {
    const hub = ownHub(kind, environment);
    let subscriptions: TestSubscription<{ changes: BatchData }>[] = [];
    let head = '';

    const record = async (): Promise<void> => {
      for (const [i, [source, change]] of SCRIPT.entries()) {
        const { results, cursor } = await publish(hub.url, [{ ...change, sourceId: String(i) }], { source });
        expect(results[0]?.outcome).toBe('APPLIED');
        head = cursor;
      }
    };

    beforeAll(async () => {
      if (!live) await record();
      subscriptions = FILTERS.map(([filter]) => follow(hub.url, { startAt: 'EARLIEST', filter }));
      await Promise.all(subscriptions.map((subscription) => subscription.received(1)));
      if (live) await record();
    });
    afterAll(() => Promise.all(subscriptions.map((subscription) => subscription.close())));

    it.each(FILTERS.map(([filter, lines], i) => [filter, lines, i] as const))(
      '%j: %j',
      async (_filter, lines, i) => {
        const subscription = subscriptions[i] as TestSubscription<{ changes: BatchData }>;
        // The cursor comes to the end also where the filter leaves the last change out: then nothing more will come.
        await eventually(() => subscription.errors ?? subscription.messages.at(-1)?.changes.cursor === head, {
          what: 'the cursor to come to the end',
        });
        expect(subscription.errors).toBeNull();
        expect(changesOf(subscription).map(({ sourceId }) => Number(sourceId))).toEqual(lines);
      },
    );
  });
});
