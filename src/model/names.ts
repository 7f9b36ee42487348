import { badInput } from './errors.js';
import type { Limits } from './limits.js';

/** C0 and C1 control characters, the line and paragraph separators, and the byte order mark. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

/**
 * Checks the name of a collection, source or consumer. `place` names the argument.
 * @throws HubError BAD_USER_INPUT
 */
export function checkName(name: string, place: string, limits: Limits): string {
  checkText(name, place, limits.nameLength);
  if (name !== name.trim()) throw badInput(place, 'begins or ends with white space; trim it');
  if (limits.namePattern && !limits.namePattern.test(name)) {
    throw badInput(place, `does not match ${limits.namePattern.source}, which this hub asks of names`);
  }
  return name;
}

/**
 * Checks an entity's key or a change's id. `place` names the argument.
 * @throws HubError BAD_USER_INPUT
 */
export const checkKey = (key: string, place: string, limits: Limits): string =>
  checkText(key, place, limits.keyLength);

/**
 * Checks a name that something is looked up by: what could not have been recorded cannot be asked for either.
 * @throws HubError BAD_USER_INPUT
 */
export function checkLookup(text: string, place: string): string {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw badInput(place, 'holds U+0000 or half of a surrogate pair, which no name has');
  }
  return text;
}

function checkText(text: string, place: string, maxLength: number): string {
  if (text.trim() === '') throw badInput(place, 'is empty; give it a name');
  if (text.length > maxLength) {
    throw badInput(place, `has ${text.length} characters; ${maxLength} are allowed`);
  }
  if (!text.isWellFormed())
    throw badInput(place, 'holds half of a surrogate pair, which is not text; mend it');
  if (UNPRINTABLE.test(text)) throw badInput(place, 'holds a control character; leave it out');
  return text;
}
