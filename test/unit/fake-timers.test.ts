import { systemTimers } from '../../src/model/clock.js';
import type { Cancel } from '../../src/model/clock.js';
import { FakeTimers } from '../support/fake-timers.js';
import { eventually } from '../support/wait.js';

describe('fake timers', () => {
  let timers: FakeTimers;
  let ran: (readonly [string, number])[];
  const note = (name: string) => (): void => {
    ran.push([name, timers.now()]);
  };

  beforeEach(() => {
    timers = new FakeTimers();
    ran = [];
  });

  it('run work once, at its time and not earlier', () => {
    timers.after(100, note('once'));
    timers.advance(99);
    expect(ran).toEqual([]);
    timers.advance(1);
    timers.advance(1_000);
    expect(ran).toEqual([['once', 100]]);
    expect(timers.now()).toBe(1_100);
    expect(timers.pending).toBe(0);
  });

  it('run repeated work at every multiple until it is cancelled', () => {
    const cancel = timers.every(10, note('tick'));
    timers.advance(35);
    cancel();
    timers.advance(100);
    expect(ran.map(([, at]) => at)).toEqual([10, 20, 30]);
    expect(timers.pending).toBe(0);
  });

  it('run work in order of time, and of starting where the time is equal', () => {
    timers.after(20, note('late'));
    timers.after(10, note('a'));
    timers.every(10, note('b'));
    timers.after(20, note('last'));
    timers.advance(20);
    expect(ran.map(([name]) => name)).toEqual(['a', 'b', 'late', 'last', 'b']);
  });

  it('run work that other work starts, within the same advance', () => {
    timers.after(10, () => timers.after(5, note('inner')));
    timers.advance(15);
    expect(ran).toEqual([['inner', 15]]);
  });

  it('do not run work that was cancelled, also by other work at the same time', () => {
    let cancel: Cancel = () => undefined;
    timers.after(10, () => cancel());
    cancel = timers.after(10, note('cancelled'));
    const repeated = timers.every(10, () => repeated());
    timers.advance(10);
    cancel();
    expect(ran).toEqual([]);
    expect(timers.pending).toBe(0);
  });

  it('run late, and repeated work once, after a suspension', () => {
    timers.every(10, note('tick'));
    timers.suspend(1_000);
    timers.advance(10);
    expect(ran.map(([, at]) => at)).toEqual([1_000, 1_010]);
  });

  it('refuse to repeat without a pause', () => {
    expect(() => timers.every(0, note('never'))).toThrow(RangeError);
  });
});

describe('system timers', () => {
  it('run work, repeat work, and stop when cancelled', async () => {
    let once = 0;
    let repeated = 0;
    let cancelled = 0;
    const started = systemTimers.now();
    systemTimers.after(1, () => (once += 1));
    const stop = systemTimers.every(1, () => (repeated += 1));
    systemTimers.after(1, () => (cancelled += 1))();
    await eventually(() => once === 1 && repeated >= 2, { what: 'both timers to run' });
    stop();
    stop();
    expect(cancelled).toBe(0);
    expect(systemTimers.now()).toBeGreaterThan(started);
  });
});
