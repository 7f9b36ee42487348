import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import type { Gossip } from './gossip.js';
import type { SourceClock } from './source-clock.js';

/** What faults can reach. */
export interface World {
  readonly cluster: Cluster;
  readonly gossip: Gossip;
  readonly sourceClock: SourceClock;
}

/** One fault as it was decided: what, where, for how long. */
export interface Strike {
  readonly target: string;
  readonly ms: number;
  /** In [0, 1): decides what a kind leaves open. */
  readonly roll: number;
}

/** A kind of fault. */
export interface FaultKind {
  readonly name: string;
  /** How long it lasts, in milliseconds. */
  readonly lasts: readonly [least: number, most: number];
  targets(world: World): readonly string[];
  /** What nothing else may be done to meanwhile. */
  needs(target: string): readonly string[];
  /** Injects it, waits, and undoes it; answers what was observed that shows that it took hold, or null. */
  strike(world: World, strike: Strike): Promise<string | null>;
}

/** What else goes on may hide a fault: one that nobody noticed yet goes on so much longer at most, in milliseconds. */
const LONGER_MS = 5_000;

/** Lets time pass while a fault lasts, and until it was noticed. */
export async function last(ms: number, noticed: () => boolean = () => true): Promise<void> {
  await sleep(ms);
  const end = performance.now() + LONGER_MS;
  while (!noticed() && performance.now() < end) await sleep(20);
}
