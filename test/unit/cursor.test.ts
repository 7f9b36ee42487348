import { CursorCodec } from '../../src/model/cursor.js';
import { HubError } from '../../src/model/errors.js';
import { thrownBy } from '../contract/support/parts.js';

const LOG_ID = '0192d3a4-5b6c-7d8e-9fa0-b1c2d3e4f506';
const codec = new CursorCodec(LOG_ID);
const textOf = (...bytes: number[]): string => Buffer.from(bytes).toString('base64url');
const HEADER = [1, 0x01, 0x92, 0xd3, 0xa4];

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
    expect(codec.decode(codec.encode(position), 'cursor')).toBe(position);
  });

  it('is format, four bytes of the log id and the position, as URL-safe text', () => {
    expect(codec.encode(0n)).toBe(textOf(...HEADER));
    expect(codec.encode(1n)).toBe(textOf(...HEADER, 1));
    expect(codec.encode(258n)).toBe(textOf(...HEADER, 1, 2));
    expect(codec.encode(2n ** 63n - 1n)).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('of another log is refused with the id of this one', () => {
    const other = new CursorCodec('ffffffff-5b6c-7d8e-9fa0-b1c2d3e4f506');
    const error = refused(other.encode(7n));
    expect(error).toMatchObject({ code: 'INVALID_CURSOR', details: { path: 'after', logId: LOG_ID } });
    expect(error.message).toContain('another log');
  });

  it.each<[string, string]>([
    ['empty text', ''],
    ['no base64', 'ü!'],
    ['a word', 'cursor'],
    ['a position alone', '7'],
    ['an unknown format', textOf(2, ...HEADER.slice(1), 1)],
    ['format 0', textOf(0, ...HEADER.slice(1), 1)],
    ['a header cut short', textOf(...HEADER.slice(0, 4))],
    ['a position with leading zeros', textOf(...HEADER, 0, 1)],
    ['a second text for position 0', textOf(...HEADER, 0)],
    ['nine bytes of position', textOf(...HEADER, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['2^63, one beyond the last', textOf(...HEADER, 0x80, 0, 0, 0, 0, 0, 0, 0)],
    ['padding', `${textOf(...HEADER, 1, 2)}=`],
    ['the alphabet of plain base64', Buffer.from([...HEADER, 0xfb, 0xff]).toString('base64')],
    ['white space around it', ` ${textOf(...HEADER, 1)}`],
    ['a line break behind it', `${textOf(...HEADER, 1)}\n`],
    ['spare bits that are set', `${codec.encode(256n).slice(0, -1)}B`],
    ['a thousand characters', 'A'.repeat(1_000)],
  ])('is refused where it is %s', (_what, text) => {
    const error = refused(text);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code: 'INVALID_CURSOR', details: { path: 'after' } });
    expect(error.message).toMatch(/^after: is (not a cursor|a cursor of another log)/);
  });

  it('never stands for another place when it is cut short, unless that is a cursor too', () => {
    const whole = codec.encode(2n ** 40n + 5n);
    const parts = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length));
    for (const part of parts) {
      let position: bigint;
      try {
        position = codec.decode(part, 'after');
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID_CURSOR' });
        continue;
      }
      expect(codec.encode(position)).toBe(part);
    }
  });
});
