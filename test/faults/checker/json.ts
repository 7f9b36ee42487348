/**
 * The checker's own few words on JSON: it must not share a mistake with the hub, so it takes nothing of the hub's for what
 * the hub decides.
 */
import type { JsonObject } from '../history.js';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Equal as JSON, whatever the order of fields. */
export function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return value === undefined ? 'undefined' : JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** A JSON Merge Patch applied. Source: RFC 7396, section 2. */
export function merged(target: unknown, patch: JsonObject): JsonObject {
  const kept = Object.entries(isObject(target) ? target : {}).filter(([name]) => patch[name] !== null);
  const set = Object.entries(patch).filter(([, value]) => value !== null);
  const result = new Map(kept);
  for (const [name, value] of set) {
    result.set(name, isObject(value) ? merged(result.get(name), value) : value);
  }
  return Object.fromEntries(result);
}

/** The value at a dotted path; undefined where there is none. */
export function at(document: JsonObject, path: string): unknown {
  let value: unknown = document;
  for (const step of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}
