import fc from 'fast-check';
import { CursorCodec } from '../../src/model/cursor.js';
import { HubError } from '../../src/model/errors.js';

const position = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: 0n, max: 1_000n }),
  // Around each length in bytes.
  fc.tuple(fc.integer({ min: 0, max: 62 }), fc.bigInt({ min: -2n, max: 2n })).map(([bits, near]) => {
    const value = 2n ** BigInt(bits) + near;
    return value < 0n ? 0n : value;
  }),
);
const codec = fc.uuid().map((logId) => new CursorCodec(logId));

describe('cursors, whatever log and place', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(codec, position, (cursors, place) => {
        expect(cursors.decode(cursors.encode(place), 'cursor')).toBe(place);
      }),
      { numRuns: 1_000 },
    );
  });

  it('have equal texts for equal places and other texts for others', () => {
    fc.assert(
      fc.property(codec, position, position, (cursors, one, other) => {
        const again = new CursorCodec(cursors.logId);
        expect(cursors.encode(one) === again.encode(other)).toBe(one === other);
      }),
    );
  });

  it('of one log are refused by another', () => {
    fc.assert(
      fc.property(codec, codec, position, (one, other, place) => {
        fc.pre(one.logId.slice(0, 8) !== other.logId.slice(0, 8));
        expect(() => other.decode(one.encode(place), 'cursor')).toThrow(/another log/);
      }),
    );
  });

  it('are the only texts that are read: any other is refused, and none is read as another place', () => {
    const damaged = fc
      .tuple(codec, position, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), fc.nat(2))
      .map(([cursors, place, at, insert, cut]) => {
        const text = cursors.encode(place);
        const i = at % (text.length + 1);
        return { cursors, text: text.slice(0, i) + insert + text.slice(i + cut) };
      });
    fc.assert(
      fc.property(damaged, ({ cursors, text }) => {
        try {
          expect(cursors.encode(cursors.decode(text, 'cursor'))).toBe(text);
        } catch (error) {
          if (!(error instanceof HubError)) throw error;
          expect(error.code).toBe('INVALID_CURSOR');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
