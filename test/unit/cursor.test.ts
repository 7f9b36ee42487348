import { CursorCodec } from '../../src/model/cursor.js';
import type { Attempt, Point } from '../../src/model/cursor.js';
import { HubError } from '../../src/model/errors.js';
import { pointAt, thrownBy } from '../contract/support/parts.js';

const LOG_ID = '0192d3a4-5b6c-7d8e-9fa0-b1c2d3e4f506';
const codec = new CursorCodec(LOG_ID);
const textOf = (...bytes: number[]): string => Buffer.from(bytes).toString('base64url');
const LOG = [0x01, 0x92, 0xd3, 0xa4];
/** The first bytes of the hash at every position here. */
const MARK = [0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe];
const HASH = textOf(...MARK, ...Array.from({ length: 26 }, () => 0x55));
const HEADER = [3, ...LOG, ...MARK];
const at = (position: bigint): Point => ({ position, hash: HASH });

const refused = (text: string): HubError => thrownBy(() => codec.decode(text, 'after'));

describe('a cursor', () => {
  it.each<[string, bigint]>([
    ['the place before the first change', 0n],
    ['the first change', 1n],
    ['the last of one byte', 255n],
    ['the first of two bytes', 256n],
    ['2^53 - 1', 2n ** 53n - 1n],
    ['2^53 + 1, which no double holds', 2n ** 53n + 1n],
    ['2^63 - 1, the last there is', 2n ** 63n - 1n],
  ])('comes back as it went: %s', (_what, position) => {
    expect(codec.decode(codec.encode(at(position)), 'cursor')).toEqual({
      position,
      mark: textOf(...MARK),
      attempt: null,
    });
  });

  it.each<[string, Attempt | null]>([
    ['of a place', null],
    ['of a redelivery', { consumer: 7n, attempt: 2, ticket: 9n }],
  ])('%s that was written before cursors had marks is read', (_what, attempt) => {
    const parts = attempt === null ? [] : [0, 0, 0, 0, 0, 7, 0, 2, 0, 0, 0, 0, 0, 9];
    const text = textOf(attempt === null ? 1 : 2, ...LOG, ...parts, 1, 2);
    expect(codec.decode(text, 'cursor')).toEqual({ position: 258n, mark: null, attempt });
  });

  it('of a redelivery comes back as it went', () => {
    const attempt = { consumer: 2n ** 47n, attempt: 65_535, ticket: 2n ** 48n - 1n };
    const text = codec.encodeAttempt(at(258n), attempt);
    expect(codec.decode(text, 'cursor')).toEqual({ position: 258n, mark: textOf(...MARK), attempt });
  });

  it('is refused where the log has another change at its position, and only there', () => {
    const marked = codec.decode(codec.encode(at(5n)), 'cursor');
    expect(() => codec.checkMark(marked, at(5n), 'cursor')).not.toThrow();
    expect(() => codec.checkMark({ ...marked, mark: null }, pointAt(5n), 'cursor')).not.toThrow();
    const error = thrownBy(() => codec.checkMark(marked, pointAt(5n), 'cursor'));
    expect(error).toMatchObject({ code: 'INVALID_CURSOR', details: { path: 'cursor', logId: LOG_ID } });
  });

  it('is format, four bytes of the log id, six of the hash and the position, as URL-safe text', () => {
    expect(codec.encode(at(0n))).toBe(textOf(...HEADER));
    expect(codec.encode(at(1n))).toBe(textOf(...HEADER, 1));
    expect(codec.encode(at(258n))).toBe(textOf(...HEADER, 1, 2));
    expect(codec.encode(at(2n ** 63n - 1n))).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('of another log is refused with the id of this one', () => {
    const other = new CursorCodec('ffffffff-5b6c-7d8e-9fa0-b1c2d3e4f506');
    const error = refused(other.encode(at(7n)));
    expect(error).toMatchObject({ code: 'INVALID_CURSOR', details: { path: 'after', logId: LOG_ID } });
    expect(error.message).toContain('another log');
  });

  it.each<[string, string]>([
    ['empty text', ''],
    ['no base64', 'ü!'],
    ['a word', 'cursor'],
    ['a position alone', '7'],
    ['an unknown format', textOf(5, ...HEADER.slice(1), 1)],
    ['format 0', textOf(0, ...HEADER.slice(1), 1)],
    ['a header cut short', textOf(...HEADER.slice(0, 4))],
    ['a mark cut short', textOf(...HEADER.slice(0, 8))],
    ['an attempt cut short', textOf(4, ...LOG, ...MARK, 0, 0, 0, 0, 0, 7, 0, 2)],
    ['a position with leading zeros', textOf(...HEADER, 0, 1)],
    ['a second text for position 0', textOf(...HEADER, 0)],
    ['nine bytes of position', textOf(...HEADER, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['2^63, one beyond the last', textOf(...HEADER, 0x80, 0, 0, 0, 0, 0, 0, 0)],
    ['padding', `${textOf(...HEADER, 1, 2)}=`],
    ['the alphabet of plain base64', Buffer.from([...HEADER, 0xfb, 0xff]).toString('base64')],
    ['white space around it', ` ${textOf(...HEADER, 1)}`],
    ['a line break behind it', `${textOf(...HEADER, 1)}\n`],
    ['spare bits that are set', `${codec.encode(at(256n)).slice(0, -1)}B`],
    ['a thousand characters', 'A'.repeat(1_000)],
  ])('is refused where it is %s', (_what, text) => {
    const error = refused(text);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code: 'INVALID_CURSOR', details: { path: 'after' } });
    expect(error.message).toMatch(/^after: is (not a cursor|a cursor of another log)/);
  });

  it('never stands for another place when it is cut short, unless that is a cursor too', () => {
    const whole = codec.encode(at(2n ** 40n + 5n));
    const parts = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length));
    for (const part of parts) {
      let position: bigint;
      try {
        ({ position } = codec.decode(part, 'after'));
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_CURSOR' });
        continue;
      }
      expect(codec.encode(at(position))).toBe(part);
    }
  });
});
