import type { Json } from './json.js';

/** What is wrong with a value that came from outside, and where: `path` is relative, as `.a[2].b`. */
export interface JsonDefect {
  readonly path: string;
  readonly sentence: string;
}

/** The first whole number that a double cannot tell from its neighbour. */
const UNSAFE = 2 ** 53;
/** From here on JSON.stringify writes an exponent, as it is written for measured values and not for ids. */
const EXPONENT = 1e21;

/**
 * The first defect of a JSON value that would be changed on its way through the hub, or null where there is none: numbers
 * and texts as `numberDefect` and `textDefect` find them, and nesting deeper than `maxDepth` levels of objects and arrays.
 */
export function findDefect(value: Json, maxDepth: number, path = ''): JsonDefect | null {
  if (typeof value === 'string') return at(path, textDefect(value));
  if (typeof value === 'number') return at(path, numberDefect(value));
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
    const inName = typeof key === 'string' ? at(path, textDefect(key)) : null;
    const defect = inName ?? findDefect(inner, maxDepth, path);
    if (defect) return defect;
  }
  return null;
}

const at = (path: string, sentence: string | null): JsonDefect | null =>
  sentence === null ? null : { path, sentence };

/**
 * What is wrong with a text that is to be stored or looked up, or null: it holds U+0000, which PostgreSQL cannot store, or
 * is not well-formed Unicode.
 */
export function textDefect(text: string): string | null {
  if (text.includes('\0')) return 'holds the character U+0000, which cannot be stored; leave it out';
  if (!text.isWellFormed()) return 'holds half of a surrogate pair, which is not text; correct it';
  return null;
}

/**
 * What is wrong with a number that JSON.parse or a GraphQL document gave, or null: it is beyond a double, or it may have
 * been rounded from another whole number.
 * @param isWhole whether it stands for a whole number for certain, as an id or a literal without a fraction does; from
 *   10^21 on other numbers are taken for measured values
 */
export function numberDefect(value: number, isWhole = false): string | null {
  if (!Number.isFinite(value)) return 'is a number beyond a double; send it as a string';
  const size = Math.abs(value);
  const mayBeRounded = size >= UNSAFE && (isWhole || size < EXPONENT) && Number.isInteger(value);
  return mayBeRounded
    ? 'is a whole number beyond 2^53 - 1, which JSON cannot keep; send it as a string'
    : null;
}
