import type { Dice } from '../../promises/support/dice.js';
import type { Filter } from '../history.js';

const open = { field: 'status', eq: 'open' };
const fromFour = { field: 'amount', gte: 4 };

/** Every kind of filter, alone and with `where`, by name. */
export const FILTER_KINDS: Readonly<Record<string, Filter>> = {
  'where, changedFields': { where: [open], changedFields: ['amount'] },
  'where, operations': { where: [fromFour], operations: ['CREATE', 'DELETE'] },
  'where, sources': { where: [open], sources: ['crm', 'erp'] },
  'where, excludeSources': { where: [fromFour], excludeSources: ['shop'] },
  changedFields: { changedFields: ['status'] },
  operations: { operations: ['UPDATE'] },
  sources: { sources: ['crm'] },
  excludeSources: { excludeSources: ['erp'] },
  keys: { collections: ['orders', 'bins'], keys: ['k1', 'k3', 'k5', 'k7'] },
  all: {
    collections: ['orders', 'parts'],
    where: [{ field: 'amount', lt: 8 }],
    operations: ['UPDATE'],
    changedFields: ['note'],
    excludeSources: ['erp'],
  },
};

const STARTS = ['EARLIEST', 'LATEST'] as const;

/** A filter of some kind with a start. */
export interface Choice {
  readonly name: string;
  readonly startAt: 'EARLIEST' | 'LATEST' | 'SNAPSHOT';
  readonly filter: Filter;
}

/** Different kinds of filters: so many that begin with SNAPSHOT, then so many that begin elsewhere. */
export function choices(dice: Dice, snapshots: number, others: number): Choice[] {
  const kinds = dice.shuffled(Object.entries(FILTER_KINDS)).slice(0, snapshots + others);
  return kinds.map(([kind, filter], i) => {
    const startAt = i < snapshots ? 'SNAPSHOT' : dice.pick(STARTS);
    return { name: `${startAt} ${kind}`, startAt, filter };
  });
}
