/** Runs the bench with a bug in the hub, one round a plant, and says which the checker caught: the mutation score. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { check } from '../checker/check.js';
import type { Violation } from '../checker/check.js';
import { faultsWithoutEffect } from '../checker/figures.js';
import { runRound } from '../world/round.js';
import type { Round } from '../world/round.js';
import { saveRound } from '../world/verdict.js';
import type { HubArguments } from '../world/cluster.js';
import { notApplicable } from './plant.js';
import type { Plant } from './plant.js';
import { plants } from './plants.js';

const REGISTER = fileURLToPath(new URL('register.mjs', import.meta.url));
/** A round of a plant is short, and so is what it gets to come to rest: a hub with a bug may never. */
const MINUTES = 0.2;
const SETTLE_MS = 8_000;

/** Characters of an example that are shown. */
const EXAMPLE = 300;

export interface PlantVerdict {
  readonly name: string;
  readonly what: string;
  /** Whether an invariant that the plant breaks was reported broken. */
  readonly caught: boolean;
  /** What was reported, by invariant, with how often. */
  readonly reported: Readonly<Record<string, number>>;
  /** One of the violations, for people; null: there were none. */
  readonly example: string | null;
  /** Where the history of the last round was saved; null: the plant was caught. */
  readonly saved: string | null;
  /** Of all rounds that it took. */
  readonly seconds: number;
  /** Rounds until it was caught, or all that it got. */
  readonly rounds: number;
}

/** How a hub is started with a plant. */
export const argumentsOf = (plant: Plant): HubArguments => ({
  node: ['--import', REGISTER],
  environment: { TIDEMARK_PLANT: JSON.stringify(plant.edits) },
});

/**
 * Runs the plants named; none named: all.
 * @param onVerdict told of each as soon as it is known
 * @throws Error where a name is no plant's
 */
export async function runPlants(
  names: readonly string[],
  seed: number,
  onVerdict: (verdict: PlantVerdict) => void,
): Promise<PlantVerdict[]> {
  const unknown = names.filter((name) => !plants.some((plant) => plant.name === name));
  if (unknown.length > 0) throw new Error(`There is no plant ${unknown.join(', ')}.`);
  const chosen = names.length === 0 ? plants : plants.filter((plant) => names.includes(plant.name));
  chosen.forEach(expectToTake);
  const verdicts: PlantVerdict[] = [];
  for (const plant of chosen) {
    const verdict = await runUntilCaught(plant, seed);
    onVerdict(verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

/** Chance decides whether a short round provokes a bug at all: it gets so many, with successive seeds. */
const ROUNDS = 3;

async function runUntilCaught(plant: Plant, seed: number): Promise<PlantVerdict> {
  let verdict = await runPlant(plant, seed);
  for (let round = 2; round <= ROUNDS && !verdict.caught; round += 1) {
    const next = await runPlant(plant, seed + round - 1);
    verdict = { ...next, rounds: round, seconds: verdict.seconds + next.seconds };
  }
  return verdict;
}

/** A plant whose text moved away would keep the hubs from starting, and the round waiting for them. */
function expectToTake({ name, edits }: Plant): void {
  for (const { file, find } of edits) {
    const found =
      readFileSync(new URL(`../../../dist/${file}`, import.meta.url), 'utf8').split(find).length - 1;
    if (found !== 1)
      throw new Error(`${name} does not take: dist/${file} holds ${found} times, not once: ${find}`);
  }
}

async function runPlant(plant: Plant, seed: number): Promise<PlantVerdict> {
  const started = performance.now();
  const options = {
    ...{ seed, minutes: plant.minutes ?? MINUTES, kinds: plant.kinds, settleMs: SETTLE_MS },
    ...(plant.begin === undefined ? {} : { begin: plant.begin }),
    hubArguments: argumentsOf(plant),
    redis: plant.redis ?? true,
  };
  // A round that could not begin says nothing about the plant: on a busy machine a port may be taken meanwhile.
  const round = await runRound(options).catch(() => runRound(options));
  const found = [...round.violations, ...check(round.history)];
  const reported: Record<string, number> = {};
  for (const { invariant } of found) reported[invariant] = (reported[invariant] ?? 0) + 1;
  const telling = found.find(({ invariant }) => plant.caughtBy.includes(invariant));
  return {
    ...{ name: plant.name, what: plant.what, reported },
    caught: telling !== undefined,
    saved: telling === undefined ? saveRound(round) : null,
    rounds: 1,
    example: (telling ?? found[0])?.sentence ?? null,
    seconds: Math.round((performance.now() - started) / 1_000),
  };
}

/** The first violation, for people, and where the history of its round was saved. */
const exampleOf = (found: readonly Violation[], round: Round): string =>
  found[0]
    ? `: ${found[0].invariant}: ${found[0].sentence.slice(0, EXAMPLE)} history: ${saveRound(round)}`
    : '';

/** What must raise no false alarm. */
export interface ControlVerdict {
  readonly name: string;
  readonly held: boolean;
  readonly why: string;
}

/**
 * The controls: with the hub as it is the checker finds nothing, although calls went without an answer (a checker that took
 * them for failed would); and a dropper of hints that drops nothing is told as a fault without an effect.
 */
export async function runControls(seed: number): Promise<ControlVerdict[]> {
  const kinds = ['stall client link', 'kill hub', 'drop hints'];
  const round = await runRound({ seed, minutes: MINUTES, kinds, redis: true });
  const { history, violations } = round;
  const found = [...violations, ...check(history)];
  const silent = history.filter((entry) => 'outcome' in entry && entry.outcome.kind === 'unknown').length;
  // The dropper switched off: what it would have observed is nothing.
  const dull = history.map((entry) =>
    entry.kind === 'fault' && entry.fault === 'drop hints' ? { ...entry, effect: null } : entry,
  );
  const told = faultsWithoutEffect(dull).length;
  const blamed = check(dull).length;
  return [
    {
      name: 'B23: a timeout is unknown',
      held: found.length === 0 && silent > 0,
      why: `${silent} calls without an answer, ${found.length} violations${exampleOf(found, round)}`,
    },
    {
      name: 'hint dropper disabled',
      held: told > 0 && blamed === found.length,
      why: `${told} faults without an effect, ${blamed} violations`,
    },
  ];
}

/**
 * Runs plants and controls and tells of each; answers whether every plant was caught and every control held.
 * @param names of plants; none: all
 */
export async function tellPlants(
  names: readonly string[],
  seed: number,
  print: (line: string) => void,
): Promise<boolean> {
  const verdicts = await runPlants(names, seed, ({ name, what, caught, example, reported, ...took }) => {
    print(`${caught ? '✓ caught' : '✗ missed'} ${name} (rounds ${took.rounds}, ${took.seconds} s): ${what}`);
    if (example !== null) print(`    ${example.slice(0, EXAMPLE)}`);
    if (took.saved !== null) print(`    history of the last round: ${took.saved}`);
    const all = Object.entries(reported).map(([invariant, n]) => `${invariant} ${n}`);
    if (all.length > 0) print(`    ${all.join(', ')}`);
  });
  const controls = await runControls(seed);
  for (const { name, held, why } of controls) print(`${held ? '✓' : '✗'} control: ${name} (${why})`);
  for (const [name, why] of Object.entries(notApplicable)) print(`– ${name}: ${why}`);
  const caught = verdicts.filter((verdict) => verdict.caught).length;
  print(`mutation score: ${caught} of ${verdicts.length} plants caught`);
  return caught === verdicts.length && controls.every(({ held }) => held);
}
