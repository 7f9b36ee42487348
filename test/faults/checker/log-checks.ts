/** The log by itself, what all hubs say of it, and the state that follows from it. */
import type { ChangeRecord, HubState } from '../history.js';
import { belongs } from './filter.js';
import type { Verdict } from './invariants.js';
import { same } from './json.js';
import { entityName } from './model.js';
import type { Model } from './model.js';
import { filterOf } from './consumers.js';

export function checkLog(model: Model, verdict: Verdict): void {
  checkLine(model, verdict);
  checkChains(model, verdict);
  for (const hub of model.final.hubs) {
    checkHub(model, hub, verdict);
    checkEntities(model, hub, verdict);
  }
  checkCopies(model, verdict);
}

/** Positions, ids and times along the log. */
function checkLine(model: Model, verdict: Verdict): void {
  model.log.forEach((change, i) => {
    const place = model.place(change.cursor);
    if (place !== i + 1) {
      verdict.add(
        'positions without gaps',
        null,
        `The change ${i + 1} of the log is at ${place ?? change.cursor}.`,
      );
    }
    const before = model.log[i - 1];
    if (before && before.recordedAt > change.recordedAt) {
      verdict.add(
        'time never back',
        null,
        `Place ${i + 1}: ${change.recordedAt} behind ${before.recordedAt}.`,
      );
    }
  });
  for (const [id, places] of model.byId) {
    if (places.length > 1) {
      verdict.add('one id, one record', null, `${id} is recorded at ${places.join(', ')}.`);
    }
  }
}

/** Each entity's changes, one upon the other. */
function checkChains(model: Model, verdict: Verdict): void {
  for (const [name, places] of model.chains) {
    let before: ChangeRecord | null = null;
    for (const [i, place] of places.entries()) {
      const change = model.at(place);
      if (!change) continue;
      if (change.version !== i + 1) {
        verdict.add(
          'version chain',
          null,
          `${name} has version ${change.version} at ${place}; ${i + 1} is due.`,
        );
      }
      const defect = defectOf(change, before);
      if (defect) verdict.add('before and after', null, `${name} at ${place}: ${defect}.`);
      before = change;
    }
  }
}

function defectOf(change: ChangeRecord, previous: ChangeRecord | null): string | null {
  const { before, after, operation } = change;
  if (!same(before, previous?.after ?? null)) return 'before is not what the change before left';
  const due = before === null ? 'CREATE' : after === null ? 'DELETE' : 'UPDATE';
  if (operation !== due || (before === null && after === null)) return `${operation} where ${due} is due`;
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = names.filter((name) => !same(before?.[name], after?.[name]));
  if (!same([...change.changedFields].sort(), changed.sort())) return 'changedFields are not what differs';
  return null;
}

function checkHub(model: Model, hub: HubState, verdict: Verdict): void {
  const problem = (sentence: string): void => verdict.add('one log', null, `Hub ${hub.hub}: ${sentence}.`);
  if (hub.logId !== model.start.logId) problem(`its log is ${hub.logId}, not ${model.start.logId}`);
  if (model.place(hub.head) !== model.end) problem(`its head is ${model.place(hub.head)}, not ${model.end}`);
  if (hub.changeCount !== model.end) problem(`it counts ${hub.changeCount} changes, not ${model.end}`);
  if (hub.log.length !== model.end) problem(`it tells ${hub.log.length} changes, not ${model.end}`);
  const other = hub.log.findIndex((change, i) => !same(change, model.log[i]));
  if (other >= 0 && other < model.end) problem(`its change at ${other + 1} is another`);
}

function checkEntities(model: Model, hub: HubState, verdict: Verdict): void {
  const problem = (sentence: string): void =>
    verdict.add('state is the fold of the log', null, `Hub ${hub.hub}: ${sentence}.`);
  const held = new Map(hub.entities.map((entity) => [entityName(entity), entity]));
  if (held.size !== hub.entities.length) problem('it lists an entity twice');
  for (const [name, places] of model.chains) {
    const newest = model.at(places.at(-1) ?? 0);
    const entity = held.get(name);
    held.delete(name);
    if (!newest?.after) {
      if (entity) problem(`${name} is there, though it was deleted at ${places.at(-1)}`);
      continue;
    }
    const due = { version: newest.version, data: newest.after, cursor: newest.cursor };
    const is = entity && { version: entity.version, data: entity.data, cursor: entity.cursor };
    if (!same(is, due)) problem(`${name} is ${JSON.stringify(is)}, not ${JSON.stringify(due)}`);
  }
  for (const name of held.keys()) problem(`${name} is there, though nothing in the log is about it`);
}

/** What consumers that began with a snapshot made of what they got. */
function checkCopies(model: Model, verdict: Verdict): void {
  const live = [...model.chains.values()].flatMap((places) => {
    const newest = model.at(places.at(-1) ?? 0);
    return newest?.after ? [{ ...newest, data: newest.after }] : [];
  });
  for (const { consumer, entities } of model.final.copies) {
    const filter = filterOf(model, consumer);
    if (live.some((entity) => belongs(filter, entity) === null)) continue;
    const isWhole = !(filter.operations ?? filter.changedFields);
    const due = new Map(live.filter((one) => belongs(filter, one)).map((one) => [entityName(one), one]));
    for (const copy of entities) {
      const entity = due.get(entityName(copy));
      due.delete(entityName(copy));
      if (entity && !isWhole) continue;
      if (entity?.version === copy.version && same(entity.data, copy.data)) continue;
      const is = entity ? `version ${entity.version}` : 'not to be there';
      verdict.add(
        'copy equals state',
        null,
        `${consumer} holds ${entityName(copy)} in version ${copy.version}; it is ${is}.`,
      );
    }
    for (const name of due.keys()) verdict.add('copy equals state', null, `${consumer} lacks ${name}.`);
  }
}
