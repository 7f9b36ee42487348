import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { HubError } from '../model/errors.js';
import { detailsOf, placeOf } from './place.js';
import { ScalarError } from './scalars.js';

/** Told of an error that is the hub's own fault, with the id that the user sees. */
export type ReportDefect = (error: unknown, id: string) => void;

/**
 * What of an error reaches the user: a refusal of the hub with its code and place; a mistake in the request, which
 * GraphQL itself found, as BAD_USER_INPUT; anything else only as an id, under which the hub's log tells more.
 */
export function toUserError(error: GraphQLError, report: ReportDefect): GraphQLError {
  const cause = rootCause(error);
  if (cause instanceof HubError) return refusalOf(error, cause, report);
  const { code } = error.extensions;
  if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') {
    // Apollo notes the HTTP status among the extensions; and its name for a request that is no GraphQL request at all.
    const known = code === 'BAD_REQUEST' ? 'BAD_USER_INPUT' : code;
    const { path = placeOf(error), ...extensions } = error.extensions;
    const details = Object.fromEntries(Object.entries(extensions).filter(([name]) => name !== 'http'));
    return withExtensions(error, error.message, {
      ...details,
      code: known,
      ...detailsOf(path as string | null),
    });
  }
  if (cause instanceof GraphQLError) {
    return withExtensions(error, error.message, { code: 'BAD_USER_INPUT', ...detailsOf(placeOf(error)) });
  }
  const id = randomUUID();
  report(cause, id);
  const message = `The hub failed to answer; its log tells more under ${id}.`;
  return withExtensions(error, message, { code: 'INTERNAL_SERVER_ERROR', id });
}

/** A refusal of the hub. A scalar knows only its own name: where its value stands, graphql-js knows. */
function refusalOf(error: GraphQLError, refusal: HubError, report: ReportDefect): GraphQLError {
  const { code, message, details } = refusal;
  // Sent again, the same call fails again: no outage that passes.
  const id = details.retryable === false ? 'damaged' : code;
  if (refusal.cause !== undefined) report(refusal.cause, id);
  if (!(refusal instanceof ScalarError)) return withExtensions(error, message, { code, ...details });
  const place = placeOf(error) ?? refusal.scalar;
  return withExtensions(error, `${place}: ${refusal.sentence}`, { code, ...detailsOf(place) });
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
