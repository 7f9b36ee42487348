import type { Timers } from '../../src/model/clock.js';
import { inParts, Liveness } from '../../src/server/liveness.js';
import { FakeTimers } from '../support/fake-timers.js';

const KIB = 1_024;
const PING_MS = 1_000;
const STALLED_MS = 5_000;

/** A socket that somebody reads as the test says, on the clock of the test. */
class Peer {
  readonly marks: string[] = [];
  end: 'dead' | 'stalled' | null = null;
  readonly liveness: Liveness;

  constructor(timers: Timers) {
    this.liveness = new Liveness({
      pingMs: PING_MS,
      stalledMs: STALLED_MS,
      timers,
      ping: (mark) => this.marks.push(mark),
      onDead: () => this.#ends('dead'),
      onStalled: () => this.#ends('stalled'),
    });
  }

  /** Reads all that was written so far, as far as marks tell. */
  reads(): void {
    for (const mark of this.marks.splice(0)) this.liveness.pong(mark);
  }

  #ends(how: 'dead' | 'stalled'): void {
    this.end = how;
    this.liveness.stop();
  }
}

describe('whether a socket is read', () => {
  let timers: FakeTimers;
  let peer: Peer;

  beforeEach(() => {
    timers = new FakeTimers();
    peer = new Peer(timers);
  });
  afterEach(() => {
    peer.liveness.stop();
    expect(timers.pending).toBe(0);
  });

  it('one that answers its pings lives on, with nothing to read and with something', () => {
    for (let n = 0; n < 20; n += 1) {
      timers.advance(PING_MS);
      peer.liveness.wrote(KIB);
      peer.reads();
    }
    expect(peer.end).toBeNull();
  });

  it('one that does not answer, though it has little to read, is dead by the ping after', () => {
    peer.liveness.wrote(KIB);
    timers.advance(2 * PING_MS);
    expect(peer.end).toBe('dead');
  });

  it('one that has something to read and reads none of it is stalled, and not earlier', () => {
    peer.liveness.wrote(100 * KIB);
    timers.advance(STALLED_MS - 1);
    expect(peer.end).toBeNull();
    timers.advance(1);
    expect(peer.end).toBe('stalled');
  });

  it('pongs that answer no mark do not count, whatever they say', () => {
    peer.liveness.wrote(100 * KIB);
    for (let n = 0; n < 5; n += 1) {
      for (const pong of ['', '0', 'x', '-1', '1e9', String(10 ** 9)]) peer.liveness.pong(pong);
      timers.advance(PING_MS);
    }
    expect(peer.end).toBe('stalled');
  });

  it('one that reads a mark now and then is neither, however far it is behind', () => {
    for (let n = 0; n < 100; n += 1) peer.liveness.wrote(64 * KIB);
    for (let n = 0; n < 100; n += 1) {
      timers.advance(STALLED_MS - PING_MS);
      const mark = peer.marks.shift();
      if (mark !== undefined) peer.liveness.pong(mark);
    }
    expect(peer.end).toBeNull();
  });

  it('one that answered a ping while the hub was suspended is not dead', () => {
    timers.advance(PING_MS);
    // The pong has arrived, but timers run before it is read.
    timers.suspend(10 * PING_MS);
    expect(peer.end).toBeNull();
    peer.reads();
    timers.advance(3 * PING_MS - 1);
    expect(peer.end).toBe('dead');
  });

  it('one that read what it was sent while the hub was suspended is not stalled', () => {
    peer.liveness.wrote(100 * KIB);
    timers.advance(PING_MS);
    timers.suspend(10 * STALLED_MS);
    peer.reads();
    timers.advance(PING_MS);
    expect(peer.end).toBeNull();
  });

  it('is pinged every interval, also when timers run a fraction of a millisecond early', () => {
    peer.liveness.stop();
    let early = 0;
    peer = new Peer({
      now: () => timers.now() - early,
      after: (ms, work) => timers.after(ms, work),
      every: (ms, work) => timers.every(ms, work),
    });
    for (let n = 1; n <= 10; n += 1) {
      early = n % 2 === 0 ? 0.5 : 0;
      timers.advance(PING_MS);
      expect(peer.marks).toHaveLength(1);
      peer.reads();
    }
  });

  it('is asked anew from the moment that there is something to read', () => {
    for (let n = 0; n < 10; n += 1) {
      timers.advance(PING_MS);
      peer.reads();
    }
    peer.liveness.wrote(100 * KIB);
    timers.advance(STALLED_MS - PING_MS);
    expect(peer.end).toBeNull();
  });
});

describe('a message in parts', () => {
  it.each([
    '',
    'short',
    'ä'.repeat(64 * KIB),
    '🦈'.repeat(100_000),
    'x'.repeat(64 * KIB),
    'x'.repeat(64 * KIB + 1),
  ])('is the message, and ends once', (text) => {
    const parts = [...inParts(text)];
    expect(Buffer.concat(parts.map(({ data }) => Buffer.from(data))).toString()).toBe(text);
    expect(parts.map(({ last }) => last)).toEqual(parts.map((_part, i) => i === parts.length - 1));
    for (const { data } of parts) expect(data.length).toBeLessThanOrEqual(64 * KIB);
  });
});
