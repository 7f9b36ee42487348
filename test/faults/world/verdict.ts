import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { check } from '../checker/check.js';
import type { Violation } from '../checker/check.js';
import { figures } from '../checker/figures.js';
import type { Figures } from '../checker/figures.js';
import { saveHistory } from '../history.js';
import type { Round } from './round.js';

/** What is to be said of a round. */
export interface RoundVerdict {
  readonly seed: number;
  readonly figures: Figures;
  readonly violations: readonly Violation[];
  /** Where the history of a round with violations was saved; null: there were none. */
  readonly saved: string | null;
}

/** Checks a round; one with violations is saved, its history and what the hubs wrote, for the one who looks into it. */
export function judge(round: Round): RoundVerdict {
  const { seed, history } = round;
  const violations = [...round.violations, ...check(history)];
  return { seed, figures: figures(history), violations, saved: violations.length > 0 ? save(round) : null };
}

function save({ seed, history, output }: Round): string {
  const file = path.join(tmpdir(), `tidemark-faults-${seed}-${Date.now()}.ndjson`);
  saveHistory(history, file);
  writeFileSync(file.replace(/ndjson$/, 'log'), output);
  return file;
}
