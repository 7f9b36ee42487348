import {
  getNamedType,
  getNullableType,
  getOperationAST,
  isInputObjectType,
  isListType,
  typeFromAST,
} from 'graphql';
import type { DocumentNode, GraphQLSchema, GraphQLType } from 'graphql';
import { HubError } from '../model/errors.js';
import { numberDefect } from '../model/json-check.js';
import { detailsOf } from './place.js';

/** An operation with the variables that came with it. */
export interface Operation {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Refuses variables in which JSON.parse has rounded a whole number: as a key or an id it would stand for another entity.
 * Where an ID is expected, every whole number beyond 2^53 - 1 is refused.
 * @throws HubError BAD_USER_INPUT that names the place
 */
export function checkVariables(schema: GraphQLSchema, operation: Operation): void {
  const { document, operationName, variables } = operation;
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const types = new Map(definitions.map(({ variable, type }) => [variable.name.value, type]));
  for (const [name, value] of Object.entries(variables)) {
    const node = types.get(name);
    const defect = findDefect(value, name, node && typeFromAST(schema, node));
    if (defect)
      throw new HubError('BAD_USER_INPUT', `${defect.path}: ${defect.sentence}`, detailsOf(defect.path));
  }
}

interface Defect {
  readonly path: string;
  readonly sentence: string;
}

/** @param type what is expected; undefined inside a JSON value */
function findDefect(value: unknown, path: string, type: GraphQLType | undefined): Defect | null {
  if (typeof value === 'number') {
    const sentence = numberDefect(value, type !== undefined && getNamedType(type).name === 'ID');
    return sentence === null ? null : { path, sentence };
  }
  if (typeof value !== 'object' || value === null) return null;
  const inArray = Array.isArray(value);
  const typeOf = typesWithin(type);
  for (const [name, inner] of Object.entries(value)) {
    const found = findDefect(inner, path + (inArray ? `[${name}]` : `.${name}`), typeOf?.(name));
    if (found) return found;
  }
  return null;
}

/** The types of a list's items, or of an input object's fields; undefined inside a JSON value. */
function typesWithin(type: GraphQLType | undefined): ((name: string) => GraphQLType | undefined) | undefined {
  if (type === undefined) return undefined;
  const nullable = getNullableType(type);
  if (isListType(nullable)) return () => nullable.ofType;
  if (!isInputObjectType(nullable)) return undefined;
  const fields = nullable.getFields();
  return (name) => fields[name]?.type;
}
