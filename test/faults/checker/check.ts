/**
 * The checker: holds a recorded history against a model of the hub, and lists what the promises forbid. Pure: the same
 * history always gives the same list, so a saved one can be checked again.
 *
 * What nobody knows it does not guess: a call without an answer may have happened, or not, at any time since it was sent.
 */
import type { History } from '../history.js';
import { checkAcknowledges } from './acknowledge-checks.js';
import { consumersOf } from './consumers.js';
import { checkDeliveries } from './delivery-checks.js';
import type { Excuses } from './delivery-checks.js';
import { Verdict } from './invariants.js';
import type { Violation } from './invariants.js';
import { checkLog } from './log-checks.js';
import { Model } from './model.js';
import { checkPublishes } from './publish-checks.js';

export { INVARIANTS } from './invariants.js';
export type { Invariant, Violation } from './invariants.js';

const NO_EXCUSES: Excuses = { mayWait: () => false, mayBeSetAside: () => false };

/** Everything in a history that breaks an invariant, in no particular order; empty: nothing found. */
export function check(history: History): Violation[] {
  const model = new Model(history);
  const verdict = new Verdict();
  checkLog(model, verdict);
  checkPublishes(model, verdict);
  for (const consumer of consumersOf(model)) {
    checkDeliveries(model, consumer, NO_EXCUSES, verdict);
    if (!consumer.anonymous) checkAcknowledges(model, consumer, verdict);
  }
  return verdict.violations;
}
