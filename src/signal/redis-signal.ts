import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Cancel, Timers } from '../model/clock.js';
import type { Logger, RedisConnection } from '../platform/platform.js';
import { decodeEnvelope, encodeEnvelope } from './announcement.js';
import type { Announcement, Envelope, SignalListener } from './announcement.js';

/** A probe goes out this often, in milliseconds; none heard for three of them means that the way is broken. */
const PROBE_MS = 1_000;
const SILENCE_MS = 3 * PROBE_MS;
/** Announcements that Redis has not taken yet; past that they are dropped, since polls find what they would have said. */
const MAX_UNANSWERED = 1_000;

const NOT_REACHED =
  'redis is not reached: changes of other hubs arrive by polling until it answers; check REDIS_URL if it should';

/**
 * The signal over Redis pub/sub.
 *
 * A connection that looks open may carry nothing (a half-open socket, a subscription that was lost in a failover), so the
 * hub listens to itself: it is up while its own probes come back, and connects anew when they do not. SUBSCRIBE is sent
 * only to a connection that is ready, and to each that becomes so: sent earlier it would be lost.
 */
export class RedisSignal {
  readonly #channel: string;
  readonly #publisher: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #pubsub: RedisPubSub;
  readonly #stopProbing: Cancel;
  readonly #listeners: SignalListener[] = [];
  #unanswered = 0;
  #lastHeard = Number.NEGATIVE_INFINITY;
  #lastReset: number;
  /** `opening` until the hub heard itself for the first time, or had as long to hear itself as it has later. */
  #state: 'opening' | 'up' | 'down' = 'opening';
  readonly #openedAt: number;
  /** The subscriber was cut off since the hub last heard itself: it may have missed something, however short that was. */
  #cut = false;

  constructor(
    readonly hub: string,
    logId: string,
    connect: () => RedisConnection,
    readonly logger: Logger,
    readonly timers: Timers,
  ) {
    this.#channel = `tidemark:${logId}`;
    this.#openedAt = this.#lastReset = timers.now();
    this.#publisher = connect();
    this.#subscriber = connect();
    this.#pubsub = new RedisPubSub({
      publisher: this.#publisher,
      subscriber: listenerOn(this.#subscriber),
      serializer: (envelope: Envelope) => encodeEnvelope(envelope),
      deserializer: (text: Buffer | string) => decodeEnvelope(text.toString()),
    });
    void this.#pubsub.subscribe(this.#channel, (envelope: Envelope | null) => this.#heard(envelope));
    this.#subscriber.on('ready', () => this.#subscribe());
    this.#subscriber.on('close', () => (this.#cut = true));
    this.#publisher.on('ready', () => this.#send({ kind: 'probe' }));
    this.#stopProbing = timers.every(PROBE_MS, () => this.#probe());
  }

  get state(): 'up' | 'down' {
    return this.#state === 'up' ? 'up' : 'down';
  }

  announce(announcement: Announcement): void {
    this.#send(announcement);
  }

  listen(listener: SignalListener): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#stopProbing();
    // What is in the socket already is still handed out: nobody is there any more to hear it.
    this.#listeners.length = 0;
    this.#subscriber.disconnect();
    this.#publisher.disconnect();
    return Promise.resolve();
  }

  #subscribe(): void {
    this.#subscriber.subscribe(this.#channel).then(
      () => this.#send({ kind: 'probe' }),
      // Silence follows, and with it another connection.
      (error: unknown) => this.logger.debug({ err: error }, 'redis did not take the subscription'),
    );
  }

  #send(announcement: Envelope['announcement']): void {
    if (this.#publisher.status !== 'ready' || this.#unanswered >= MAX_UNANSWERED) return;
    this.#unanswered += 1;
    const done = (): void => {
      this.#unanswered -= 1;
    };
    this.#pubsub.publish(this.#channel, { hub: this.hub, announcement } satisfies Envelope).then(done, done);
  }

  #heard(envelope: Envelope | null): void {
    if (!envelope) return;
    const { hub, announcement } = envelope;
    if (hub === this.hub) {
      this.#lastHeard = this.timers.now();
      this.#hearsItself();
    } else if (announcement.kind !== 'probe') {
      for (const listener of this.#listeners) listener.onAnnouncement(announcement);
    }
  }

  #probe(): void {
    const now = this.timers.now();
    if (now - this.#lastHeard > SILENCE_MS) {
      this.#isSilent(now);
      this.#reset(now);
    }
    this.#send({ kind: 'probe' });
  }

  /** Connects anew what claims to be ready though nothing comes through. */
  #reset(now: number): void {
    if (now - this.#lastReset < SILENCE_MS) return;
    this.#lastReset = now;
    for (const connection of [this.#publisher, this.#subscriber]) {
      if (connection.status === 'ready') connection.disconnect(true);
    }
  }

  #hearsItself(): void {
    const missed = this.#cut || this.#state !== 'up';
    this.#cut = false;
    if (this.#state !== 'up') this.logger.info('redis is up: changes of other hubs arrive at once');
    this.#state = 'up';
    if (missed) for (const listener of this.#listeners) listener.onUp();
  }

  #isSilent(now: number): void {
    if (this.#state === 'down') return;
    if (this.#state === 'up') this.logger.warn('redis is down: changes of other hubs arrive by polling');
    else if (now - this.#openedAt < SILENCE_MS) return;
    else this.logger.warn(NOT_REACHED);
    this.#state = 'down';
  }
}

/**
 * The subscriber as graphql-redis-subscriptions holds it: it hands on messages to who listens, and asks Redis for nothing.
 * Its own SUBSCRIBE leaves a rejected promise to nobody where the connection breaks before the answer, and so does the one
 * that ioredis repeats by itself: either would end the process.
 */
function listenerOn(connection: RedisConnection): RedisConnection {
  const listener = {
    on: (event: 'message', hear: (channel: string, message: string) => void) => connection.on(event, hear),
    subscribe: (_channel: string, taken: (error: null) => void) => taken(null),
  };
  return listener as unknown as RedisConnection;
}
