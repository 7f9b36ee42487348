import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { check } from '../checker/check.js';
import type { Violation } from '../checker/check.js';
import { figures } from '../checker/figures.js';
import type { Figures } from '../checker/figures.js';
import { saveHistory } from '../recording.js';
import type { Phase, Round } from './round.js';

/** What is to be said of a round. */
export interface RoundVerdict {
  readonly seed: number;
  readonly figures: Figures;
  /** How long each part of the round took, in milliseconds. */
  readonly phases: Readonly<Record<Phase, number>>;
  readonly violations: readonly Violation[];
  /** Where the history of a round with violations was saved; null: there were none. */
  readonly saved: string | null;
}

/** Checks a round; one with violations is saved, its history and what the hubs wrote, for the one who looks into it. */
export function judge(round: Round): RoundVerdict {
  const { seed, history, phases } = round;
  const violations = [...round.violations, ...check(history)];
  const saved = violations.length > 0 ? saveRound(round) : null;
  return { seed, figures: figures(history), phases, violations, saved };
}

/** Saves a round's history, and beside it what the hubs wrote; answers the history's file. */
export function saveRound({ seed, history, output }: Round): string {
  const file = path.join(tmpdir(), `tidemark-faults-${seed}-${Date.now()}.ndjson`);
  saveHistory(history, file);
  writeFileSync(file.replace(/ndjson$/, 'log'), output);
  return file;
}
