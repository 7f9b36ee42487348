import {
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from 'graphql';

type Root = 'Query' | 'Mutation' | 'Subscription';
const ROOTS: readonly Root[] = ['Query', 'Mutation', 'Subscription'];

const objectTypes = (schema: GraphQLSchema): GraphQLObjectType[] =>
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'));

/** `Type.field` of every field that the schema has. */
export const fieldsOf = (schema: GraphQLSchema): string[] =>
  objectTypes(schema).flatMap(({ name, getFields }) =>
    Object.keys(getFields.call(schema.getType(name))).map((field) => `${name}.${field}`),
  );

/** The fields at which operations begin. */
export const rootFieldsOf = (schema: GraphQLSchema): string[] =>
  fieldsOf(schema).filter((name) => ROOTS.some((root) => name.startsWith(`${root}.`)));

/** An operation that asks one root field, with these arguments as variables, for everything that it may answer. */
export function operationOf(schema: GraphQLSchema, rootField: string, args: object): string {
  const [root, name] = rootField.split('.') as [Root, string];
  const field = typeNamed(schema, root).getFields()[name];
  if (!field) throw new Error(`The schema has no ${rootField}.`);
  const given = field.args.filter((arg) => arg.name in args);
  const variables = given.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const values = given.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const list = (text: string): string => (text === '' ? '' : `(${text})`);
  return `${root.toLowerCase()} ${list(variables)} { ${name}${list(values)} ${selectionOf(schema, field.type, [])} }`;
}

function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, above: readonly string[]): string {
  const named = getNamedType(type);
  if (isInterfaceType(named)) {
    const parts = schema
      .getPossibleTypes(named)
      .map((one) => `... on ${one.name} ${selectionOf(schema, one, above)}`);
    return `{ __typename ${parts.join(' ')} }`;
  }
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).filter(
    (field) => !above.includes(getNamedType(field.type).name),
  );
  const parts = fields.map((field) => {
    if (field.args.some(isRequiredArgument))
      throw new Error(`${named.name}.${field.name} needs arguments; give the test a way to ask it.`);
    return `${field.name} ${selectionOf(schema, field.type, [...above, named.name])}`;
  });
  return `{ ${parts.join(' ')} }`;
}

/** `Type.field` of every field that has a value in what a root field answered. */
export function answeredIn(schema: GraphQLSchema, rootField: string, value: unknown): Set<string> {
  const [root, name] = rootField.split('.') as [Root, string];
  const found = new Set<string>();
  note(schema, typeNamed(schema, root), { [name]: value }, found);
  return found;
}

function note(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  object: Readonly<Record<string, unknown>>,
  found: Set<string>,
): void {
  for (const [name, field] of Object.entries(type.getFields())) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    found.add(`${type.name}.${name}`);
    noteValue(schema, field.type, value, found);
  }
}

function noteValue(schema: GraphQLSchema, type: GraphQLOutputType, value: unknown, found: Set<string>): void {
  if (value === null) return;
  if (isNonNullType(type)) noteValue(schema, type.ofType, value, found);
  else if (isListType(type))
    for (const item of value as unknown[]) noteValue(schema, type.ofType, item, found);
  else if (isInterfaceType(type)) {
    const object = value as Record<string, unknown>;
    note(schema, typeNamed(schema, String(object.__typename)), object, found);
  } else if (isObjectType(type)) note(schema, type, value as Record<string, unknown>, found);
}

function typeNamed(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new Error(`The schema has no type ${name}.`);
  return type;
}
