import { HubError } from '../model/errors.js';
import { detailsOf } from './place.js';

/** The first whole number that a double cannot tell from its neighbour; from 10^21 on it is printed with an exponent. */
const UNSAFE = 2 ** 53;
const EXPONENT = 1e21;

/**
 * Refuses variables in which JSON.parse has bent a whole number: as a key or an id it would stand for another entity.
 * @throws HubError BAD_USER_INPUT that names the place
 */
export function checkVariables(variables: Readonly<Record<string, unknown>>): void {
  const path = findBentNumber(variables, '');
  if (path === null) return;
  const sentence = 'is a whole number beyond 2^53 - 1, which JSON cannot keep; send it as a string';
  throw new HubError('BAD_USER_INPUT', `${path}: ${sentence}`, detailsOf(path));
}

function findBentNumber(value: unknown, path: string): string | null {
  if (typeof value === 'number') return isBent(value) ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  const inArray = Array.isArray(value);
  for (const [name, inner] of Object.entries(value)) {
    const step = inArray ? `[${name}]` : path === '' ? name : `.${name}`;
    const found = findBentNumber(inner, path + step);
    if (found !== null) return found;
  }
  return null;
}

function isBent(value: number): boolean {
  const size = Math.abs(value);
  return size >= UNSAFE && size < EXPONENT && Number.isInteger(value);
}
