import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../../promises/support/dice.js';
import type { BatchEntry, EntityRecord } from '../history.js';
import { shrunk } from '../recording.js';
import type { Recorder } from '../recording.js';
import { Acknowledger } from './acknowledger.js';
import type { Received } from './acknowledger.js';
import { call, mapOutcome } from './call.js';
import { Copy } from './copy.js';
import type { Hub } from './hub.js';
import type { Interner } from './interner.js';
import type { Profile } from './profiles.js';
import { Rejecter } from './rejecter.js';
import { Maker } from './remake.js';
import { Spur } from './spur.js';
import { Subscription } from './subscription.js';
import type { Batch } from './subscription.js';

/** How often it considers to misbehave, in milliseconds. */
const TICK_MS = 100;
/** Between two attempts to connect, in milliseconds. */
const BACKOFF: readonly [number, number] = [30, 600];
/** Cursors of batches that it remembers. */
const REMEMBERED = 300;

export interface ConsumerOptions {
  readonly profile: Profile;
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly interner: Interner;
  readonly seed: number;
  readonly salt: number;
  /** A number for every connection of the round. */
  readonly nextConnection: () => number;
  /** Told of what it received, and of what it acknowledged in log order. */
  readonly onReceived: (of: Profile, batch: Received) => void;
  readonly onAnswered: (of: Profile, batch: Received) => void;
}

interface Connection {
  readonly number: number;
  readonly hub: Hub;
  readonly subscription: Subscription;
}

/**
 * A consumer with its habits: it subscribes at a random hub, receives, acknowledges, comes back whenever a session ends, and
 * misbehaves now and then until it is told to drain.
 */
export class Consumer {
  readonly #dice: Dice;
  readonly #copy = new Copy();
  readonly #acknowledger: Acknowledger;
  /** Null: it processes whatever comes. */
  readonly #rejecter: Rejecter | null;
  readonly #maker: Maker;
  /** Sessions that have not ended, the newest last. */
  #connections: Connection[] = [];
  #newestBatch: BatchEntry | null = null;
  #remembered: string[] = [];
  #paused = false;
  /** Whether a pause was not answered. */
  #unanswered = false;
  #draining = false;
  #stopped = false;

