import { getNamedType, GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import type { ValidationRule, ValueNode } from 'graphql';
import { formatDateTime, parseDateTime } from '../model/date-time.js';
import { HubError } from '../model/errors.js';
import type { Json } from '../model/json.js';
import { numberDefect } from '../model/json-check.js';

/** A value that a scalar does not take. The scalar does not know its place; `toUserError` adds it. */
export class ScalarError extends HubError {
  constructor(
    readonly scalar: string,
    readonly sentence: string,
  ) {
    super('BAD_USER_INPUT', `${scalar}: ${sentence}`);
  }
}

type Variables = Readonly<Record<string, unknown>> | null | undefined;

const asString = (value: unknown, type: string): string => {
  if (typeof value !== 'string') throw new ScalarError(type, 'is written as a string');
  return value;
};

const cursor = new GraphQLScalarType<string, string>({
  name: 'Cursor',
  serialize: (value) => value as string,
  parseValue: (value) => asString(value, 'Cursor'),
});

/** Milliseconds since 1970 inside, RFC 3339 outside. */
const dateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  serialize: (value) => formatDateTime(value as number),
  parseValue: (value) => {
    const ms = parseDateTime(asString(value, 'DateTime'));
    if (ms === null)
      throw new ScalarError('DateTime', 'is not an RFC 3339 date-time; write it as 2018-01-31T02:18:21.235Z');
    return ms;
  },
});

const json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literal(node, variables),
});

const jsonObject = new GraphQLScalarType<unknown, unknown>({
  name: 'JSONObject',
  parseValue: asObject,
  parseLiteral: (node, variables) => asObject(literal(node, variables)),
});

const safeInt = new GraphQLScalarType<number, number>({
  name: 'SafeInt',
  serialize: (value) => {
    if (!Number.isSafeInteger(value)) throw new Error(`${String(value)} is not a count.`);
    return value as number;
  },
});

/** The scalars of the schema by name. */
export const scalars = {
  Cursor: cursor,
  DateTime: dateTime,
  JSON: json,
  JSONObject: jsonObject,
  SafeInt: safeInt,
};

function asObject(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ScalarError('JSONObject', 'is not a JSON object; send one');
  }
  return value;
}

function wholeNumber(value: number): number {
  const sentence = numberDefect(value, true);
  if (sentence !== null) throw new ScalarError('JSON', sentence);
  return value;
}

/** A JSON value written inside the document. Its text tells whole numbers from others. */
function literal(node: ValueNode, variables: Variables): Json {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.BOOLEAN:
    case Kind.STRING:
    case Kind.ENUM:
      return node.value;
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.INT:
      return wholeNumber(Number(node.value));
    case Kind.LIST:
      return node.values.map((value) => literal(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((one) => [one.name.value, literal(one.value, variables)]));
    case Kind.VARIABLE:
      return (variables?.[node.name.value] ?? null) as Json;
  }
}

/**
 * Refuses ids that are written inside a document as whole numbers beyond 2^53 - 1, as `checkVariables` does: the same id
 * has the same meaning wherever it is written.
 */
export const idLiteralsRule: ValidationRule = (context) => ({
  IntValue: (node) => {
    const type = context.getInputType();
    if (!type || getNamedType(type).name !== 'ID') return;
    const sentence = numberDefect(Number(node.value), true);
    if (sentence === null) return;
    const originalError = new ScalarError('ID', sentence);
    context.reportError(new GraphQLError(originalError.message, { nodes: node, originalError }));
  },
});
