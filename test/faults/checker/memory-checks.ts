import type { Verdict } from './invariants.js';
import type { Model } from './model.js';

/**
 * Resident bytes that a hub of the bench may have. One of a round has 200 MB at most, its tail held to 400 kB; 110 MB are what
 * a hub has that does nothing.
 */
const MAX_HUB_BYTES = 400 * 1_024 * 1_024;

/** No hub's memory grows past the bound; told once a hub, with the most it had. */
export function checkMemory(model: Model, verdict: Verdict): void {
  for (const hub of model.start.hubs) {
    const entries = model.entries('memory').filter((entry) => entry.hub === hub);
    const most = Math.max(0, ...entries.map(({ bytes }) => bytes));
    const first = entries.find(({ bytes }) => bytes > MAX_HUB_BYTES);
    if (!first) continue;
    const sentence = `${hub} had ${megabytes(most)} MB resident; ${megabytes(MAX_HUB_BYTES)} are allowed.`;
    verdict.add('memory without bound', first.at, sentence);
  }
}

const megabytes = (bytes: number): number => Math.round(bytes / 1_024 / 1_024);
