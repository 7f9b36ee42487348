import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/model/json.js';
import type { Write } from '../../../src/model/change.js';
import type { ChangeParts } from '../../contract/support/stand.js';
import { json, jsonObject, number, step, STEPS, text } from './json.js';

export const COLLECTIONS = ['quakes', "air'ports", '😀"\\'];
export const KEYS = ['q1', 'Q1', 'ü', '0', 'a,b', '{"k"}', '%', 'NULL'];
export const SOURCES = ['crm', 'usgs', 'ü,"', 'null'];

/** A change, mostly of few entities, so that updates and deletes come about. */
export interface PlannedChange {
  readonly source: string;
  readonly parts: ChangeParts;
}

const collection = fc.constantFrom(...COLLECTIONS);
const key = fc.constantFrom(...KEYS);
const source = fc.constantFrom(...SOURCES);
const write = fc.constantFrom<Write>('UPSERT', 'UPSERT', 'PATCH', 'DELETE');

const planned: fc.Arbitrary<PlannedChange> = fc
  .tuple(source, collection, key, write, jsonObject)
  .map(([from, into, of, how, data]) => ({
    source: from,
    parts: { collection: into, key: of, write: how, data: how === 'DELETE' ? undefined : data },
  }));

export const plannedChanges = fc.array(planned, { minLength: 5, maxLength: 25 });

/** A condition as a client may write it: most paths and values lead to something that is in the data. */
export function conditionOn(documents: readonly JsonObject[]): fc.Arbitrary<Record<string, unknown>> {
  const found = documents.flatMap((document) => placesIn(document, '', 3));
  const anywhere = fc.tuple(fc.array(step, { minLength: 1, maxLength: 3 }), json).map(([steps, value]) => ({
    ...{ field: steps.join('.'), value },
  }));
  const place =
    found.length === 0 ? anywhere : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...found) }, anywhere);
  return fc
    .tuple(place, operatorName, json, fc.oneof(number, text), fc.boolean())
    .map(([{ field, value }, name, other, bound, useFound]) => {
      const operand = useFound ? value : other;
      return { field, ...operatorOf(name, operand, bound, useFound) };
    });
}

const operatorName = fc.constantFrom(
  'eq',
  'ne',
  'in',
  'gt',
  'gte',
  'lt',
  'lte',
  'startsWith',
  'exists',
  'range',
);

function operatorOf(
  name: string,
  operand: Json,
  bound: number | string,
  flag: boolean,
): Record<string, unknown> {
  const near = typeof operand === 'number' || typeof operand === 'string' ? operand : bound;
  if (name === 'eq' || name === 'ne') return { [name]: operand };
  if (name === 'in') return { in: [bound, operand, null] };
  if (name === 'exists') return { exists: flag };
  if (name === 'startsWith') return { startsWith: prefixOf(near) };
  if (name === 'range') return { gte: near, lt: bound };
  return { [name]: near };
}

/** A prefix that does not cut a pair of surrogates. */
const prefixOf = (value: number | string): string =>
  typeof value === 'string' ? Array.from(value).slice(0, 1).join('') : String(value).slice(0, 1);

/** Every value in a document that a dotted path leads to, and places in arrays where none may lead. */
function placesIn(value: Json, path: string, depth: number): { field: string; value: Json }[] {
  if (typeof value !== 'object' || value === null || depth === 0) return [];
  return Object.entries(value).flatMap(([name, inner]: [string, Json]) => {
    if (name === '' || name.includes('.')) return [];
    const field = path === '' ? name : `${path}.${name}`;
    return [{ field, value: inner }, ...placesIn(inner, field, depth - 1)];
  });
}

/** A filter as a client may write it. */
export function filterOn(
  documents: readonly JsonObject[],
  inRun: (collection: string) => string,
): fc.Arbitrary<Record<string, unknown>> {
  const some = (values: readonly string[]): fc.Arbitrary<string[]> =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 4 });
  const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
  return fc.record({
    collections: rarely(some(COLLECTIONS.map(inRun))),
    keys: rarely(some([...KEYS, 'nobody'])),
    operations: rarely(some(['CREATE', 'UPDATE', 'DELETE'])),
    sources: rarely(some(SOURCES)),
    excludeSources: rarely(some(SOURCES)),
    changedFields: rarely(some([...STEPS, '', 'a.b'])),
    where: fc.array(conditionOn(documents), { maxLength: 2 }),
  });
}
