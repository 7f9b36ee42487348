import { stepsOf } from '../model/condition.js';
import type { FieldCondition } from '../model/condition.js';
import type { ChangeFilter } from '../model/filter.js';
import type { RowSelection } from '../model/selection.js';
import { FULL_RIGHTS } from './rights.js';
import type { CollectionRights, Rights } from './rights.js';

/**
 * What SQL may leave out for a filter and rights. SQL looks at entities as they are stored, a filter at what the caller sees;
 * so of the filter only those parts go to SQL that say the same of both:
 * - a condition on a field that is hidden in one of the collections does not;
 * - operations and changedFields do not where rights set conditions, or where a condition of the filter is left out: they
 *   choose only among changes of entities that stay in, and which do follows from all of these conditions.
 */
export function rowsOf(filter: ChangeFilter, rights: Rights): RowSelection {
  if (rights === FULL_RIGHTS) return { filter, any: null };
  const { where, operations, changedFields, collections, ...identity } = filter;
  const names = candidates(collections, rights);
  if (names === null) return { filter: identity, any: null };
  const seen = names.flatMap((name) => {
    const own = rights.of(name);
    return own ? [{ collection: name, ...own }] : [];
  });
  const conditioned = seen.some((own) => own.where.length > 0);
  const shown = where?.filter((condition) => !seen.some((own) => isHidden(condition, own)));
  const content = conditioned || shown?.length !== where?.length ? {} : pick({ operations, changedFields });
  return {
    filter: {
      ...identity,
      collections: seen.map(({ collection }) => collection),
      ...content,
      ...(shown ? { where: shown } : {}),
    },
    any: conditioned ? seen.map(({ collection, where: own }) => ({ collection, where: own })) : null,
  };
}

/** Whether a condition is on a hidden field, or on something inside one. */
export const isHidden = (condition: FieldCondition, { hide }: Pick<CollectionRights, 'hide'>): boolean =>
  hide.has(stepsOf(condition.field)[0] ?? '');

/** The collections that a filter and rights leave; null where neither lists any. */
function candidates(named: readonly string[] | undefined, { collections }: Rights): readonly string[] | null {
  if (!named || collections === null) return named ?? collections;
  const allowed = new Set(collections);
  return named.filter((name) => allowed.has(name));
}

const pick = ({
  operations,
  changedFields,
}: {
  readonly operations: ChangeFilter['operations'];
  readonly changedFields: ChangeFilter['changedFields'];
}): ChangeFilter => ({ ...(operations && { operations }), ...(changedFields && { changedFields }) });
