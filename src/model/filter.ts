import { allHold, parseConditions } from './condition.js';
import type { FieldCondition } from './condition.js';
import type { Change, Operation } from './change.js';
import { badInput } from './errors.js';

/**
 * Which changes a consumer gets. Fields that are given all hold; values within one list are alternatives.
 * The same filter is answered in memory (`matches`) and in SQL by the log.
 */
export interface ChangeFilter {
  readonly collections?: readonly string[];
  readonly keys?: readonly string[];
  readonly operations?: readonly Operation[];
  readonly sources?: readonly string[];
  readonly excludeSources?: readonly string[];
  /** Top-level fields of which at least one changed. */
  readonly changedFields?: readonly string[];
  /** On the entity after the change; on a DELETE, before it. */
  readonly where?: readonly FieldCondition[];
}

/** Lets every change through. */
export const EVERYTHING: ChangeFilter = {};

const LISTS = ['collections', 'keys', 'operations', 'sources', 'excludeSources', 'changedFields'] as const;
const MAX_VALUES = 1_000;

/** The filter as a test of changes; lists become sets once, so a long list costs no more than a short one. */
export function matcher(filter: ChangeFilter): (change: Change) => boolean {
  const [collections, keys, operations, sources, excluded, fields] = LISTS.map((name) => setOf(filter[name]));
  const { where } = filter;
  const tests: ((change: Change) => boolean)[] = [];
  if (collections) tests.push(({ row }) => collections.has(row.collection));
  if (keys) tests.push(({ row }) => keys.has(row.key));
  if (operations) tests.push(({ row }) => operations.has(row.operation));
  if (sources) tests.push(({ row }) => sources.has(row.source));
  if (excluded) tests.push(({ row }) => !excluded.has(row.source));
  if (fields) tests.push((change) => change.changedFields.some((name) => fields.has(name)));
  if (where) tests.push((change) => allHold(where, change.document));
  return (change) => tests.every((test) => test(change));
}

const setOf = (values: readonly string[] | undefined): ReadonlySet<string> | null =>
  values ? new Set(values) : null;

/**
 * Checks a filter that came from outside and brings it into one form: lists sorted and without repeats, empty parts left
 * out, so that equal filters have equal texts. `place` names the argument.
 * @throws HubError BAD_USER_INPUT where a list is empty (it would match nothing, for ever and silently) or too long, or
 *   where a condition is wrong.
 */
export function parseFilter(
  input: Readonly<Record<string, unknown>> | null | undefined,
  place: string,
): ChangeFilter {
  if (!input) return EVERYTHING;
  const lists = LISTS.flatMap((name) => {
    const values = input[name] as readonly string[] | null | undefined;
    if (!values || (values.length === 0 && name === 'excludeSources')) return [];
    if (values.length === 0)
      throw badInput(`${place}.${name}`, 'is empty and would match nothing; leave it out');
    if (values.length > MAX_VALUES) {
      throw badInput(`${place}.${name}`, `holds ${values.length} values; ${MAX_VALUES} are allowed`);
    }
    const odd = values.findIndex((value) => value.includes('\0') || !value.isWellFormed());
    if (odd >= 0) throw badInput(`${place}.${name}[${odd}]`, 'holds U+0000 or half of a surrogate pair');
    return [[name, [...new Set(values)].sort()] as const];
  });
  const where = parseConditions((input.where ?? []) as readonly Record<string, unknown>[], `${place}.where`);
  return Object.fromEntries([
    ...lists,
    ...(where.length > 0 ? [['where', where] as const] : []),
  ]) as ChangeFilter;
}
