import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { AcknowledgeEntry, BatchEntry, Recorder } from '../history.js';
import { call, mapOutcome } from './call.js';
import type { Hub } from './hub.js';
import type { Profile } from './profiles.js';

const ACKNOWLEDGE = `mutation ($consumer: ID!, $cursor: Cursor!, $session: ID) {
  acknowledge(consumer: $consumer, cursor: $cursor, session: $session) { cursor }
}`;

/** Batches that were settled and may be acknowledged once more. */
const OLD = 30;

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
}

/** Acknowledges what a consumer received: late, not every batch, now and then an old one again, at this hub or that. */
export class Acknowledger {
  /** What the last acknowledgement that was answered told. */
  cursor: string | null = null;
  #open: Received[] = [];
  #old: Received[] = [];
  #hurrying = false;
  #stopped = false;

  constructor(readonly options: AcknowledgerOptions) {}

  received(batch: Received): void {
    this.#open.push(batch);
  }

  /** From now on always the newest, at once. */
  hurry(): void {
    this.#hurrying = true;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    const { dice } = this.options;
    while (!this.#stopped) {
      await sleep(this.#hurrying ? 50 : dice.between(20, 250));
      const batch = this.#choose();
      if (batch) await this.#acknowledge(batch);
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
    if (outcome.kind === 'ok') this.cursor = outcome.value.cursor;
    const { connection } = batch.entry;
    const place = this.#open.indexOf(batch);
    const isSettled = (one: Received, i: number): boolean => {
      if (outcome.kind === 'ok') return i <= place && one.entry.connection === connection;
      // Taken over, or sought away: nothing of that session counts any more.
      return outcome.kind === 'fail' && !outcome.retryable && one.entry.session === batch.entry.session;
    };
    const settled = this.#open.filter(isSettled);
    if (settled.length === 0) return;
    this.#open = this.#open.filter((one) => !settled.includes(one));
    this.#old = [...this.#old, ...settled].slice(-OLD);
  }

  #hubFor({ hub }: Received): Hub {
    const { dice, hubs, profile } = this.options;
    const others = hubs.filter((one) => one !== hub);
    if (this.#hurrying) return dice.pick(hubs);
    const { acknowledges } = profile.habits;
    if (acknowledges === 'anywhere') return dice.pick(hubs);
    // Who always goes to the same hub would wait for ever for one that is down.
    const usual = dice.chance(0.9);
    return (acknowledges === 'here') === usual ? hub : dice.pick(others);
  }
}
