import { Kind } from 'graphql';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import { toUserError } from '../api/api.js';
import type { ReportDefect } from '../api/api.js';

/** Makes of an error what its caller sees. */
export type Tell = (error: GraphQLError) => GraphQLError;

/**
 * As `toUserError`; each error is counted by its code and by the root field that failed, `none` where there is none.
 * @param count its arguments are names of the hub's own, nothing that a caller chose
 */
export function counting(
  schema: GraphQLSchema,
  report: ReportDefect,
  count: (code: string, operation: string) => void,
): Tell {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = new Set(roots.flatMap((type) => Object.keys(type?.getFields() ?? {})));
  return (error) => {
    const told = toUserError(error, report);
    // The path has the alias, the node has the name.
    const [node] = error.path?.length === 1 ? (error.nodes ?? []) : [];
    const name = node?.kind === Kind.FIELD ? node.name.value : '';
    count(String(told.extensions.code), fields.has(name) ? name : 'none');
    return told;
  };
}
