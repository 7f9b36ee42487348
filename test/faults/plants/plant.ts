/** What a planted bug is, and which of the list are none. */
import type { Invariant } from '../checker/invariants.js';

/** A change of one file of `dist/`; `find` must stand in it exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

export interface Plant {
  /** As in the list of planted bugs. */
  readonly name: string;
  readonly what: string;
  /** The incident that it copies. */
  readonly copies: string;
  readonly edits: readonly Edit[];
  /** Kinds of faults that provoke it; empty: sources and consumers do. */
  readonly kinds: readonly string[];
  /** Any of these shows that it was caught. */
  readonly caughtBy: readonly Invariant[];
  /** How long its faults go on. Default: short. */
  readonly minutes?: number;
  /** The position before the first change of the round. Default 0. */
  readonly begin?: bigint;
  /** Whether the hubs have a Redis. Default: yes. */
  readonly redis?: boolean;
}

/** In ack/consumer-store.js: which acknowledgements count, by the fence that came with them. */
export const ACKNOWLEDGEMENT_COUNTS =
  "'(l.id is null or (l.id = o.id and l.epoch = o.epoch and l.seeks = o.seeks))'";

/** Bugs of the list that cannot be planted here, and why. */
export const notApplicable: Readonly<Record<string, string>> = {
  B13: 'The log is never cut, so no cursor is ever out of its range.',
  B19: 'There is no client that keeps a state of its own.',
  B20: 'There are no conflict rules yet but expectedVersion and ids, which do not go by time.',
  B21: 'There is no authorisation yet.',
  B23: 'A control of the checker itself, not of the hub: see checker.test.ts.',
};
