import fc from 'fast-check';
import { CursorCodec } from '../../src/model/cursor.js';
import type { Point } from '../../src/model/cursor.js';
import { IdCodec } from '../../src/model/ids.js';
import type { NodeRef } from '../../src/model/ids.js';
import { thrownBy } from '../contract/support/parts.js';

const LOG_ID = '0192d3a4-5b6c-7d8e-9fa0-b1c2d3e4f506';
const UUID = '01983f5a-0b1c-7d2e-8f30-415263748596';
const ids = new IdCodec(LOG_ID);
const cursors = new CursorCodec(LOG_ID);
const textOf = (...bytes: number[]): string => Buffer.from(bytes).toString('base64url');
const LOG = [0x01, 0x92, 0xd3, 0xa4];
const MARK = [0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe];
const HASH = textOf(...MARK, ...Array.from({ length: 26 }, () => 0x55));
const at = (position: bigint): Point => ({ position, hash: HASH });
const LAST = 2n ** 63n - 1n;
/** 2^63 and 2^63 - 1 in bytes. */
const BEYOND = [0x80, 0, 0, 0, 0, 0, 0, 0];
const ONES = [0x7f, ...Array.from({ length: 7 }, () => 0xff)];

const change = (position: bigint): NodeRef => ({ type: 'Change', position, mark: textOf(...MARK) });
const entity = (collection: string, key: string): NodeRef => ({ type: 'Entity', collection, key });
const LETTER = { consumer: 258n, position: 7n };

describe('an id', () => {
  it.each<[string, string, NodeRef]>([
    ['the first change', ids.change(at(1n)), change(1n)],
    ['the last change there may be', ids.change(at(LAST)), change(LAST)],
    ['an entity', ids.entity({ collection: 'quakes', key: 'q1' }), entity('quakes', 'q1')],
    ['an entity beyond ASCII', ids.entity({ collection: 'Zürich', key: '😀' }), entity('Zürich', '😀')],
    ['the last consumer there may be', ids.consumer(LAST), { type: 'Consumer', consumer: LAST }],
    ['a dead letter', ids.deadLetter(LETTER), { type: 'DeadLetter', ...LETTER }],
    ['a conflict', ids.conflict(UUID), { type: 'Conflict', uuid: UUID }],
  ])('is URL-safe text, names %s, and is no cursor', (_what, id, ref) => {
    expect(id).toMatch(/^[\w-]+$/);
    expect(ids.decode(id)).toEqual(ref);
    expect(thrownBy(() => cursors.decode(id, 'after'))).toMatchObject({ code: 'INVALID_CURSOR' });
  });

  it('is its type, the log, and what finds the object', () => {
    expect(ids.change(at(258n))).toBe(textOf(0x10, ...LOG, ...MARK, 1, 2));
    expect(ids.entity({ collection: 'c', key: 'k' })).toBe(textOf(0x11, ...LOG, 99, 0, 107));
    expect(ids.consumer(258n)).toBe(textOf(0x12, ...LOG, 1, 2));
    expect(ids.deadLetter(LETTER)).toBe(textOf(0x13, ...LOG, 2, 1, 2, 7));
    expect(ids.conflict(UUID)).toBe(
      Buffer.from(`14${UUID.replaceAll('-', '')}`, 'hex').toString('base64url'),
    );
  });

  it('of another log names nothing, unless it is of a conflict', () => {
    const other = new IdCodec('ffffffff-5b6c-7d8e-9fa0-b1c2d3e4f506');
    const [conflict, ...bound] = [
      other.conflict(UUID),
      ...[other.change(at(1n)), other.entity({ collection: 'c', key: 'k' }), other.consumer(1n)],
      other.deadLetter(LETTER),
    ];
    expect(bound.map((id) => ids.decode(id))).toEqual([null, null, null, null]);
    expect(ids.decode(conflict)).toEqual({ type: 'Conflict', uuid: UUID });
  });

  it.each<[string, string]>([
    ['empty text', ''],
    ['no base64', 'ü!'],
    ['half of a surrogate pair', '\ud800'],
    ['U+0000', '\0'],
    ['a number', '7'],
    ['a cursor', cursors.encode(at(1n))],
    ['the cursor of a redelivery', cursors.encodeAttempt(at(1n), { consumer: 7n, attempt: 2, ticket: 9n })],
    ['an unknown type', textOf(0x15, ...LOG, 1)],
    ['a header cut short', textOf(0x12, ...LOG.slice(1))],
    ['nothing behind the header', textOf(0x12, ...LOG)],
    ['a change without a position', textOf(0x10, ...LOG, ...MARK)],
    ['position 0', textOf(0x10, ...LOG, ...MARK, 0)],
    ['a position with a needless byte', textOf(0x10, ...LOG, ...MARK, 0, 1)],
    ['position 2^63', textOf(0x10, ...LOG, ...MARK, ...BEYOND)],
    ['a position of nine bytes', textOf(0x10, ...LOG, ...MARK, 1, ...ONES)],
    ['consumer 2^63', textOf(0x12, ...LOG, ...BEYOND)],
    ['a dead letter of consumer 2^63', textOf(0x13, ...LOG, 8, ...BEYOND, 1)],
    ['a dead letter at position 2^63', textOf(0x13, ...LOG, 1, 1, ...BEYOND)],
    ['a dead letter of no consumer', textOf(0x13, ...LOG, 0, 1)],
    ['a dead letter cut short', textOf(0x13, ...LOG, 8, 1, 2)],
    ['an entity without a key', textOf(0x11, ...LOG, 99, 0)],
    ['an entity without a collection', textOf(0x11, ...LOG, 0, 107)],
    ['an entity of one text', textOf(0x11, ...LOG, 99)],
    ['a key that holds U+0000', textOf(0x11, ...LOG, 99, 0, 107, 0, 107)],
    ['a key that ends with U+0000', textOf(0x11, ...LOG, 99, 0, 107, 0)],
    ['a key that is half of a surrogate pair', textOf(0x11, ...LOG, 99, 0, 0xed, 0xa0, 0x80)],
    ['a key that is not UTF-8', textOf(0x11, ...LOG, 99, 0, 0xff)],
    ['a UUID cut short', textOf(0x14, ...LOG)],
    ['a UUID with more behind it', textOf(0x14, ...Array.from({ length: 17 }, () => 1))],
    ['padding', `${ids.consumer(1n)}==`],
    ['white space before an id', ` ${ids.consumer(1n)}`],
    ['the same bytes in base64', Buffer.from(ids.consumer(0x01fbefben), 'base64url').toString('base64')],
  ])('is not %s', (_what, text) => {
    expect(ids.decode(text)).toBeNull();
  });
});

