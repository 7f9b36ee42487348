/** What producers were told, held against the log. */
import type { ChangeRecord, PublishEntry, PublishedResult, ReadEntry, SentChange } from '../history.js';
import type { Verdict } from './invariants.js';
import { merged, same } from './json.js';
import { entityName, idName } from './model.js';
import type { Model, Try } from './model.js';

export function checkPublishes(model: Model, verdict: Verdict): void {
  for (const entry of model.entries('publish')) {
    checkResults(model, entry, verdict);
    if (entry.atomic) checkAtomic(model, entry, verdict);
    checkOrderOfCall(model, entry, verdict);
  }
  for (const [id, tries] of model.tries) checkTries(model, id, tries, verdict);
  for (const id of model.byId.keys()) {
    if (!model.tries.has(id)) verdict.add('recorded though not sent', null, `${id} is in the log.`);
  }
  checkCommitOrder(model, verdict);
  for (const entry of model.entries('read')) checkRead(model, entry, verdict);
}

/** Every result of a call that was answered. */
function checkResults(model: Model, entry: PublishEntry, verdict: Verdict): void {
  if (entry.outcome.kind !== 'ok') return;
  const { results, cursor } = entry.outcome.value;
  if (results.length !== entry.changes.length) {
    verdict.add('wrong outcome', entry.at, `Call ${nameOf(entry)} has ${results.length} results.`);
  }
  results.forEach((result, index) => {
    const change = entry.changes[index];
    if (!change) return;
    const name = `${idName(entry.source, change.sourceId)} (call ${nameOf(entry)})`;
    if (result.outcome === 'APPLIED' || result.outcome === 'DUPLICATE') {
      checkRecorded(model, { entry, index, change }, result, verdict);
      const place = result.cursor === null ? null : model.place(result.cursor);
      if ((place ?? 0) > (model.place(cursor) ?? 0)) {
        verdict.add('read your own writes', entry.at, `${name}: the call's cursor does not cover it.`);
      }
    } else if (!isPlausible(model, entry, change, result)) {
      verdict.add('wrong outcome', entry.at, `${name} was answered ${result.outcome}, and nothing was so.`);
    }
  });
}

/** APPLIED or DUPLICATE: the log holds it where the answer says. */
function checkRecorded(model: Model, one: Try, result: PublishedResult, verdict: Verdict): void {
  const { entry, change } = one;
  const name = `${idName(entry.source, change.sourceId)} (call ${nameOf(entry)})`;
  const place = result.cursor === null ? null : model.place(result.cursor);
  const recorded = place === null ? undefined : model.at(place);
  if (recorded?.sourceId !== change.sourceId || recorded.source !== entry.source) {
    const is = recorded ? idName(recorded.source, recorded.sourceId) : 'nothing';
    verdict.add(
      'lost publish',
      entry.at,
      `${name} was answered ${result.outcome} at ${place}; there is ${is}.`,
    );
    return;
  }
  if (recorded.version !== result.version || recorded.operation !== result.operation) {
    verdict.add(
      'altered publish',
      entry.at,
      `${name} was answered ${result.operation} ${result.version}, recorded ${recorded.operation} ${recorded.version}.`,
    );
  }
  if (!holdsContent(recorded, change)) {
    verdict.add('altered publish', entry.at, `${name} is recorded with other content at ${place}.`);
  }
}

/** Whether a record is what the source asked for, on top of what was there. */
function holdsContent(recorded: ChangeRecord, change: SentChange): boolean {
  if (recorded.collection !== change.collection || recorded.key !== change.key) return false;
  return same(recorded.after, wanted(recorded.before, change));
}

function wanted(before: ChangeRecord['before'], change: SentChange): ChangeRecord['after'] {
  if (change.write === 'DELETE' || change.data === null) return null;
  return change.write === 'PATCH' ? merged(before, change.data) : change.data;
}

/** Whether UNCHANGED, CONFLICT or ABORTED can have been so at some moment before the answer. */
function isPlausible(
  model: Model,
  entry: PublishEntry,
  change: SentChange,
  result: PublishedResult,
): boolean {
  if (result.outcome === 'ABORTED') return entry.atomic && hasOutcome(entry, 'CONFLICT');
  const states = model.statesFrom(entityName(change), 0);
  if (result.outcome === 'UNCHANGED') return states.some((state) => isUnchanged(state, change));
  const reused = (model.tries.get(idName(entry.source, change.sourceId)) ?? []).some(
    (other) => !sameContent(other.change, change),
  );
  const { expectedVersion } = change;
  const mismatch = states.some((state) => (state?.after ? state.version : 0) !== expectedVersion);
  return reused || (expectedVersion !== null && (mismatch || isWithinCall(entry, change)));
}

const isUnchanged = (state: ChangeRecord | null, change: SentChange): boolean =>
  same(state?.after ?? null, wanted(state?.after ?? null, change));

/** In a call that was aborted a change may have met one of the same call that was then taken back. */
const isWithinCall = (entry: PublishEntry, change: SentChange): boolean =>
  entry.changes.some((other) => other !== change && entityName(other) === entityName(change));

const hasOutcome = (entry: PublishEntry, outcome: PublishedResult['outcome']): boolean =>
  entry.outcome.kind === 'ok' && entry.outcome.value.results.some((result) => result.outcome === outcome);

const sameContent = (a: SentChange, b: SentChange): boolean =>
  entityName(a) === entityName(b) && a.write === b.write && same(a.data, b.data);

