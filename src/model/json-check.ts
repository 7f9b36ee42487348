import type { Json } from './json.js';

/** What is wrong with a value that came from outside, and where: `path` is relative, as `.a[2].b`. */
export interface JsonDefect {
  readonly path: string;
  readonly sentence: string;
}

/** The first whole number that a double cannot tell from its neighbour. */
const UNSAFE = 2 ** 53;
/** From here on JSON.stringify writes an exponent: nobody takes such a number for an id. */
const EXPONENT = 1e21;

/**
 * The first defect of a JSON value that would be bent on its way through the hub, or null where there is none:
 * whole numbers from 2^53 up to 10^21 (JSON.parse rounds them), numbers beyond a double, text that is not well-formed
 * Unicode or holds U+0000 (PostgreSQL cannot look into it), and nesting deeper than `maxDepth` levels of objects and
 * arrays.
 */
export function findDefect(value: Json, maxDepth: number, path = ''): JsonDefect | null {
  if (typeof value === 'string') return textDefect(value, path);
  if (typeof value === 'number') return numberDefect(value, path);
  if (typeof value !== 'object' || value === null) return null;
  if (maxDepth === 0) return { path, sentence: 'is nested too deeply; flatten the data' };
  return Array.isArray(value)
    ? firstDefect(value.entries(), (i) => `${path}[${i}]`, maxDepth - 1)
    : firstDefect(Object.entries(value), (name) => `${path}.${name}`, maxDepth - 1);
}

function firstDefect<K extends string | number>(
  entries: Iterable<[K, Json]>,
  pathOf: (key: K) => string,
  maxDepth: number,
): JsonDefect | null {
  for (const [key, inner] of entries) {
    const path = pathOf(key);
    const defect =
      (typeof key === 'string' ? textDefect(key, path) : null) ?? findDefect(inner, maxDepth, path);
    if (defect) return defect;
  }
  return null;
}

function textDefect(text: string, path: string): JsonDefect | null {
  if (text.includes('\0'))
    return { path, sentence: 'holds the character U+0000, which cannot be kept; leave it out' };
  if (!text.isWellFormed())
    return { path, sentence: 'holds half of a surrogate pair, which is not text; mend it' };
  return null;
}

function numberDefect(value: number, path: string): JsonDefect | null {
  if (!Number.isFinite(value)) return { path, sentence: 'is a number beyond a double; send it as a string' };
  const size = Math.abs(value);
  if (size >= UNSAFE && size < EXPONENT && Number.isInteger(value)) {
    return {
      path,
      sentence: 'is a whole number beyond 2^53 - 1, which JSON cannot keep; send it as a string',
    };
  }
  return null;
}