const number = fc.bigInt({ min: 1n, max: LAST });
const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .filter((text) => !text.includes('\0') && text.isWellFormed());
const known = fc.oneof(
  number.map((position) => ids.change(at(position))),
  fc.record({ collection: name, key: name }).map((one) => ids.entity(one)),
  number.map((consumer) => ids.consumer(consumer)),
  fc.record({ consumer: number, position: number }).map((one) => ids.deadLetter(one)),
  fc.uuid().map((uuid) => ids.conflict(uuid)),
);

/** The one text of what an id names. */
function idOf(ref: NodeRef): string {
  switch (ref.type) {
    case 'Change':
      return ids.change({ position: ref.position, hash: ref.mark });
    case 'Entity':
      return ids.entity(ref);
    case 'Consumer':
      return ids.consumer(ref.consumer);
    case 'DeadLetter':
      return ids.deadLetter(ref);
    case 'Conflict':
      return ids.conflict(ref.uuid);
  }
}

describe('ids, whatever they name', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(known, (id) => {
        const ref = ids.decode(id);
        expect(ref && idOf(ref)).toBe(id);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are the only texts that are read: any other names nothing, or is the one text of something else', () => {
    const damaged = fc
      .tuple(known, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), fc.nat(2))
      .map(([id, place, insert, cut]) => {
        const i = place % (id.length + 1);
        return id.slice(0, i) + insert + id.slice(i + cut);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const ref = ids.decode(text);
        expect(ref === null ? text : idOf(ref)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});
