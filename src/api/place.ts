import { Kind, parse, visit } from 'graphql';
import type { ASTNode, GraphQLError } from 'graphql';

/** What graphql-js says of a value that does not fit its type; the place is in the sentence only. Source: graphql-js 16. */
const IN_VARIABLE = /^Variable "\$(\w+)" got invalid value [^]*? at "([^"]+)"; ([^]*)$/;
const OF_VARIABLE = /^Variable "\$(\w+)"([^]*)$/;
const OF_ARGUMENT = /^Argument "(\w+)"/;
const MISSING_FIELD = /Field "(?:\w+\.)?(\w+)" of required type/;
const UNKNOWN_FIELD = /Field "(\w+)" is not defined by type/;

/** Which value of a request an error of graphql-js speaks of, as `changes[3].key`; null where it names none. */
export function placeOf(error: GraphQLError): string | null {
  const place =
    placeInVariables(error.message) ?? OF_ARGUMENT.exec(error.message)?.[1] ?? placeInDocument(error);
  return place === null || place === '' ? null : place;
}

/** The details that name a place, and which change of a call it is in. */
export function detailsOf(place: string | null): { readonly path?: string; readonly index?: number } {
  if (place === null) return {};
  const index = /^changes\[(\d+)\]/.exec(place)?.[1];
  return { path: place, ...(index === undefined ? {} : { index: Number(index) }) };
}

function placeInVariables(message: string): string | null {
  const [, , inside, said = ''] = IN_VARIABLE.exec(message) ?? [];
  if (inside !== undefined) return withField(inside, said);
  const [, name, rest = ''] = OF_VARIABLE.exec(message) ?? [];
  return name === undefined ? null : withField(name, rest);
}

/** For a field that is missing or unknown, graphql-js names the object; the place is one step further. */
function withField(place: string, said: string): string {
  const field = (MISSING_FIELD.exec(said) ?? UNKNOWN_FIELD.exec(said))?.[1];
  return field === undefined ? place : `${place}.${field}`;
}

/** Follows a value written inside the document from its argument down. */
function placeInDocument(error: GraphQLError): string | null {
  const [node] = error.nodes ?? [];
  const start = node?.loc?.start;
  const body = error.source?.body;
  if (start === undefined || body === undefined) return null;
  const found: string[] = [];
  visit(parse(body), {
    enter: (candidate, _key, parent, path, ancestors) => {
      if (candidate.kind !== node?.kind || candidate.loc?.start !== start) return;
      found.push(stepsTo(candidate, path, parent ? [...ancestors, parent] : ancestors));
    },
  });
  return found[0] === undefined ? null : withField(found[0], error.message);
}

/** @param above what stands above the node, nodes and lists; `path` holds the step that leads on from each of them */
function stepsTo(
  node: ASTNode,
  path: readonly (string | number)[],
  above: readonly (ASTNode | readonly ASTNode[])[],
): string {
  const steps = above.map((ancestor, i) => {
    if (!isList(ancestor)) return stepOf(ancestor);
    const holder = above[i - 1];
    return holder && !isList(holder) && holder.kind === Kind.LIST ? `[${path[i]}]` : '';
  });
  return [...steps, stepOf(node)].join('').replace(/^\./, '');
}

const isList = (value: ASTNode | readonly ASTNode[]): value is readonly ASTNode[] => Array.isArray(value);

const stepOf = (node: ASTNode): string =>
  node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD ? `.${node.name.value}` : '';
