import { isObject, objectOf } from '../model/json.js';
import type { Json, JsonObject } from '../model/json.js';

/** Applies a JSON Merge Patch and answers a new value; nothing given is touched. Source: RFC 7396, section 2. */
export function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, isObject(value) ? mergePatch(merged.get(name), value) : value);
  }
  return objectOf(merged);
}
