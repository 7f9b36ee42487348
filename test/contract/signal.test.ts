import { randomUUID } from 'node:crypto';
import { systemTimers } from '../../src/model/clock.js';
import { createLogger } from '../../src/logger/logger.js';
import { openRedis } from '../../src/platform/platform.js';
import { openSignal } from '../../src/signal/signal.js';
import type { Announcement, Signal } from '../../src/signal/signal.js';
import { startRedisCluster } from '../support/redis-cluster.js';
import { startRedisWithSentinel } from '../support/redis-sentinel.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { sharedRedis } from '../support/shared-redis.js';
import { FakeTimers } from '../support/fake-timers.js';
import { logLines } from '../support/log-lines.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';

const logger = createLogger('silent');
const connector = (url: string) => () => openRedis(url, () => undefined);
const about = (name: string): Announcement => ({ kind: 'consumer', name });

/** One hub's signal, and what it heard. */
class Hearing {
  readonly heard: Announcement[] = [];
  ups = 0;
  readonly signal: Signal;

  constructor(
    readonly logId: string,
    url: string | null,
  ) {
    this.signal = openSignal({
      logId,
      connect: url === null ? null : connector(url),
      logger,
      timers: systemTimers,
    });
    this.signal.listen({
      onAnnouncement: (announcement) => void this.heard.push(announcement),
      onUp: () => void (this.ups += 1),
    });
  }

  get names(): string[] {
    return this.heard.map((one) => (one.kind === 'consumer' ? one.name : one.kind));
  }

  up(): Promise<true> {
    return eventually(() => this.signal.state !== 'down', { what: 'the signal to be up', timeoutMs: 20_000 });
  }

  /** Hears of a name that another announces until it does: nothing promises that the first one arrives. */
  hearsOf(from: Hearing, name: string): Promise<true> {
    const check = (): boolean => {
      from.signal.announce(about(name));
      return this.names.includes(name);
    };
    return eventually(check, { what: `${name} to be heard`, timeoutMs: 20_000 });
  }
}

const kinds = [
  { name: 'in this process', start: () => Promise.resolve(null) },
  { name: 'over Redis', start: sharedRedis },
  { name: 'over Redis with Sentinel', start: startRedisWithSentinel },
  { name: 'over Redis Cluster', start: startRedisCluster },
];

describe.each(kinds)('the signal $name', ({ start }) => {
  let redis: { readonly url: string; dispose(): Promise<void> } | null = null;
  let logId: string;
  const opened: Hearing[] = [];

  beforeAll(async () => {
    redis = await start();
  }, 60_000);
  beforeEach(() => {
    logId = randomUUID();
  });
  afterEach(async () => {
    for (const { signal } of opened.splice(0)) await signal.close();
  });
  afterAll(() => redis?.dispose());

  async function open(id = logId): Promise<Hearing> {
    const hearing = new Hearing(id, redis?.url ?? null);
    opened.push(hearing);
    await hearing.up();
    return hearing;
  }

  it('reaches every other hub on the log, whole and in order, and not the one that announced', async () => {
    const [a, b, c] = await Promise.all([open(), open(), open()]);
    const all: readonly Announcement[] = [
      { kind: 'appended', to: 2n ** 53n + 1n },
      { kind: 'action' },
      about('from a'),
    ];
    for (const one of all) a.signal.announce(one);
    for (const other of [b, c]) {
      await eventually(() => other.heard.length >= all.length, { what: 'all announcements' });
      expect(other.heard).toEqual(all);
    }
    // What comes back after its own would have come proves that its own did not.
    b.signal.announce(about('from b'));
    await eventually(() => a.heard.length > 0, { what: 'the other announcement' });
    expect(a.heard).toEqual([about('from b')]);
  });

  it('does not reach hubs of another log', async () => {
    const [a, b, stranger] = await Promise.all([open(), open(), open(randomUUID())]);
    a.signal.announce(about('ours'));
    stranger.signal.announce(about('theirs'));
    a.signal.announce(about('last'));
    await eventually(() => b.names.includes('last'), { what: 'the last announcement' });
    expect(b.names).toEqual(['ours', 'last']);
    // The same the other way, with one of their own to tell when everything has come.
    const kin = await open(stranger.logId);
    a.signal.announce(about('ours again'));
    await stranger.hearsOf(kin, 'kin');
    expect(new Set(stranger.names)).toEqual(new Set(['kin']));
  });

  it('is not heard by a hub that closed it, and announcing to nobody harms nobody', async () => {
    const [a, b, c] = await Promise.all([open(), open(), open()]);
    await b.signal.close();
    a.signal.announce(about('after'));
    await eventually(() => c.names.includes('after'), { what: 'the hub that is left to hear' });
    expect(b.names).toEqual([]);
    await Promise.all([a, b, c].map(({ signal }) => signal.close()));
    expect(() => a.signal.announce(about('nobody'))).not.toThrow();
  });
});

