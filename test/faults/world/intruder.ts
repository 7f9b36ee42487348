import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import { scopeInSnapshot, scopeUnder } from '../checker/filter.js';
import type { DeliveredChange, RejectEntry } from '../history.js';
import type { Recorder } from '../recording.js';
import type { Received } from './acknowledger.js';
import { ACKNOWLEDGE, mayBeAside } from './acknowledger.js';
import { call, mapOutcome } from './call.js';
import { deadLetterOf } from './final-state.js';
import type { DeadLetterData } from './final-state.js';
import type { Hub } from './hub.js';
import type { Profile } from './profiles.js';
import { REJECT } from './rejecter.js';

/** Between two calls, in milliseconds. */
const PAUSE: readonly [number, number] = [100, 400];
/** What it remembers of each kind. */
const REMEMBERED = 50;
const TWINS = { left: 'left twin', right: 'right twin' };

export interface IntruderOptions {
  readonly profiles: readonly Profile[];
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly dice: Dice;
}

/**
 * Sends calls that the hub must refuse, or that must change nothing: rejects of changes that were not sent to the consumer or
 * are acknowledged, and rejects and acknowledgements with attempt cursors of another consumer.
 */
export class Intruder {
  /** Changes of the log, as a consumer of everything got them. */
  #changes: DeliveredChange[] = [];
  readonly #acknowledged = new Map<Profile, DeliveredChange[]>();
  /** Batches that came again, by the consumer that got them. */
  #asides: { readonly of: Profile; readonly batch: Received }[] = [];
  #stopped = false;
  #underWay = new Set<Promise<void>>();

  constructor(readonly options: IntruderOptions) {}

  stop(): void {
    this.#stopped = true;
  }

  /** A consumer got a batch. */
  received(of: Profile, batch: Received): void {
    const { changes, attempt } = batch.entry;
    if (!of.filter && !of.anonymous) this.#changes = [...this.#changes, ...changes].slice(-REMEMBERED);
    if (attempt === 1 || !mayBeAside(batch.entry)) return;
    this.#asides = [...this.#asides, { of, batch }].slice(-REMEMBERED);
    const right = this.options.profiles.find(({ name }) => name === TWINS.right);
    // Only before its own attempt is out can the other twin's cursor be taken for it.
    if (of.name === TWINS.left && right && !this.#stopped) this.#begin(this.#acknowledge(of, right, batch));
  }

  /** An acknowledgement of a batch was answered. */
  answered(of: Profile, { entry }: Received): void {
    const { habits } = of;
    if (habits.rejects ?? habits.rejectsLikeTwin ?? habits.seeks ?? habits.remakes) return;
    const known = this.#acknowledged.get(of) ?? [];
    this.#acknowledged.set(of, [...known, ...entry.changes].slice(-REMEMBERED));
  }

  async run(): Promise<void> {
    const { dice } = this.options;
    while (!this.#stopped) {
      await sleep(dice.between(...PAUSE));
      await this.#intrude();
    }
    await Promise.all(this.#underWay);
  }

  #begin(work: Promise<void>): void {
    const done = work.finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  async #intrude(): Promise<void> {
    const { dice, profiles } = this.options;
    const roll = dice.next();
    const change = this.#changes.length > 0 ? dice.pick(this.#changes) : undefined;
    if (!change) return;
    if (roll < 0.2) {
      const absent = profiles.find(({ habits }) => habits.neverSubscribes);
      if (absent) await this.#reject(absent, change.cursor, 'never subscribed');
    } else if (roll < 0.45) {
      const others = profiles.filter((profile) => !profile.anonymous && !takes(profile, change));
      if (others.length > 0) await this.#reject(dice.pick(others), change.cursor, 'left out');
    } else if (roll < 0.6) {
      const narrow = profiles.find(({ habits }) => habits.acknowledgesEvery);
      const newest = narrow && this.#changes.findLast((one) => takes(narrow, one));
      if (newest) await this.#reject(narrow, newest.cursor, 'beyond the window');
    } else if (roll < 0.8) {
      const known = [...this.#acknowledged];
      if (known.length === 0) return;
      const [of, changes] = dice.pick(known);
      if (changes.length > 0) await this.#reject(of, dice.pick(changes).cursor, 'acknowledged');
    } else if (this.#asides.length > 0) {
      const { of, batch } = dice.pick(this.#asides);
      const victim = dice.pick(profiles.filter((profile) => profile !== of && !profile.anonymous));
      if (dice.chance(0.5)) await this.#acknowledge(of, victim, batch);
      else await this.#reject(victim, batch.entry.cursor, 'foreign');
    }
  }

  async #reject(of: Profile, change: string, probe: NonNullable<RejectEntry['probe']>): Promise<void> {
    const { dice, hubs, recorder } = this.options;
    const hub = dice.pick(hubs);
    const reason = `a probe: ${probe}`;
    const invokedAt = recorder.now();
    const answer = await call<{ reject: DeadLetterData }>(hub.url, REJECT, {
      consumer: of.name,
      change,
      reason,
      retryInSeconds: null,
      session: null,
    });
    const outcome = mapOutcome(answer, ({ reject }) => deadLetterOf(reject));
    recorder.add({
      ...{ kind: 'reject', consumer: of.name, connection: 0, hub: hub.name, invokedAt, probe, change },
      ...{ attempt: 1, reason, retryInSeconds: null, session: null, outcome },
    });
  }

  /** Acknowledges for one consumer what another got. */
  async #acknowledge(of: Profile, victim: Profile, { entry }: Received): Promise<void> {
    const { dice, hubs, recorder } = this.options;
    const { cursor, attempt } = entry;
    const hub = dice.pick(hubs);
    const invokedAt = recorder.now();
    const answer = await call<{ acknowledge: { cursor: string } }>(hub.url, ACKNOWLEDGE, {
      consumer: victim.name,
      cursor,
      session: null,
    });
    const outcome = mapOutcome(answer, ({ acknowledge }) => ({ cursor: acknowledge.cursor }));
    recorder.add({
      ...{ kind: 'acknowledge', consumer: victim.name, foreign: of.name, connection: 0, hub: hub.name },
      ...{ invokedAt, cursor, session: null, attempt, outcome },
    });
  }
}

/** Whether a consumer may get a change, in the log's order or in a snapshot. */
const takes = ({ filter }: Profile, change: DeliveredChange): boolean =>
  !filter || scopeUnder(filter, change) !== null || scopeInSnapshot(filter, change) !== null;
