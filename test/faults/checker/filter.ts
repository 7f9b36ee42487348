/** What a filter means, written a second time from the contract, so that the hub's own reading of it is checked too. */
import type { ChangeRecord, DeliveredChange, Filter, JsonObject } from '../history.js';
import { at, same } from './json.js';

export type Scope = DeliveredChange['scope'];

type Condition = NonNullable<Filter['where']>[number];

/** The scope in which a change is delivered under a filter; null: it is not. */
export function scopeUnder(filter: Filter, change: ChangeRecord): Scope | null {
  if (!isAbout(filter, change)) return null;
  const chosen =
    allows(filter.operations, change.operation) &&
    (!filter.changedFields || change.changedFields.some((name) => filter.changedFields?.includes(name)));
  if (!filter.where) return chosen ? 'WITHIN' : null;
  const before = change.before !== null && holds(filter.where, change.before);
  const after = change.after !== null && holds(filter.where, change.after);
  if (before && after) return chosen ? 'WITHIN' : null;
  return after ? 'ENTERED' : before ? 'LEFT' : null;
}

/** The scope in a snapshot, where the present state alone counts. */
export function scopeInSnapshot(filter: Filter, change: ChangeRecord): Scope | null {
  if (!filter.where) return scopeUnder(filter, change);
  return isAbout(filter, change) && change.after !== null && holds(filter.where, change.after)
    ? 'ENTERED'
    : null;
}

/**
 * Whether an entity belongs into the copy of a consumer with this filter; null: the filter cannot say by the entity. With
 * `where` it can whatever chooses among changes of entities that stay in: what moves in or out always comes.
 */
export function belongs(
  filter: Filter,
  entity: { readonly collection: string; readonly key: string; readonly data: JsonObject },
): boolean | null {
  const chooses = filter.operations ?? filter.changedFields;
  if (filter.sources ?? filter.excludeSources ?? (chooses && !filter.where)) return null;
  return (
    allows(filter.collections, entity.collection) &&
    allows(filter.keys, entity.key) &&
    holds(filter.where ?? [], entity.data)
  );
}

const isAbout = (filter: Filter, change: ChangeRecord): boolean =>
  allows(filter.collections, change.collection) &&
  allows(filter.keys, change.key) &&
  allows(filter.sources, change.source) &&
  !filter.excludeSources?.includes(change.source);

const allows = (list: readonly string[] | undefined, value: string): boolean => !list || list.includes(value);

const holds = (where: readonly Condition[], document: JsonObject): boolean =>
  where.every((condition) =>
    Object.entries(condition).every(
      ([operator, operand]) =>
        operator === 'field' || passes(operator, at(document, condition.field), operand),
    ),
  );

function passes(operator: string, value: unknown, operand: unknown): boolean {
  if (operator === 'eq') return value !== undefined && same(value, operand);
  if (operator === 'ne') return value === undefined || !same(value, operand);
  if (operator === 'in') return Array.isArray(operand) && operand.some((one) => same(value, one));
  if (operator === 'exists') return (value !== undefined) === operand;
  if (operator === 'startsWith') return typeof value === 'string' && value.startsWith(String(operand));
  return isOrdered(operator, value, operand);
}

function isOrdered(operator: string, value: unknown, operand: unknown): boolean {
  if (typeof value !== typeof operand || (typeof value !== 'number' && typeof value !== 'string')) {
    return false;
  }
  const order =
    typeof value === 'number'
      ? value - Number(operand)
      : Buffer.compare(Buffer.from(value), Buffer.from(String(operand)));
  if (operator === 'gt') return order > 0;
  if (operator === 'gte') return order >= 0;
  if (operator === 'lt') return order < 0;
  if (operator === 'lte') return order <= 0;
  throw new Error(`The checker does not know the operator ${operator}.`);
}
