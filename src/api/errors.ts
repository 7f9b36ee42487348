import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { HubError } from '../model/errors.js';

/** Told of an error that is the hub's own fault, with the id that the user sees. */
export type ReportDefect = (error: unknown, id: string) => void;

/**
 * What of an error reaches the user: a refusal of the hub with its code and place; a mistake in the request, which
 * GraphQL itself found, as BAD_USER_INPUT; anything else only as an id, under which the hub's log tells more.
 */
export function toUserError(error: GraphQLError, report: ReportDefect): GraphQLError {
  const { code } = error.extensions;
  if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') return error;
  const cause = rootCause(error);
  if (cause instanceof HubError) {
    if (cause.cause !== undefined) report(cause.cause, cause.code);
    return withExtensions(error, cause.message, { code: cause.code, ...cause.details });
  }
  if (cause instanceof GraphQLError) return withExtensions(error, error.message, { code: 'BAD_USER_INPUT' });
  const id = randomUUID();
  report(cause, id);
  const message = `The hub failed to answer; its log tells more under ${id}.`;
  return withExtensions(error, message, { code: 'INTERNAL_SERVER_ERROR', id });
}

function rootCause(error: GraphQLError): unknown {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

const withExtensions = (
  error: GraphQLError,
  message: string,
  extensions: Readonly<Record<string, unknown>>,
): GraphQLError =>
  new GraphQLError(message, {
    nodes: error.nodes ?? null,
    source: error.source ?? null,
    positions: error.positions ?? null,
    path: error.path ?? null,
    extensions,
  });