/** All tries of one id together: what may be in the log, and what may not. */
function checkTries(model: Model, id: string, tries: readonly Try[], verdict: Verdict): void {
  const outcomes = tries.map(({ entry, index }) =>
    entry.outcome.kind === 'ok' ? entry.outcome.value.results[index]?.outcome : entry.outcome.kind,
  );
  const applied = outcomes.filter((outcome) => outcome === 'APPLIED').length;
  if (applied > 1) verdict.add('one id, one record', null, `${id} was answered APPLIED ${applied} times.`);
  const [place] = model.byId.get(id) ?? [];
  const recorded = place === undefined ? undefined : model.at(place);
  if (!recorded) return;
  if (
    !outcomes.some((outcome) => outcome === 'APPLIED' || outcome === 'DUPLICATE' || outcome === 'unknown')
  ) {
    verdict.add(
      'recorded though refused',
      null,
      `${id} is at ${place}; it was answered ${outcomes.join(', ')}.`,
    );
  }
  if (!tries.some(({ change }) => holdsContent(recorded, change))) {
    verdict.add('altered publish', null, `${id} at ${place} is nothing that was sent under this id.`);
  }
  for (const { change } of tries) checkExpected(recorded, change, id, verdict);
}

/** A change that named the version it expects was applied on that version only. */
function checkExpected(recorded: ChangeRecord, change: SentChange, id: string, verdict: Verdict): void {
  const { expectedVersion } = change;
  if (expectedVersion === null || !holdsContent(recorded, change)) return;
  const was = recorded.before === null ? 0 : recorded.version - 1;
  if (was !== expectedVersion) {
    verdict.add(
      'wrong outcome',
      null,
      `${id} expected version ${expectedVersion} and was applied on ${was}.`,
    );
  }
}

/** What one call recorded stands in its order, with nothing between. */
function checkOrderOfCall(model: Model, entry: PublishEntry, verdict: Verdict): void {
  const places = recordedBy(model, entry);
  const broken = places.findIndex((place, i) => i > 0 && place !== (places[i - 1] ?? 0) + 1);
  if (broken > 0) {
    verdict.add(
      'order within a call',
      entry.at,
      `Call ${nameOf(entry)} is recorded at ${places.join(', ')}.`,
    );
  }
}

/** Places that this call recorded: what it was answered or, where its only try got no answer, what is there. */
function recordedBy(model: Model, entry: PublishEntry): number[] {
  return entry.changes.flatMap((change, index) => {
    const id = idName(entry.source, change.sourceId);
    if (entry.outcome.kind === 'ok') {
      const result = entry.outcome.value.results[index];
      return result?.outcome === 'APPLIED' ? (model.byId.get(id) ?? []).slice(0, 1) : [];
    }
    const only = model.tries.get(id)?.length === 1;
    return entry.outcome.kind === 'unknown' && only ? (model.byId.get(id) ?? []).slice(0, 1) : [];
  });
}

function checkAtomic(model: Model, entry: PublishEntry, verdict: Verdict): void {
  if (hasOutcome(entry, 'CONFLICT') && hasOutcome(entry, 'APPLIED')) {
    verdict.add(
      'atomic or not at all',
      entry.at,
      `Call ${nameOf(entry)} conflicted and was applied in part.`,
    );
  }
  // An id that another call sent as well says nothing about this one.
  const own = entry.changes.filter((change) =>
    (model.tries.get(idName(entry.source, change.sourceId)) ?? []).every(
      (other) => other.entry.producer === entry.producer && other.entry.call === entry.call,
    ),
  );
  const missing = own.filter(
    (change) =>
      !model.byId.has(idName(entry.source, change.sourceId)) &&
      !model.statesFrom(entityName(change), 0).some((state) => isUnchanged(state, change)),
  );
  const recorded = own.filter((change) => model.byId.has(idName(entry.source, change.sourceId)));
  if (recorded.length > 0 && missing.length > 0) {
    const lacking = missing.map((change) => change.sourceId).join(', ');
    verdict.add('atomic or not at all', entry.at, `Of call ${nameOf(entry)} the log lacks ${lacking}.`);
  }
}

/** Who sent after another was answered stands behind it. */
function checkCommitOrder(model: Model, verdict: Verdict): void {
  const applied = model.entries('publish').flatMap((entry) => {
    if (entry.outcome.kind !== 'ok') return [];
    const places = recordedBy(model, entry);
    return places.length === 0 ? [] : [{ entry, first: Math.min(...places), last: Math.max(...places) }];
  });
  const answers = [...applied].sort((a, b) => a.entry.at - b.entry.at);
  const calls = [...applied].sort((a, b) => a.entry.invokedAt - b.entry.invokedAt);
  let furthest = 0;
  let next = 0;
  for (const call of calls) {
    for (; (answers[next]?.entry.at ?? Infinity) < call.entry.invokedAt; next += 1) {
      furthest = Math.max(furthest, answers[next]?.last ?? 0);
    }
    if (call.first < furthest) {
      verdict.add(
        'commit order',
        call.entry.at,
        `Call ${nameOf(call.entry)} is at ${call.first}, though ${furthest} was answered before it was sent.`,
      );
    }
  }
}

function checkRead(model: Model, entry: ReadEntry, verdict: Verdict): void {
  if (entry.outcome.kind !== 'ok') return;
  const from = model.place(entry.atLeast) ?? 0;
  const seen = entry.outcome.value;
  const states = model.statesFrom(entityName(entry), from);
  const found = states.some((state) =>
    seen === null
      ? !state?.after
      : state?.version === seen.version && state.cursor === seen.cursor && same(state.after, seen.data),
  );
  if (found) return;
  const version = seen ? `version ${seen.version}` : 'nothing';
  verdict.add('read your own writes', entry.at, `${entityName(entry)} at least at ${from} was ${version}.`);
}

const nameOf = (entry: PublishEntry): string => `${entry.producer}/${entry.call}`;
