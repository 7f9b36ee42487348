import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { DeadLetterRecord, DeliveredChange, Outcome } from '../history.js';
import type { Recorder } from '../recording.js';
import type { Received } from './acknowledger.js';
import { call, mapOutcome } from './call.js';
import { DEAD_LETTERS, deadLetterOf } from './final-state.js';
import type { DeadLetterData } from './final-state.js';
import type { Hub } from './hub.js';
import type { Profile } from './profiles.js';
import type { Spur } from './spur.js';

export const REJECT = `mutation ($consumer: ID!, $change: Cursor!, $reason: String!, $retryInSeconds: Int, $session: ID) {
  reject(consumer: $consumer, change: $change, reason: $reason, retryInSeconds: $retryInSeconds, session: $session) {
    id change { cursor } attempts nextAttemptAt dead
  }
}`;
const REDRIVE = 'mutation ($consumer: ID!, $ids: [ID!]) { count: redrive(consumer: $consumer, ids: $ids) }';
const DISCARD = 'mutation ($consumer: ID!, $ids: [ID!]!) { count: discard(consumer: $consumer, ids: $ids) }';
const LIST = `query ($consumer: ID!) { consumer(name: $consumer) { ${DEAD_LETTERS} } }`;

/** What came again fails so often: often enough for dead letters. */
const FAILS_AGAIN = 0.5;
/** Twins reject the versions that this divides. */
const TWINS_REJECT = 5;
/** Between two looks at the dead letters, in milliseconds. */
const LOOK: readonly [number, number] = [2_000, 6_000];

type Letter = Pick<DeadLetterRecord, 'id' | 'change'>;

export interface RejecterOptions {
  readonly profile: Profile;
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly dice: Dice;
  /** That a batch holds a change that fails. */
  readonly chance: number;
  /** The batch may be acknowledged. */
  readonly onProcessed: (batch: Received) => void;
  /** Publishes changes of a key that was redriven. */
  readonly spur: Spur;
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
    const isTwin = this.options.profile.habits.rejectsLikeTwin !== undefined;
    await Promise.all([this.#process(), ...(isTwin ? [] : [this.#care()])]);
  }

  async #process(): Promise<void> {
    while (!this.#stopped) {
      const batch = this.#queue.shift();
      if (batch) await this.#take(batch);
      else await sleep(20);
    }
  }

  async #take(batch: Received): Promise<void> {
    const { dice, chance, onProcessed, profile } = this.options;
    const { changes, attempt } = batch.entry;
    const isTwin = profile.habits.rejectsLikeTwin !== undefined;
    const failed = isTwin
      ? changes.find(({ version }) => attempt === 1 && version % TWINS_REJECT === 0)
      : dice.chance(attempt > 1 ? FAILS_AGAIN : chance) && changes.length > 0
        ? (this.#overtaken(changes) ?? dice.pick(changes))
        : undefined;
    if (!failed || this.#hurrying) return onProcessed(batch);
    const outcome = await this.#reject(batch, failed);
    if (profile.habits.treatsAtOnce && outcome.kind === 'ok' && outcome.value.dead)
      await this.#treatAtOnce(batch.hub, outcome.value, failed);
    // What is refused for good was settled or taken over: an acknowledgement does no harm. What came again and was rejected
    // is settled by that, and its cursor settles nothing.
    if (outcome.kind === 'fail' || attempt === 1 || dice.chance(0.1)) onProcessed(batch);
  }

  /** Where dead letters are treated at once: a change of whose key a later one was received too. */
  #overtaken(changes: readonly DeliveredChange[]): DeliveredChange | undefined {
    if (!this.options.profile.habits.treatsAtOnce) return undefined;
    const received = [...changes, ...this.#queue.flatMap(({ entry }) => entry.changes)];
    return changes.find((change, i) => received.slice(i + 1).some((later) => later.key === change.key));
  }

  /** Rejects until it is answered. */
  async #reject(batch: Received, change: DeliveredChange): Promise<Outcome<DeadLetterRecord>> {
    const { dice, hubs, profile, recorder } = this.options;
    const { connection, session, attempt, cursor } = batch.entry;
    const { rejectsLikeTwin: twin, treatsAtOnce } = profile.habits;
    const retryInSeconds = twin ?? (dice.chance(0.3) ? dice.between(0, 1) : null);
    const others = hubs.filter((hub) => hub !== batch.hub);
    const reason = `cannot take version ${change.version}`;
    // The cursor of a batch that came again names the attempt as well: a reject that is sent twice counts once.
    const named = attempt > 1 ? cursor : change.cursor;
    for (;;) {
      const hub = treatsAtOnce ? dice.pick(others) : dice.chance(0.6) ? batch.hub : dice.pick(hubs);
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
      const chosen = letters.filter(() => dice.chance(0.5)).map(deadLetterOf);
      if (chosen.length > 0) await this.#treat(chosen);
    }
  }

  async #treat(letters: readonly Letter[]): Promise<void> {
    const { dice } = this.options;
    if (this.#hurrying) return;
    if (dice.chance(0.3)) await this.#discard(letters);
    else await this.#redrive(dice.chance(0.3) ? null : letters);
  }

  /**
   * Discards or redrives a change that has just died, at a hub other than the session's. Where it was redriven, its key
   * changes at once, at the session's hub: what the session may not have heard of would be overtaken.
   */
  async #treatAtOnce(sessionAt: Hub, letter: Letter, change: DeliveredChange): Promise<void> {
    const { dice, hubs, spur } = this.options;
    const hub = dice.pick(hubs.filter((one) => one !== sessionAt));
    if (dice.chance(0.4)) return this.#discard([letter], hub);
    await this.#redrive([letter], hub);
    await spur.publish(sessionAt, change);
  }

  async #redrive(
    letters: readonly Letter[] | null,
    hub = this.options.dice.pick(this.options.hubs),
  ): Promise<void> {
    const { profile, recorder } = this.options;
    const ids = letters?.map(({ id }) => id) ?? null;
    const named = letters ? { ids, listed: letters.map(({ change }) => change) } : { ids };
    const invokedAt = recorder.now();
    const outcome = await call<{ count: number }>(hub.url, REDRIVE, { consumer: profile.name, ids });
    recorder.add({ kind: 'redrive', consumer: profile.name, hub: hub.name, invokedAt, ...named, outcome });
  }

  async #discard(letters: readonly Letter[], hub = this.options.dice.pick(this.options.hubs)): Promise<void> {
    const { profile, recorder } = this.options;
    const ids = letters.map(({ id }) => id);
    const named = { ids, listed: letters.map(({ change }) => change) };
    const invokedAt = recorder.now();
    const outcome = await call<{ count: number }>(hub.url, DISCARD, { consumer: profile.name, ids });
    recorder.add({ kind: 'discard', consumer: profile.name, hub: hub.name, invokedAt, ...named, outcome });
  }
}
