/**
 * The fault bench: hubs, sources, consumers and an adversary, and a checker of what was recorded.
 *
 *   npm run test:faults -- [--minutes N] [--seed S] [--rounds K] [--faults "kill hub,cut client link"] [--json FILE]
 *
 *   npm run test:faults -- --plants [B2 B7 …] [--seed S]
 *
 * Rounds have successive seeds. With --plants the hubs run with a bug, one round a bug, and it ends with exit code 1 where the
 * checker missed one. Ends with exit code 1 where a round broke an invariant.
 */
import { writeFileSync } from 'node:fs';
import { SEED } from '../promises/support/dice.js';
import { argumentsOrExit, flag, listOf, number, text } from '../support/command-line.js';
import { figureRows } from './checker/figures.js';
import { plants } from './plants/plants.js';
import { tellPlants } from './plants/run-plants.js';
import { FAULT_KINDS } from './world/adversary.js';
import { runRound } from './world/round.js';
import { judge } from './world/verdict.js';
import type { RoundVerdict } from './world/verdict.js';

/** A round is this long unless told: with start and end it takes some 35 s. */
const SHORT_MINUTES = 0.3;
const SHOWN = 10;
/** Characters of a violation that are shown; the history holds the rest. */
const SENTENCE = 1_000;

const { values, rest } = argumentsOrExit({
  command: 'npm run test:faults --',
  about: 'Runs hubs, sources and consumers among faults, and checks what they recorded.',
  options: {
    minutes: number('length of a round in minutes', SHORT_MINUTES, { least: 0.01, fractions: true }),
    seed: number('seed of the first round', SEED, { least: 0 }),
    rounds: number('rounds, with successive seeds', 1),
    faults: listOf(
      FAULT_KINDS.map(({ name }) => name),
      'kinds of faults that happen (default all)',
    ),
    json: text('file', 'writes the verdicts into this file'),
    plants: flag('runs hubs with a bug, one round a bug: all plants, or those named'),
  },
  rest: { name: 'plants', allowed: plants.map(({ name }) => name) },
});
const { minutes, faults: kinds } = values;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function tell({ seed, figures, phases, violations, saved }: RoundVerdict, seconds: number): void {
  const parts = Object.entries(phases).map(([phase, ms]) => `${phase} ${(ms / 1_000).toFixed(1)}`);
  print(`round of seed ${seed}, ${seconds.toFixed(0)} s (${parts.join(', ')})`);
  for (const [name, value] of figureRows(figures)) print(`  ${name.padEnd(40)} ${value}`);
  print(`  ${violations.length} violations`);
  for (const { invariant, sentence, at } of violations.slice(0, SHOWN)) {
    print(`  ✗ ${invariant} (at ${at === null ? 'the end' : at.toFixed(0)}): ${sentence.slice(0, SENTENCE)}`);
  }
  if (violations.length > SHOWN) print(`  … and ${violations.length - SHOWN} more`);
  if (saved === null) return;
  print(`  history: ${saved}`);
  const faults = kinds === null ? '' : ` --faults "${kinds.join(',')}"`;
  print(`  again:   npm run test:faults -- --seed ${seed} --minutes ${minutes}${faults}`);
}

/** Runs rounds; answers whether all of them ran and nothing was found. */
async function runRounds(): Promise<boolean> {
  const verdicts: RoundVerdict[] = [];
  const { rounds } = values;
  for (let n = 0; n < rounds; n += 1) {
    const seed = values.seed + n;
    const begun = performance.now();
    try {
      const verdict = judge(await runRound({ seed, minutes, ...(kinds ? { kinds } : {}) }));
      verdicts.push(verdict);
      tell(verdict, (performance.now() - begun) / 1_000);
    } catch (error) {
      // A long run of many rounds is worth its other rounds.
      print(`round of seed ${seed} could not be run: ${String(error).slice(0, SENTENCE)}`);
    }
    if (values.json !== null)
      writeFileSync(values.json, JSON.stringify({ minutes, rounds: verdicts }, null, 2));
  }
  const total = verdicts.reduce((sum, { violations }) => sum + violations.length, 0);
  const missing = rounds - verdicts.length;
  print(
    `${verdicts.length} rounds, ${total} violations${missing > 0 ? `; ${missing} could not be run` : ''}`,
  );
  return total === 0 && missing === 0;
}

const good =
  values.plants || rest.length > 0 ? await tellPlants(rest, values.seed, print) : await runRounds();
process.exitCode = good ? 0 : 1;
