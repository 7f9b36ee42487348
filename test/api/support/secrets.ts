import { View } from '../../../src/view/view.js';
import { publishTo } from '../../contract/support/stand.js';
import type { ChangeParts } from '../../contract/support/stand.js';
import { rightsTo } from '../../support/rights.js';
import type { RoomsOfHub } from './callers.js';

/** Stands in whatever the restricted caller may not see, and nowhere else. */
export const SECRET = 'SECRET';

/** Sees tickets of the region EU, people without some fields, and no other collection. */
export const restricted = View.of(
  rightsTo({
    tickets: { where: [{ field: 'region', eq: 'EU' }] },
    people: { hide: new Set(['salary', `${SECRET}-field`]) },
  }),
);

const eu = (note: string): ChangeParts['data'] => ({ region: 'EU', note });
const us = (note: string): ChangeParts['data'] => ({ region: 'US', note });
const ticket = (key: string, data: ChangeParts['data'], parts: ChangeParts = {}): ChangeParts => ({
  collection: 'tickets',
  key,
  data,
  ...parts,
});

/** What one source records, in this order. */
const OPEN: readonly ChangeParts[] = [
  ticket('stays', eu('a')),
  ticket('stays', eu('b')),
  ticket('outside', us(SECRET), { sourceId: 'outside-1' }),
  ticket(`key-${SECRET}`, us('c')),
  ticket('leaves', eu('d'), { sourceId: 'leaves-1' }),
  ticket('leaves', us(SECRET), { headers: { trace: SECRET } }),
  ticket('leaves', us(`${SECRET} again`)),
  ticket('comes', us(SECRET)),
  ticket('comes', eu('e')),
  ticket('deleted', us(SECRET)),
  ticket('deleted', undefined, { write: 'DELETE' }),
  { collection: 'people', key: 'ann', data: { name: 'ann', salary: SECRET, [`${SECRET}-field`]: 1 } },
  { collection: 'people', key: 'ann', write: 'PATCH', data: { salary: `${SECRET} more` } },
  { collection: 'people', key: 'ann', write: 'PATCH', data: { name: 'anne' } },
  { collection: 'wages', key: 'w1', data: { pay: SECRET }, sourceId: 'wages-1' },
];

/** What a source records of which nothing may be known. */
const CLOSED: readonly ChangeParts[] = [
  {
    collection: `${SECRET}-wages`,
    key: `${SECRET}-1`,
    data: { [SECRET]: SECRET },
    headers: { trace: SECRET },
    sourceId: `${SECRET}-id`,
  },
  { collection: `${SECRET}-wages`, key: `${SECRET}-1`, data: { pay: 1 } },
];

/** The entities that are recorded. */
export const ENTITIES = [...OPEN, ...CLOSED].map(({ collection = '', key = '' }) => ({ collection, key }));
export const COLLECTIONS = [...new Set(ENTITIES.map(({ collection }) => collection))];

/** Records everything that there is to hide, and what is around it. */
export async function recordSecrets({ rooms }: RoomsOfHub): Promise<void> {
  await publishTo(rooms.publisher, OPEN, { source: 'erp' });
  await publishTo(rooms.publisher, CLOSED, { source: `${SECRET}-payroll` });
}

/** The same again, live: updates of what was recorded, and at last a change that everybody sees. */
export async function recordMore({ rooms }: RoomsOfHub, last: string): Promise<void> {
  const more: readonly ChangeParts[] = [
    ticket('stays', eu(`at ${last}`)),
    ticket('stays', us(`${SECRET} ${last}`), { headers: { trace: SECRET } }),
    ticket('stays', eu(`back at ${last}`)),
    ticket('outside', us(`${SECRET} ${last}`)),
    { collection: 'people', key: 'ann', write: 'PATCH', data: { salary: `${SECRET} ${last}` } },
    { collection: 'wages', key: 'w1', data: { pay: `${SECRET} ${last}` } },
    { collection: 'people', key: last, data: { name: last, salary: SECRET } },
  ];
  await publishTo(rooms.publisher, more, { source: 'erp' });
}
