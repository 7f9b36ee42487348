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
import { Verdict } from './invariants.js';
import type { Violation } from './invariants.js';
import { checkLives } from './life-checks.js';
import { checkLog } from './log-checks.js';
import { checkMemory } from './memory-checks.js';
import { Model } from './model.js';
import { checkPublishes } from './publish-checks.js';
import { checkRedriveOrder } from './redrive-checks.js';
import { checkRejects } from './reject-checks.js';
import { Rejections } from './rejections.js';

export { INVARIANTS } from './invariants.js';
export type { Invariant, Violation } from './invariants.js';

/** Everything in a history that breaks an invariant, in no particular order; empty: nothing found. */
export function check(history: History): Violation[] {
  const model = new Model(history);
  const verdict = new Verdict();
  checkLog(model, verdict);
  checkPublishes(model, verdict);
  checkMemory(model, verdict);
  const consumers = consumersOf(model);
  checkRejects(model, consumers, history, verdict);
  for (const consumer of consumers) {
    const rejections = new Rejections(model, consumer, history);
    checkDeliveries(model, consumer, rejections, verdict);
    rejections.check(verdict);
    if (consumer.anonymous) continue;
    checkAcknowledges(model, consumer, verdict);
    checkLives(model, consumer, verdict);
    checkRedriveOrder(model, consumer, history, verdict);
  }
  return verdict.violations;
}
