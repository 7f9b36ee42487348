import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { AcknowledgeEntry, BatchEntry } from '../history.js';
import type { Recorder } from '../recording.js';
import { call, mapOutcome } from './call.js';
import type { Hub } from './hub.js';
import type { Profile } from './profiles.js';

export const ACKNOWLEDGE = `mutation ($consumer: ID!, $cursor: Cursor!, $session: ID) {
  acknowledge(consumer: $consumer, cursor: $cursor, session: $session) { cursor }
}`;

/** Batches that were settled and may be acknowledged once more. */
const OLD = 30;

/** Between two acknowledgements, in milliseconds. */
const PAUSE: readonly [number, number] = [20, 250];

/** Batches beside the log's order that are acknowledged at once. */
const ASIDES = 8;

/** A batch that was received, and the hub that sent it. */
export interface Received {
  readonly entry: BatchEntry;
  readonly hub: Hub;
}

export interface AcknowledgerOptions {
  readonly profile: Profile;
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly dice: Dice;
  /** An acknowledgement of a batch in log order was answered. */
  readonly onAnswered: (batch: Received) => void;
}

/** Acknowledges what a consumer received: late, not every batch, now and then an old one again, at this hub or that. */
export class Acknowledger {
  /** What the last acknowledgement that was answered told. */
  cursor: string | null = null;
  #open: Received[] = [];
  /** Batches beside the log's order, each to be acknowledged by its own cursor. */
  #asides: Received[] = [];
  #old: Received[] = [];
  #hurrying = false;
  #stopped = false;

  constructor(readonly options: AcknowledgerOptions) {}

  received(batch: Received): void {
    if (mayBeAside(batch.entry)) this.#asides.push(batch);
    else this.#open.push(batch);
  }

  /** From now on always the newest, at once. */
  hurry(): void {
    this.#hurrying = true;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    await Promise.all([this.#moveOn(), this.#settleAsides()]);
  }

  async #moveOn(): Promise<void> {
    const { dice, profile } = this.options;
    while (!this.#stopped) {
      await sleep(this.#hurrying ? 50 : dice.between(...(profile.habits.acknowledgesEvery ?? PAUSE)));
      const batch = this.#choose();
      if (batch) await this.#acknowledge(batch);
    }
  }

  /** None stands for another here, so some go at once: else the window would be full of them. */
  async #settleAsides(): Promise<void> {
    const { dice } = this.options;
    while (!this.#stopped) {
      await sleep(this.#hurrying ? 20 : dice.between(20, 100));
      await Promise.all(this.#asides.slice(0, ASIDES).map((batch) => this.#acknowledge(batch)));
    }
  }

  #choose(): Received | undefined {
    const { dice } = this.options;
    if (this.#hurrying) return this.#open.at(-1);
    if (this.#old.length > 0 && dice.chance(0.05)) return dice.pick(this.#old);
    if (this.#open.length === 0) return undefined;
    return dice.chance(0.7) ? this.#open.at(-1) : dice.pick(this.#open);
  }

  async #acknowledge(batch: Received): Promise<void> {
    const { recorder, profile } = this.options;
    const { connection, cursor, session, attempt } = batch.entry;
    const hub = this.#hubFor(batch);
    const invokedAt = recorder.now();
    const answer = await call<{ acknowledge: { cursor: string } }>(hub.url, ACKNOWLEDGE, {
      ...{ consumer: profile.name, cursor, session },
    });
    const outcome = mapOutcome(answer, ({ acknowledge }) => ({ cursor: acknowledge.cursor }));
    recorder.add({
      ...{ kind: 'acknowledge', consumer: profile.name, connection, hub: hub.name, invokedAt },
      ...{ cursor, session, attempt, outcome },
    });
    this.#settle(batch, outcome);
  }

  #settle(batch: Received, outcome: AcknowledgeEntry['outcome']): void {
    if (outcome.kind === 'ok') {
      this.cursor = outcome.value.cursor;
      if (!mayBeAside(batch.entry)) this.options.onAnswered(batch);
    }
    const { connection, session } = batch.entry;
    // Taken over, or sought away: nothing of that session counts any more.
    const isRefused = outcome.kind === 'fail' && !outcome.retryable;
    const isOver = (one: Received): boolean =>
      one === batch
        ? outcome.kind === 'ok' || isRefused
        : isRefused && one.entry.session === session && one.entry.connection === connection;
    const place = this.#open.indexOf(batch);
    const isPassed = (one: Received, i: number): boolean =>
      outcome.kind === 'ok' && i <= place && one.entry.connection === connection;
    const settled = [
      ...this.#open.filter((one, i) => isOver(one) || isPassed(one, i)),
      ...this.#asides.filter((one) => isOver(one)),
    ];
    if (settled.length === 0) return;
    this.#open = this.#open.filter((one) => !settled.includes(one));
    this.#asides = this.#asides.filter((one) => !settled.includes(one));
    this.#old = [...this.#old, ...settled].slice(-OLD);
  }

  #hubFor({ hub }: Received): Hub {
    const { dice, hubs, profile } = this.options;
    const others = hubs.filter((one) => one !== hub);
    // Without Redis a session hears of acknowledgements at other hubs by its hub's reports only, every two seconds.
    if (this.#hurrying) return hub;
    const { acknowledges } = profile.habits;
    if (acknowledges === 'anywhere') return dice.pick(hubs);
    // Who always goes to the same hub would wait for ever for one that is down.
    const usual = dice.chance(0.9);
    return (acknowledges === 'here') === usual ? hub : dice.pick(others);
  }
}

/**
 * Whether a batch may be one of a change that comes again, or that waited behind one: such a change is alone, and the batch's
 * cursor is not its own. Nothing else tells a change that waited; a batch that only looks so is settled like that as well.
 */
export const mayBeAside = ({ changes, cursor }: BatchEntry): boolean =>
  changes.length === 1 && changes[0]?.cursor !== cursor;
