import type { Change } from '../../src/model/change.js';
import { Tail } from '../../src/feed/tail.js';
import { changeAt, pointAt } from '../contract/support/parts.js';

/** About 100,000 bytes by any sensible weight of its texts: at least its own length, at most ten times that. */
const LARGE = { after: `{"a":"${'x'.repeat(100_000)}"}` };

const run = (from: number, to: number, parts = {}): Change[] =>
  Array.from({ length: to - from + 1 }, (_, i) => changeAt(BigInt(from + i), parts));
const positions = (changes: readonly Change[]): number[] =>
  changes.map((change) => Number(change.row.position));

describe('the tail', () => {
  it('is empty at first and begins where it was told', () => {
    const tail = new Tail(pointAt(41n), 1_000_000);
    expect([tail.head, tail.start]).toEqual([41n, 41n]);
    expect(tail.after(41n, 10)).toEqual([]);
  });

  it('gives what comes after a place, in order, up to a limit', () => {
    const tail = new Tail(pointAt(0n), 1_000_000);
    tail.push(run(1, 3));
    tail.push(run(4, 5));
    expect([tail.start, tail.head]).toEqual([0n, 5n]);
    expect(positions(tail.after(0n, 10))).toEqual([1, 2, 3, 4, 5]);
    expect(positions(tail.after(2n, 2))).toEqual([3, 4]);
    expect(tail.after(5n, 10)).toEqual([]);
  });

  it.each<[string, Change[]]>([
    ['leaves a gap', run(4, 4)],
    ['comes again', run(2, 2)],
    ['has a gap within', [...run(3, 3), ...run(5, 5)]],
    ['runs backwards', [changeAt(3n), changeAt(2n)]],
  ])('takes nothing that %s', (_what, changes) => {
    const tail = new Tail(pointAt(0n), 1_000_000);
    tail.push(run(1, 2));
    expect(() => tail.push(changes)).toThrow(/does not follow/);
  });

  it('stays within its bytes by letting the oldest go', () => {
    const tail = new Tail(pointAt(0n), 2_000_000);
    for (let i = 1; i <= 100; i += 1) {
      tail.push(run(i, i, LARGE));
      const kept = tail.after(tail.start, 1_000);
      expect(kept.length * 100_000).toBeLessThanOrEqual(2_000_000);
      expect(positions(kept)).toEqual(positions(run(Number(tail.start) + 1, i)));
    }
    expect(tail.head).toBe(100n);
    // A bound that keeps nothing would be one too.
    expect(tail.head - tail.start).toBeGreaterThanOrEqual(2n);
  });

  it.each<[string, object]>([
    ['the entity before', { undo: `{"a":["${'x'.repeat(100_000)}"]}`, after: '{}' }],
    ['headers', { headers: `{"a":"${'x'.repeat(100_000)}"}` }],
  ])('counts %s as well', (_what, parts) => {
    const tail = new Tail(pointAt(0n), 2_000_000);
    tail.push(run(1, 100, parts));
    expect(tail.head - tail.start).toBeLessThanOrEqual(20n);
  });

  it('bounds also many changes that hold next to nothing', () => {
    const tail = new Tail(pointAt(0n), 100_000);
    tail.push(run(1, 5_000, { after: '{}' }));
    expect(tail.head).toBe(5_000n);
    expect(tail.head - tail.start).toBeLessThan(1_000n);
  });

  it('keeps nothing where it may weigh nothing, and moves its head all the same', () => {
    const tail = new Tail(pointAt(0n), 0);
    tail.push(run(1, 3));
    expect([tail.start, tail.head]).toEqual([3n, 3n]);
    tail.push(run(4, 4));
    expect(tail.after(4n, 10)).toEqual([]);
  });

  it('stays right over many more changes than it keeps', () => {
    const tail = new Tail(pointAt(0n), 60_000);
    for (let i = 1; i <= 10_000; i += 7) tail.push(run(i, Math.min(i + 6, 10_000)));
    expect(tail.head).toBe(10_000n);
    expect(positions(tail.after(9_995n, 100))).toEqual([9_996, 9_997, 9_998, 9_999, 10_000]);
    expect(positions(tail.after(tail.start, 1))).toEqual([Number(tail.start) + 1]);
  });
});
