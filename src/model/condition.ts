import { badInput } from './errors.js';
import { compareText, field as fieldOf, isObject, jsonEqual } from './json.js';
import type { Json, JsonObject } from './json.js';
import { findDefect, textDefect } from './json-check.js';

/**
 * A condition on one field of an entity, as clients write it. Every operator given holds.
 *
 * What holds where (the SQL of each database says the same, and a property test holds them together):
 * - a path leads through objects only; an array is a value like any other;
 * - eq, ne, in compare as JSON: 1 equals 1.0, objects whatever the order of fields;
 * - an absent field equals nothing, null neither; ne is the opposite of eq, so it holds on an absent field;
 * - gt, gte, lt, lte hold between two numbers or two strings (by code point), never across types;
 * - exists holds on null too: the field is there.
 */
export interface FieldCondition {
  readonly field: string;
  readonly eq?: Json;
  readonly ne?: Json;
  readonly in?: readonly Json[];
  readonly gt?: number | string;
  readonly gte?: number | string;
  readonly lt?: number | string;
  readonly lte?: number | string;
  readonly startsWith?: string;
  readonly exists?: boolean;
}

/** Operators that compare; null is refused. */
export const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const;
/** All operators. eq and ne take null as a value; for in, startsWith and exists null means not given. */
const OPERATORS = ['eq', 'ne', 'in', ...COMPARISONS, 'startsWith', 'exists'] as const;
const MAX_CONDITIONS = 32;
const MAX_FIELD_LENGTH = 500;
const MAX_ALTERNATIVES = 1_000;
/** Levels of nesting of a value to compare with. */
const MAX_DEPTH = 64;

/** The steps of a dotted path. */
export const stepsOf = (path: string): string[] => path.split('.');

/** The value at a dotted path, or undefined where a step is absent or leads through something that is no object. */
export function valueAt(document: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = document;
  for (const step of stepsOf(path)) {
    if (!isObject(value)) return undefined;
    value = fieldOf(value, step);
  }
  return value;
}

/** Whether all conditions hold on a document. */
export const allHold = (conditions: readonly FieldCondition[], document: JsonObject): boolean =>
  conditions.every((condition) => holds(condition, valueAt(document, condition.field)));

function holds(condition: FieldCondition, value: Json | undefined): boolean {
  if (condition.eq !== undefined && !jsonEqual(value, condition.eq)) return false;
  if (condition.ne !== undefined && jsonEqual(value, condition.ne)) return false;
  if (condition.in !== undefined && !condition.in.some((one) => jsonEqual(value, one))) return false;
  if (condition.exists !== undefined && condition.exists !== (value !== undefined)) return false;
  if (condition.startsWith !== undefined) {
    if (typeof value !== 'string' || !value.startsWith(condition.startsWith)) return false;
  }
  return comparisonsHold(condition, value);
}

function comparisonsHold(condition: FieldCondition, value: Json | undefined): boolean {
  return COMPARISONS.every((operator) => {
    const bound = condition[operator];
    if (bound === undefined) return true;
    const order = compare(value, bound);
    if (order === null) return false;
    if (operator === 'gt') return order > 0;
    if (operator === 'gte') return order >= 0;
    return operator === 'lt' ? order < 0 : order <= 0;
  });
}

function compare(value: Json | undefined, bound: number | string): number | null {
  if (typeof value === 'number' && typeof bound === 'number') return value - bound;
  if (typeof value === 'string' && typeof bound === 'string') return compareText(value, bound);
  return null;
}

/**
 * Checks conditions that came from outside. `place` names the list.
 * @throws HubError BAD_USER_INPUT naming the condition and what to do.
 */
export function parseConditions(
  input: readonly Readonly<Record<string, unknown>>[],
  place: string,
): FieldCondition[] {
  if (input.length > MAX_CONDITIONS) {
    throw badInput(place, `holds ${input.length} conditions; ${MAX_CONDITIONS} are allowed`);
  }
  return input.map((condition, i) => parseCondition(condition, `${place}[${i}]`));
}

function parseCondition(input: Readonly<Record<string, unknown>>, place: string): FieldCondition {
  const path = input.field as string;
  if (path === '' || path.length > MAX_FIELD_LENGTH || path.split('.').includes('')) {
    throw badInput(`${place}.field`, 'is not a dotted path; write it as "origin.latitude"');
  }
  const inPath = textDefect(path);
  if (inPath !== null) throw badInput(`${place}.field`, inPath);
  const given = OPERATORS.filter((name) => {
    const value = input[name];
    return value !== undefined && (value !== null || name === 'eq' || name === 'ne');
  });
  const nullBound = COMPARISONS.find((name) => input[name] === null);
  if (nullBound) throw badInput(`${place}.${nullBound}`, 'compares with a number or a string, not with null');
  if (given.length === 0) throw badInput(place, `has no operator; give one of ${OPERATORS.join(', ')}`);
  for (const name of given) checkOperand(name, input[name] as Json, `${place}.${name}`);
  return Object.fromEntries([['field', path], ...given.map((name) => [name, input[name]])]) as FieldCondition;
}

function checkOperand(name: (typeof OPERATORS)[number], operand: Json, place: string): void {
  const defect = findDefect(operand, MAX_DEPTH);
  if (defect) throw badInput(place + defect.path, defect.sentence);
  if (
    (COMPARISONS as readonly string[]).includes(name) &&
    typeof operand !== 'number' &&
    typeof operand !== 'string'
  ) {
    throw badInput(place, 'compares with a number or a string only');
  }
  if (
    name === 'in' &&
    Array.isArray(operand) &&
    (operand.length === 0 || operand.length > MAX_ALTERNATIVES)
  ) {
    throw badInput(place, `takes 1 to ${MAX_ALTERNATIVES} values`);
  }
}
