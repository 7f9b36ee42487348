import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { DeliveredChange, Outcome, Recorder } from '../history.js';
import type { Received } from './acknowledger.js';
import { call, mapOutcome } from './call.js';
import { DEAD_LETTERS, deadLetterOf } from './final-state.js';
import type { DeadLetterData } from './final-state.js';
import type { Hub } from './hub.js';
import type { Profile } from './profiles.js';

const REJECT = `mutation ($consumer: ID!, $change: Cursor!, $reason: String!, $retryInSeconds: Int, $session: ID) {
  reject(consumer: $consumer, change: $change, reason: $reason, retryInSeconds: $retryInSeconds, session: $session) {
    id change { cursor } attempts nextAttemptAt dead
  }
}`;
const REDRIVE = 'mutation ($consumer: ID!, $ids: [ID!]) { count: redrive(consumer: $consumer, ids: $ids) }';
const DISCARD = 'mutation ($consumer: ID!, $ids: [ID!]!) { count: discard(consumer: $consumer, ids: $ids) }';
const LIST = `query ($consumer: ID!) { consumer(name: $consumer) { ${DEAD_LETTERS} } }`;

/** What came again fails so often: often enough for dead letters. */
const FAILS_AGAIN = 0.5;
/** Between two looks at the dead letters, in milliseconds. */
const LOOK: readonly [number, number] = [2_000, 6_000];

export interface RejecterOptions {
  readonly profile: Profile;
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly dice: Dice;
  /** That a batch holds a change that fails. */
  readonly chance: number;
  /** The batch may be acknowledged. */
  readonly onProcessed: (batch: Received) => void;
}

/**
 * Processes what a consumer received, one batch after the other, and rejects some of it: a batch is handed on to be
 * acknowledged only once its rejection was answered. Now and then it redrives or discards dead letters.
 */
export class Rejecter {
  #queue: Received[] = [];
  #hurrying = false;
  #stopped = false;

  constructor(readonly options: RejecterOptions) {}

  received(batch: Received): void {
    this.#queue.push(batch);
  }

  /** From now on nothing fails any more. */
  hurry(): void {
    this.#hurrying = true;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    await Promise.all([this.#process(), this.#care()]);
  }

  async #process(): Promise<void> {
    while (!this.#stopped) {
      const batch = this.#queue.shift();
      if (batch) await this.#take(batch);
      else await sleep(20);
    }
  }

  async #take(batch: Received): Promise<void> {
    const { dice, chance, onProcessed } = this.options;
    const { changes, attempt } = batch.entry;
    const fails = dice.chance(attempt > 1 ? FAILS_AGAIN : chance);
    if (!fails || this.#hurrying || changes.length === 0) return onProcessed(batch);
    const outcome = await this.#reject(batch, dice.pick(changes));
    // What is refused for good was settled or taken over: an acknowledgement does no harm. What came again and was rejected
    // is settled by that, and its cursor settles nothing.
    if (outcome.kind === 'fail' || attempt === 1 || dice.chance(0.1)) onProcessed(batch);
  }

  /** Rejects until it is answered. */
  async #reject(batch: Received, change: DeliveredChange): Promise<Outcome<unknown>> {
    const { dice, hubs, profile, recorder } = this.options;
    const { connection, session, attempt, cursor } = batch.entry;
    const retryInSeconds = dice.chance(0.3) ? dice.between(0, 1) : null;
    const reason = `cannot take version ${change.version}`;
    // The cursor of a batch that came again names the attempt as well: a reject that is sent twice counts once.
    const named = attempt > 1 ? cursor : change.cursor;
    for (;;) {
      const hub = dice.chance(0.6) ? batch.hub : dice.pick(hubs);
      const invokedAt = recorder.now();
      const answer = await call<{ reject: DeadLetterData }>(hub.url, REJECT, {
        ...{ consumer: profile.name, change: named },
        ...{ reason, retryInSeconds, session },
      });
      const outcome = mapOutcome(answer, ({ reject }) => deadLetterOf(reject));
      recorder.add({
        ...{ kind: 'reject', consumer: profile.name, connection, hub: hub.name, invokedAt },
        ...{ change: named, attempt, reason, retryInSeconds, session, outcome },
      });
      if (outcome.kind === 'ok' || (outcome.kind === 'fail' && !outcome.retryable) || this.#stopped)
        return outcome;
      await sleep(dice.between(50, 300));
    }
  }

  /** Looks at the dead letters now and then, and does something about some of them. */
  async #care(): Promise<void> {
    const { dice, hubs, profile } = this.options;
    let lookAt = performance.now();
    while (!this.#stopped) {
      await sleep(100);
      if (this.#hurrying || performance.now() < lookAt) continue;
      lookAt = performance.now() + dice.between(...LOOK);
      const answer = await call<{ consumer: { deadLetters: { nodes: readonly DeadLetterData[] } } | null }>(
        dice.pick(hubs).url,
        LIST,
        { consumer: profile.name },
      );
      const letters = answer.kind === 'ok' ? (answer.value.consumer?.deadLetters.nodes ?? []) : [];
      const ids = letters.filter(() => dice.chance(0.5)).map((letter) => letter.id);
      if (ids.length > 0) await this.#treat(ids);
    }
  }

  async #treat(ids: readonly string[]): Promise<void> {
    const { dice } = this.options;
    if (this.#hurrying) return;
    if (dice.chance(0.3)) await this.#discard(ids);
    else await this.#redrive(dice.chance(0.3) ? null : ids);
  }

  async #redrive(ids: readonly string[] | null): Promise<void> {
    const { dice, hubs, profile, recorder } = this.options;
    const hub = dice.pick(hubs);
    const invokedAt = recorder.now();
    const outcome = await call<{ count: number }>(hub.url, REDRIVE, { consumer: profile.name, ids });
    recorder.add({ kind: 'redrive', consumer: profile.name, hub: hub.name, invokedAt, ids, outcome });
  }

  async #discard(ids: readonly string[]): Promise<void> {
    const { dice, hubs, profile, recorder } = this.options;
    const hub = dice.pick(hubs);
    const invokedAt = recorder.now();
    const outcome = await call<{ count: number }>(hub.url, DISCARD, { consumer: profile.name, ids });
    recorder.add({ kind: 'discard', consumer: profile.name, hub: hub.name, invokedAt, ids, outcome });
  }
}
