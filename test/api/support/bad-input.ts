/** What a hub must refuse, and how: the rows of the tables of bad input. */

/** Places that exist when a row is made into a request. */
export interface Places {
  /** The log's end. */
  readonly head: string;
  /** A cursor of another log. */
  readonly foreign: string;
  /** A cursor of this log, one behind its end. */
  readonly future: string;
}

export interface BadInput {
  readonly name: string;
  /** The request as JSON text. */
  readonly request: (places: Places) => string;
  readonly code: string;
  /** As in `extensions.path`; absent where the document itself is wrong: then `locations` says where. */
  readonly path?: string;
  readonly index?: number;
}

export const PUBLISH = `mutation ($source: String!, $changes: [ChangeInput!]!, $atomic: Boolean! = false) {
  publish(source: $source, changes: $changes, atomic: $atomic) { cursor results { outcome } } }`;

/** A document with variables as a request. */
export const request = (query: string, variables: object = {}): string =>
  JSON.stringify({ query, variables });

/** Hexadecimal digits of a cursor before its position: format, log and mark. */
const BEFORE = 22;

/** A cursor of the same log, so many changes further on. */
export function furtherOn(cursor: string, changes: bigint): string {
  const bytes = Buffer.from(cursor, 'base64url').toString('hex');
  const position = BigInt(`0x0${bytes.slice(BEFORE)}`) + changes;
  const digits = position.toString(16);
  return Buffer.from(
    bytes.slice(0, BEFORE) + digits.padStart(Math.ceil(digits.length / 2) * 2, '0'),
    'hex',
  ).toString('base64url');
}

/** Texts that are no name of anything, with why. */
export const BAD_NAMES: readonly (readonly [why: string, text: string])[] = [
  ['empty', ''],
  ['blank', ' \t'],
  ['with U+0000', 'a\u0000b'],
  ['with a control character', 'a\u001bb'],
  ['with a line break', 'a\nb'],
  ['with a C1 control character', 'a\u0085b'],
  ['with a lone high surrogate', 'a\ud800'],
  ['with a lone low surrogate', '\udc00a'],
];

/** Texts that are no cursor, with why. */
export const BAD_CURSORS: readonly (readonly [why: string, of: (places: Places) => string, code: string])[] =
  [
    ['that is empty', () => '', 'INVALID_CURSOR'],
    ['of other characters', () => 'not a cursor!', 'INVALID_CURSOR'],
    ['cut off', ({ head }) => head.slice(0, -2), 'INVALID_CURSOR'],
    ['with padding', ({ head }) => `${head}=`, 'INVALID_CURSOR'],
    ['written another way', ({ head }) => rewritten(head), 'INVALID_CURSOR'],
    ['that is too long', ({ head }) => furtherOn(head, 2n ** 72n), 'INVALID_CURSOR'],
    ['beyond what a position can be', ({ head }) => furtherOn(head, 2n ** 63n), 'INVALID_CURSOR'],
    ['of another log', ({ foreign }) => foreign, 'INVALID_CURSOR'],
    ['of another change at the same place', ({ head }) => withOtherMark(head), 'INVALID_CURSOR'],
    ['of the future', ({ future }) => future, 'CURSOR_AHEAD'],
  ];

/** A cursor as a log gave it that went on otherwise before it came to the same position. */
function withOtherMark(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  const last = BEFORE / 2 - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return bytes.toString('base64url');
}

/** The same place with a leading zero byte: only one text stands for a place. */
function rewritten(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return Buffer.from(`${hex.slice(0, BEFORE)}00${hex.slice(BEFORE)}`, 'hex').toString('base64url');
}