  constructor(readonly options: ConsumerOptions) {
    this.#dice = new Dice(options.salt, options.seed);
    const { seed, salt, profile } = options;
    this.#acknowledger = new Acknowledger({
      ...{ ...options, dice: new Dice(salt + 1_000, seed) },
      onAnswered: (batch) => options.onAnswered(profile, batch),
    });
    this.#maker = new Maker({ ...options, dice: this.#dice });
    const { rejects, rejectsLikeTwin } = profile.habits;
    this.#rejecter =
      rejects === undefined && rejectsLikeTwin === undefined
        ? null
        : new Rejecter({
            ...{ ...options, dice: new Dice(salt + 2_000, seed), chance: rejects ?? 0 },
            spur: new Spur(`spur of ${profile.name}`, options.recorder),
            onProcessed: (batch) => this.#acknowledger.received(batch),
          });
  }

  get name(): string {
    return this.options.profile.name;
  }

  /** The copy that it keeps; null: none. */
  get copy(): readonly EntityRecord[] | null {
    return this.options.profile.habits.copies ? this.#copy.entities : null;
  }

  /** Subscribes, receives, acknowledges and misbehaves until it is stopped. */
  async run(): Promise<void> {
    const { maxAttempts, habits } = this.options.profile;
    if (maxAttempts !== undefined) await this.#maker.create(() => this.#stopped);
    if (habits.neverSubscribes) return;
    const acknowledging = this.options.profile.anonymous ? Promise.resolve() : this.#acknowledger.run();
    const rejecting = this.#rejecter?.run();
    while (!this.#stopped) {
      if (this.#connections.length === 0) {
        this.#connect();
        await sleep(this.#dice.between(...BACKOFF));
      } else {
        await sleep(TICK_MS);
        if (!this.#draining) await this.#misbehave();
      }
      // A pause without an answer may take its time, and land behind the resume that was to undo it.
      if (this.#draining && (this.#paused || this.#unanswered)) await this.#setPaused(false);
    }
    for (const { subscription } of this.#connections) subscription.close();
    await Promise.all([acknowledging, rejecting]);
  }

  /** Misbehaves no longer. */
  drain(): void {
    this.#draining = true;
    this.#acknowledger.hurry();
    this.#rejecter?.hurry();
  }

  /** Whether it got a batch whose cursor is this one, and acknowledged it. */
  isAt(head: string): boolean {
    if (this.options.profile.habits.neverSubscribes) return true;
    if (!this.#remembered.includes(head)) return false;
    return this.options.profile.anonymous === true || this.#acknowledger.cursor === head;
  }

  stop(): void {
    this.#stopped = true;
    this.#acknowledger.stop();
    this.#rejecter?.stop();
  }

  #connect(): void {
    const { hubs, recorder, profile, nextConnection } = this.options;
    const hub = this.#dice.pick(hubs);
    const number = nextConnection();
    const { filter, batchSize, maxInFlight } = profile;
    const resume = profile.anonymous && this.#newestBatch ? this.#newestBatch.cursor : null;
    const start =
      resume === null ? { startAt: profile.startAt } : { startAt: 'CURSOR' as const, cursor: resume };
    const subscription = new Subscription({
      url: hub.url,
      variables: {
        ...{ ...start, batchSize, maxInFlight },
        ...(profile.anonymous ? {} : { consumer: this.name }),
        ...(filter ? { filter } : {}),
      },
      onSent: () =>
        recorder.add({
          ...{ kind: 'subscribe', consumer: this.name, connection: number, hub: hub.name },
          ...{ ...start, filter, batchSize, maxInFlight },
          ...(profile.anonymous ? { anonymous: true as const } : {}),
        }),
      onBatch: (batch) => this.#received(batch, number, hub),
      onEnded: (end, sent) => {
        if (sent) recorder.add({ kind: 'ended', consumer: this.name, connection: number, ...end });
        this.#connections = this.#connections.filter((one) => one.number !== number);
      },
    });
    this.#connections.push({ number, hub, subscription });
  }

  #received(batch: Batch, connection: number, hub: Hub): void {
    const { recorder, interner, profile } = this.options;
    const changes = batch.changes.map((change) => interner.of(shrunk(change)));
    const { cursor, head, session, attempt } = batch;
    recorder.add({
      ...{ kind: 'batch', consumer: this.name, connection, session: session ?? '', cursor },
      ...{ attempt, head, changes },
    });
    const received = { entry: recorder.entries.at(-1) as BatchEntry, hub };
    this.options.onReceived(profile, received);
    if (this.#rejecter) this.#rejecter.received(received);
    else if (!profile.anonymous) this.#acknowledger.received(received);
    this.#newestBatch = received.entry;
    this.#remembered = [...this.#remembered, cursor].slice(-REMEMBERED);
    if (profile.habits.copies) for (const change of changes) this.#copy.apply(change);
  }

  async #misbehave(): Promise<void> {
    const { habits } = this.options.profile;
    const dice = this.#dice;
    const newest = this.#connections.at(-1);
    const chance = (probability = 0): boolean => dice.chance(probability);
    if (chance(habits.crashes)) newest?.subscription.crash();
    else if (chance(habits.leaves)) newest?.subscription.close();
    else if (chance(habits.takesOver) && this.#connections.length < 3) this.#connect();
    else if (chance(habits.seeks)) await this.#seek();
    else if (chance(habits.remakes)) await this.#maker.remake(newest?.hub, () => this.#stopped);
    else if (chance(habits.pauses)) await this.#setPaused(true);
    else if (this.#paused && dice.chance(0.1)) await this.#setPaused(false);
    else if (newest && chance(habits.stopsReading)) {
      newest.subscription.read(false);
      await sleep(dice.between(200, 3_000));
      newest.subscription.read(true);
    }
  }

  async #seek(): Promise<void> {
    const { hubs, recorder } = this.options;
    const hub = this.#dice.pick(hubs);
    const cursor =
      this.#dice.chance(0.7) && this.#remembered.length > 0 ? this.#dice.pick(this.#remembered) : null;
    const to = cursor === null ? ('LATEST' as const) : ('CURSOR' as const);
    const invokedAt = recorder.now();
    const answer = await call<{ seekConsumer: { cursor: string } }>(
      hub.url,
      `mutation ($name: ID!, $to: StartAt!, $cursor: Cursor) { seekConsumer(name: $name, to: $to, cursor: $cursor) { cursor } }`,
      { name: this.name, to, cursor },
    );
    const outcome = mapOutcome(answer, ({ seekConsumer }) => ({ cursor: seekConsumer.cursor }));
    recorder.add({
      ...{ kind: 'seek', consumer: this.name, hub: hub.name, invokedAt, to, cursor, time: null, outcome },
    });
  }

  async #setPaused(paused: boolean): Promise<void> {
    const { hubs, recorder } = this.options;
    const hub = this.#dice.pick(hubs);
    const invokedAt = recorder.now();
    const field = paused ? 'pauseConsumer' : 'resumeConsumer';
    const answer = await call<{ consumer: { cursor: string } }>(
      hub.url,
      `mutation ($name: ID!) { consumer: ${field}(name: $name) { cursor } }`,
      { name: this.name },
    );
    const outcome = mapOutcome(answer, ({ consumer }) => ({ cursor: consumer.cursor }));
    recorder.add({
      kind: paused ? 'pause' : 'resume',
      consumer: this.name,
      hub: hub.name,
      invokedAt,
      outcome,
    });
    if (paused && outcome.kind === 'unknown') this.#unanswered = true;
    // A pause without an answer may have gone through: it is undone like one that did.
    if (paused ? outcome.kind !== 'fail' : outcome.kind === 'ok') this.#paused = paused;
  }
}
