import fc from 'fast-check';
import { CursorCodec, markOf } from '../../src/model/cursor.js';
import type { Point } from '../../src/model/cursor.js';
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
/** The point at a position, with any hash. */
const at = (place: bigint, bytes: Uint8Array): Point => ({
  position: place,
  hash: Buffer.from(bytes).toString('base64url'),
});
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const point = fc.tuple(position, hash).map(([place, bytes]) => at(place, bytes));
const codec = fc.uuid().map((logId) => new CursorCodec(logId));

describe('cursors, whatever log and place', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(codec, point, (cursors, place) => {
        const { position: is, mark, attempt } = cursors.decode(cursors.encode(place), 'cursor');
        expect([is, mark, attempt]).toEqual([place.position, markOf(place), null]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('have equal texts for equal places and other texts for others', () => {
    fc.assert(
      fc.property(codec, position, position, hash, (cursors, one, other, bytes) => {
        const again = new CursorCodec(cursors.logId);
        expect(cursors.encode(at(one, bytes)) === again.encode(at(other, bytes))).toBe(one === other);
      }),
    );
  });

  it('of one log are refused by another', () => {
    fc.assert(
      fc.property(codec, codec, point, (one, other, place) => {
        fc.pre(one.logId.slice(0, 8) !== other.logId.slice(0, 8));
        expect(() => other.decode(one.encode(place), 'cursor')).toThrow(/another log/);
      }),
    );
  });

  it('are the only texts that are read: any other is refused, and none is read as another place', () => {
    const damaged = fc
      .tuple(codec, point, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), fc.nat(2))
      .map(([cursors, place, at, insert, cut]) => {
        const text = cursors.encode(place);
        const i = at % (text.length + 1);
        return { cursors, text: text.slice(0, i) + insert + text.slice(i + cut) };
      });
    fc.assert(
      fc.property(damaged, ({ cursors, text }) => {
        try {
          const { position: is, mark, attempt } = cursors.decode(text, 'cursor');
          // A text that became one of an older format, or of a redelivery, is a cursor too.
          if (mark === null || attempt !== null) return;
          expect(cursors.encode({ position: is, hash: mark })).toBe(text);
        } catch (error) {
          if (!(error instanceof HubError)) throw error;
          expect(error.code).toBe('INVALID_CURSOR');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
