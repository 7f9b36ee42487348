import { allHold, parseConditions } from './condition.js';
import type { FieldCondition } from './condition.js';
import type { Change, ChangeRow, Operation, Scope } from './change.js';
import { badInput } from './errors.js';
import type { JsonObject } from './json.js';
import { textDefect } from './json-check.js';

/**
 * Which changes a consumer gets. Fields that are given all hold; values within one list are alternatives.
 * The same filter is answered in memory (`matcher`) and in SQL by the log.
 */
export interface ChangeFilter {
  readonly collections?: readonly string[];
  readonly keys?: readonly string[];
  readonly operations?: readonly Operation[];
  readonly sources?: readonly string[];
  readonly excludeSources?: readonly string[];
  /** Top-level fields of which at least one changed. */
  readonly changedFields?: readonly string[];
  /** On the entity: a change of an entity that matches before or after it, or both, passes; see Scope. */
  readonly where?: readonly FieldCondition[];
}

/** Lets every change through. */
export const EVERYTHING: ChangeFilter = {};

const LISTS = ['collections', 'keys', 'operations', 'sources', 'excludeSources', 'changedFields'] as const;
const MAX_VALUES = 1_000;

/** What a filter looks at: a change, or what a caller may see of one. */
export interface Matchable extends Pick<Change, 'before' | 'after' | 'changedFields'> {
  readonly row: Pick<ChangeRow, 'collection' | 'key' | 'source' | 'operation'>;
}

/** Which side of a filter's `where` a change is on, or null where the reader does not get it. */
export type Matcher = (change: Matchable) => Scope | null;

/**
 * The filter as a test of changes; lists become sets once, so a long list costs no more than a short one.
 *
 * With `where`, a change that moves its entity in or out is never left out by operations or changedFields: the reader's
 * copy would be wrong for good. They choose only among changes of entities that stay in.
 */
export function matcher(filter: ChangeFilter): Matcher {
  const who = every(identityTests(filter));
  const what = every(contentTests(filter));
  const { where } = filter;
  if (!where) return (change) => (who(change) && what(change) ? 'WITHIN' : null);
  return (change) => {
    if (!who(change)) return null;
    const scope = scopeOf(holdsOn(where, change.before), holdsOn(where, change.after));
    return scope === 'WITHIN' && !what(change) ? null : scope;
  };
}

/**
 * The filter for a snapshot, where the present state alone counts: who matches `where` now enters the reader's empty copy.
 */
export function snapshotMatcher(filter: ChangeFilter): Matcher {
  const { where } = filter;
  if (!where) return matcher(filter);
  const who = every(identityTests(filter));
  return (change) => (who(change) && holdsOn(where, change.after) ? 'ENTERED' : null);
}

type Test = (change: Matchable) => boolean;

const every =
  (tests: readonly Test[]): Test =>
  (change) =>
    tests.every((test) => test(change));

const holdsOn = (where: readonly FieldCondition[], document: JsonObject | null): boolean =>
  document !== null && allHold(where, document);

function scopeOf(before: boolean, after: boolean): Scope | null {
  if (before) return after ? 'WITHIN' : 'LEFT';
  return after ? 'ENTERED' : null;
}

/** Tests of what a change is about: they say the same of every change of an entity, but for its source. */
function identityTests(filter: ChangeFilter): Test[] {
  const { collections, keys, sources, excludeSources } = sets(filter);
  const tests: Test[] = [];
  if (collections) tests.push(({ row }) => collections.has(row.collection));
  if (keys) tests.push(({ row }) => keys.has(row.key));
  if (sources) tests.push(({ row }) => sources.has(row.source));
  if (excludeSources) tests.push(({ row }) => !excludeSources.has(row.source));
  return tests;
}

/** Tests of what happened. */
function contentTests(filter: ChangeFilter): Test[] {
  const { operations, changedFields } = sets(filter);
  const tests: Test[] = [];
  if (operations) tests.push(({ row }) => operations.has(row.operation));
  if (changedFields) tests.push((change) => change.changedFields.some((name) => changedFields.has(name)));
  return tests;
}

const sets = (filter: ChangeFilter): Partial<Record<(typeof LISTS)[number], ReadonlySet<string>>> =>
  Object.fromEntries(LISTS.flatMap((name) => (filter[name] ? [[name, new Set<string>(filter[name])]] : [])));

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
    for (const [i, value] of values.entries()) {
      const defect = textDefect(value);
      if (defect !== null) throw badInput(`${place}.${name}[${i}]`, defect);
    }
    return [[name, [...new Set(values)].sort()] as const];
  });
  const where = parseConditions((input.where ?? []) as readonly Record<string, unknown>[], `${place}.where`);
  return Object.fromEntries([
    ...lists,
    ...(where.length > 0 ? [['where', where] as const] : []),
  ]) as ChangeFilter;
}
