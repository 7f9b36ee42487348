import { badInput } from './errors.js';
import { textDefect } from './json-check.js';
import type { Limits } from './limits.js';

/** C0 and C1 control characters, the line and paragraph separators, and the byte order mark. */
// eslint-disable-next-line no-control-regex -- it matches control characters on purpose
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

/**
 * Checks the name of a collection, source or consumer. `place` names the argument.
 * @throws HubError BAD_USER_INPUT
 */
export function checkName(name: string, place: string, limits: Limits): string {
  checkText(name, place, limits.nameLength);
  if (name !== name.trim()) throw badInput(place, 'begins or ends with white space; trim it');
  if (limits.namePattern && !limits.namePattern.test(name)) {
    throw badInput(place, `does not match ${limits.namePattern.source}, which this hub requires of names`);
  }
  return name;
}

/**
 * Checks an entity's key or a change's sourceId. `place` names the argument.
 * @throws HubError BAD_USER_INPUT
 */
export const checkKey = (key: string, place: string, limits: Limits): string =>
  checkText(key, place, limits.keyLength);

/**
 * Checks a text by which something is looked up: what cannot be stored cannot be looked up either.
 * @throws HubError BAD_USER_INPUT
 */
export function checkLookup(text: string, place: string): string {
  const defect = textDefect(text);
  if (defect !== null) throw badInput(place, defect);
  return text;
}

function checkText(text: string, place: string, maxLength: number): string {
  if (text.trim() === '') throw badInput(place, 'is empty; give it a name');
  if (text.length > maxLength) {
    throw badInput(place, `has ${text.length} characters; ${maxLength} are allowed`);
  }
  const defect = textDefect(text);
  if (defect !== null) throw badInput(place, defect);
  if (UNPRINTABLE.test(text)) throw badInput(place, 'holds a control character; leave it out');
  return text;
}
