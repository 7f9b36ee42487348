import { Running } from '../../src/server/running.js';
import { withTimeout } from '../../src/server/with-timeout.js';
import { FakeTimers } from '../support/fake-timers.js';

const GRACE_MS = 10_000;

/** A promise and the functions that settle it. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('operations that are running', () => {
  let timers: FakeTimers;
  let running: Running;
  let settled: boolean;
  beforeEach(() => {
    timers = new FakeTimers();
    running = new Running(timers);
    settled = false;
  });
  const stop = (): Promise<void> =>
    running.settled(GRACE_MS).then(() => {
      settled = true;
    });

  it('are waited for until the last has settled, also where one fails', async () => {
    const [first, second] = [deferred(), deferred()];
    const answer = running.track(() => first.promise.then(() => 'answer'));
    const failure = running.track(() => second.promise.then(() => Promise.reject(new Error('failed'))));
    const stopped = stop();
    first.resolve();
    expect(await answer).toBe('answer');
    expect(settled).toBe(false);
    second.resolve();
    await expect(failure).rejects.toThrow('failed');
    await stopped;
    expect(timers.pending).toBe(0);
  });

  it('are waited for no longer than the grace time', async () => {
    void running.track(() => new Promise(() => undefined));
    const stopped = stop();
    timers.advance(GRACE_MS - 1);
    expect(settled).toBe(false);
    timers.advance(1);
    await stopped;
  });

  it('need no timer where there are none', async () => {
    await stop();
    expect(timers.now()).toBe(0);
  });
});

describe('a time limit', () => {
  it('passes on the result or the failure, and leaves no timer behind', async () => {
    const timers = new FakeTimers();
    expect(await withTimeout(1_000, Promise.resolve(7), timers)).toBe(7);
    await expect(withTimeout(1_000, Promise.reject(new Error('failed')), timers)).rejects.toThrow('failed');
    expect(timers.pending).toBe(0);
  });

  it('rejects when the time is over', async () => {
    const timers = new FakeTimers();
    const limited = withTimeout(3_000, new Promise(() => undefined), timers);
    timers.advance(3_000);
    await expect(limited).rejects.toThrow('no answer after 3 s');
  });
});