describe('the signal over a Redis that goes away', () => {
  let redis: RedisServer;
  const opened: Hearing[] = [];

  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    for (const { signal } of opened.splice(0)) await signal.close();
    await redis.dispose();
  });

  function openTwo(url = redis.url): [Hearing, Hearing] {
    const logId = randomUUID();
    const two: [Hearing, Hearing] = [new Hearing(logId, url), new Hearing(logId, url)];
    opened.push(...two);
    return two;
  }
  const down = ({ signal }: Hearing): Promise<true> =>
    eventually(() => signal.state === 'down', { what: 'the signal to be down', timeoutMs: 20_000 });

  it('is up again by itself when Redis is back, and says so to who listens', async () => {
    const [a, b] = openTwo();
    await Promise.all([a.up(), b.up()]);
    expect([a.ups, b.ups]).toEqual([1, 1]);
    await redis.kill();
    await Promise.all([down(a), down(b)]);
    a.signal.announce(about('lost'));
    await redis.start();
    await Promise.all([a.up(), b.up()]);
    expect([a.ups, b.ups]).toEqual([2, 2]);
    await b.hearsOf(a, 'back');
    expect(b.names).not.toContain('lost');
  });

  it('starts without Redis: down, harmless, and up by itself once Redis is there', async () => {
    await redis.stop();
    const [a, b] = openTwo();
    expect([a.signal.state, b.signal.state]).toEqual(['down', 'down']);
    expect(() => a.signal.announce(about('nobody'))).not.toThrow();
    await redis.start();
    await Promise.all([a.up(), b.up()]);
    expect([a.ups, b.ups]).toEqual([1, 1]);
    await b.hearsOf(a, 'there');
  });

  it('says once that it does not reach Redis, not before Redis had time to answer, and once that it does', async () => {
    await redis.stop();
    const timers = new FakeTimers();
    const log = logLines('info');
    const signal = openSignal({
      logId: randomUUID(),
      connect: connector(redis.url),
      logger: log.logger,
      timers,
    });
    timers.advance(2_999);
    expect(log.lines).toEqual([]);
    timers.advance(60_000);
    const missed = {
      level: 'warn',
      msg: expect.stringMatching(/^redis is not reached: .*REDIS_URL/) as string,
    };
    expect(log.lines).toMatchObject([missed]);
    await redis.start();
    await eventually(() => signal.state === 'up', { what: 'the signal to be up', timeoutMs: 20_000 });
    timers.advance(2_000);
    expect(log.lines).toMatchObject([
      missed,
      { level: 'info', msg: expect.stringMatching(/^redis is up/) as string },
    ]);
    await signal.close();
  });

  it('notices connections that look open and carry nothing, and gets over it', async () => {
    const proxy = await startTcpProxy({ port: redis.port });
    try {
      const [a, b] = openTwo(`redis://127.0.0.1:${proxy.port}`);
      await Promise.all([a.up(), b.up()]);
      proxy.stall();
      await Promise.all([down(a), down(b)]);
      // Waiting for the old connections would be in vain where the other end is gone: it asks for new ones.
      const renewed = (): boolean => proxy.accepted >= 8;
      await eventually(renewed, { what: 'both hubs to connect anew', timeoutMs: 20_000 });
      proxy.resume();
      await Promise.all([a.up(), b.up()]);
      await b.hearsOf(a, 'again');
    } finally {
      for (const { signal } of opened) await signal.close();
      await proxy.dispose();
    }
  });
});
