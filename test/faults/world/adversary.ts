import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { Recorder } from '../recording.js';
import type { FaultKind, Strike, World } from './fault.js';
import { hintFaults } from './hint-faults.js';
import { linkFaults } from './link-faults.js';
import { serverFaults } from './server-faults.js';

/** Every kind of fault that there is. */
export const FAULT_KINDS: readonly FaultKind[] = [...serverFaults, ...linkFaults, ...hintFaults];

export interface AdversaryOptions {
  readonly dice: Dice;
  readonly recorder: Recorder;
  /** What it may do. */
  readonly kinds: readonly FaultKind[];
  /** How many faults may be under way at once. */
  readonly atOnce: number;
  /** Between the beginnings of two faults, in milliseconds. */
  readonly gap: readonly [least: number, most: number];
  /** Cuts the duration of every fault, in milliseconds. */
  readonly longest: number;
  /** Told of a fault that could not be injected or undone. */
  readonly onFailed: (kind: string, error: unknown) => void;
}

interface Planned {
  readonly kind: FaultKind;
  readonly strike: Strike;
  readonly gapMs: number;
}

/**
 * Injects faults one after the other, some at the same time. What, where and for how long comes from the dice alone, in one
 * row of decisions, whatever time it takes: a seed repeats it. Kinds are drawn like cards, so that each comes once before one
 * comes again. Two faults that need the same thing follow each other.
 */
export class Adversary {
  readonly #underWay = new Set<Promise<void>>();
  readonly #taken = new Set<string>();
  #deck: FaultKind[] = [];

  constructor(
    readonly world: World,
    readonly options: AdversaryOptions,
  ) {}

  /** Injects faults until the time has come; answers when all of them are undone. */
  async run(until: number): Promise<void> {
    const { kinds } = this.options;
    if (kinds.length === 0) await sleep(Math.max(0, until - performance.now()));
    while (kinds.length > 0 && performance.now() < until) {
      const planned = this.#plan();
      await sleep(planned.gapMs);
      await this.#free(planned);
      if (performance.now() >= until) break;
      this.#begin(planned);
    }
    await Promise.all(this.#underWay);
  }

  /** Injects one more fault of this kind, if it may; answers when it is undone. */
  async last(name: string, ms: number): Promise<void> {
    const kind = this.options.kinds.find((one) => one.name === name);
    const [target] = kind?.targets(this.world) ?? [];
    if (!kind || target === undefined) return;
    this.#begin({ kind, strike: { target, ms, roll: 0 }, gapMs: 0 });
    await Promise.all(this.#underWay);
  }

  #plan(): Planned {
    const { dice, kinds, gap, longest } = this.options;
    if (this.#deck.length === 0) this.#deck = dice.shuffled(kinds);
    const kind = this.#deck.pop();
    if (!kind) throw new Error('There is no kind of fault to inject.');
    const [least, most] = kind.lasts;
    const strike: Strike = {
      target: dice.pick(kind.targets(this.world)),
      ms: Math.min(longest, dice.between(least, most)),
      roll: dice.next(),
    };
    return { kind, strike, gapMs: dice.between(...gap) };
  }

  /** Waits until there is room for one more, and for this one. */
  async #free({ kind, strike }: Planned): Promise<void> {
    const { atOnce } = this.options;
    const isBlocked = (): boolean =>
      this.#underWay.size >= atOnce || kind.needs(strike.target).some((need) => this.#taken.has(need));
    while (isBlocked()) await Promise.race(this.#underWay);
  }

  #begin({ kind, strike }: Planned): void {
    const { recorder, onFailed } = this.options;
    const needs = kind.needs(strike.target);
    for (const need of needs) this.#taken.add(need);
    const startedAt = recorder.now();
    const over = kind
      .strike(this.world, strike)
      .catch((error: unknown) => {
        onFailed(kind.name, error);
        return null;
      })
      .then((effect) => {
        recorder.add({ kind: 'fault', fault: kind.name, target: strike.target, startedAt, effect });
        for (const need of needs) this.#taken.delete(need);
        this.#underWay.delete(over);
      });
    this.#underWay.add(over);
  }
}
