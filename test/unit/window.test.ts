import { Window } from '../../src/deliver/sender.js';
import { View } from '../../src/view/view.js';
import type { VisibleChange } from '../../src/view/view.js';
import { changeAt } from '../contract/support/parts.js';

const changes = (...positions: number[]): VisibleChange[] =>
  positions.flatMap((position) => View.of().change(changeAt(BigInt(position))) ?? []);

describe('the window of a consumer', () => {
  it('loses room with every change that is sent', () => {
    const window = new Window(5);
    expect([window.inFlight, window.room]).toEqual([0, 5]);
    window.sent(changes(1, 2, 3));
    expect([window.inFlight, window.room]).toEqual([3, 2]);
    window.sent([]);
    window.sent(changes(4, 9));
    expect([window.inFlight, window.room]).toEqual([5, 0]);
  });

  it('gains room by acknowledging everything up to a place, whether a change stands there or not', () => {
    const window = new Window(5);
    window.sent(changes(2, 4, 6));
    window.acknowledged(1n);
    expect(window.inFlight).toBe(3);
    window.acknowledged(5n);
    expect(window.inFlight).toBe(1);
    window.acknowledged(6n);
    expect([window.inFlight, window.room]).toEqual([0, 5]);
  });

  it('is not moved by an older or repeated acknowledgement, nor by one beyond what was sent', () => {
    const window = new Window(5);
    window.sent(changes(1, 2, 3));
    window.acknowledged(2n);
    window.acknowledged(1n);
    window.acknowledged(2n);
    expect(window.inFlight).toBe(1);
    window.acknowledged(100n);
    expect(window.inFlight).toBe(0);
    window.sent(changes(4));
    expect(window.inFlight).toBe(1);
  });

  it('has no end where nothing is acknowledged, and remembers nothing then', () => {
    const window = new Window(Number.POSITIVE_INFINITY);
    window.sent(changes(1, 2, 3));
    expect([window.inFlight, window.room]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('stays right over many more changes than it holds', () => {
    const window = new Window(1_000);
    for (let i = 1; i <= 5_000; i += 1) {
      window.sent(changes(i));
      window.acknowledged(BigInt(i - 3));
      expect(window.inFlight).toBe(Math.min(i, 3));
    }
  });
});
