import fc from 'fast-check';
import { Change } from '../../src/model/change.js';
import type { Write } from '../../src/model/change.js';
import { canonicalJson } from '../../src/model/json.js';
import type { Json, JsonObject } from '../../src/model/json.js';
import { decide } from '../../src/publish/decide.js';
import type { Current, Decision, Intent } from '../../src/publish/decide.js';
import { rowAt } from '../contract/support/parts.js';
import { jsonObject } from './support/json.js';

type Step = Intent & { readonly key: string };

const write = fc.constantFrom<Write>('UPSERT', 'UPSERT', 'PATCH', 'PATCH', 'DELETE');
const step: fc.Arbitrary<Step> = fc
  .tuple(fc.constantFrom('k1', 'k2'), write, jsonObject, fc.constantFrom(null, null, null, 0, 1, 2, 3))
  .map(([key, how, data, expectedVersion]) => ({
    ...{ key, write: how, expectedVersion },
    data: how === 'DELETE' ? null : data,
  }));

/** A model of one entity, kept as canonical texts of its top-level fields: versions count what was recorded. */
interface Model {
  version: number;
  fields: Map<string, string> | null;
}

const fieldsOf = (data: JsonObject): Map<string, string> =>
  new Map(Object.entries(data).map(([name, value]) => [name, canonicalJson(value)]));

/** Merging by the RFC, one level by hand and the rest by its own definition on texts. */
function merged(old: string | undefined, patch: Json): string {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return canonicalJson(patch);
  const base = old?.startsWith('{') ? fieldsOf(JSON.parse(old) as JsonObject) : new Map<string, string>();
  applyPatch(base, patch as JsonObject);
  return textOf(base);
}

function applyPatch(fields: Map<string, string>, patch: JsonObject): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, merged(fields.get(name), value));
  }
}

const textOf = (fields: ReadonlyMap<string, string>): string =>
  `{${[...fields]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
    .join(',')}}`;
const textOrNull = (fields: ReadonlyMap<string, string> | null): string | null => fields && textOf(fields);
const canonicalOrNull = (value: JsonObject | null): string | null => value && canonicalJson(value);

function afterOf(model: Model, { write: how, data }: Step): Map<string, string> | null {
  if (data === null) return null;
  if (how === 'UPSERT') return fieldsOf(data);
  const fields = new Map(model.fields ?? []);
  applyPatch(fields, data);
  return fields;
}

/** Checks one decision against the model, and moves the model on. */
function check(model: Model, intent: Step, decision: Decision): void {
  const isLive = model.fields !== null;
  const fits = intent.expectedVersion === null || intent.expectedVersion === (isLive ? model.version : 0);
  const after = afterOf(model, intent);
  const same = textOrNull(after) === textOrNull(model.fields);
  expect(decision.outcome).toBe(!fits ? 'CONFLICT' : same ? 'UNCHANGED' : 'APPLIED');
  if (decision.outcome !== 'APPLIED') return;
  expect(decision.operation).toBe(!isLive ? 'CREATE' : after === null ? 'DELETE' : 'UPDATE');
  expect(decision.version).toBe(model.version + 1);
  expect(canonicalOrNull(decision.after)).toBe(textOrNull(after));
  checkRecorded(model, decision, after);
  model.version += 1;
  model.fields = after;
}

/** What a reader of the log makes of the decision. */
function checkRecorded(
  model: Model,
  decision: Extract<Decision, { outcome: 'APPLIED' }>,
  after: ReadonlyMap<string, string> | null,
): void {
  const { operation } = decision;
  const change = new Change(
    rowAt(1n, {
      operation,
      after: decision.after && JSON.stringify(decision.after),
      undo: decision.undo && JSON.stringify(decision.undo),
    }),
  );
  expect(canonicalOrNull(change.after)).toBe(textOrNull(after));
  expect(canonicalOrNull(change.before)).toBe(textOrNull(model.fields));
  const names = new Set([...(model.fields?.keys() ?? []), ...(after?.keys() ?? [])]);
  const differing = [...names].filter((name) => model.fields?.get(name) !== after?.get(name));
  expect([...change.changedFields].sort()).toEqual(differing.sort());
}

describe('decisions over any sequence of changes', () => {
  it('keep versions, before, after and changedFields as a plain model has them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const states = new Map<string, Current>();
        const models = new Map<string, Model>();
        for (const intent of steps) {
          const current = states.get(intent.key) ?? { version: 0, data: null };
          const model = models.get(intent.key) ?? { version: 0, fields: null };
          models.set(intent.key, model);
          const decision = decide(current, intent);
          check(model, intent, decision);
          if (decision.outcome !== 'APPLIED') continue;
          states.set(intent.key, { version: decision.version, data: decision.after });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are the same for the same state, and nothing when the same UPSERT comes again', () => {
    fc.assert(
      fc.property(jsonObject, step, (data, intent) => {
        const current = { version: 2, data };
        const decision = decide(current, intent);
        // The state as it comes back from the database.
        const stored = { version: 2, data: JSON.parse(JSON.stringify(data)) as JsonObject };
        expect(JSON.stringify(decide(stored, intent))).toBe(JSON.stringify(decision));
        if (decision.outcome !== 'APPLIED') return;
        const again = { ...intent, expectedVersion: null };
        expect(decide({ version: 3, data: decision.after }, again)).toEqual({ outcome: 'UNCHANGED' });
      }),
    );
  });
});
