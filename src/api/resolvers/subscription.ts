import { execute, Kind, visit } from 'graphql';
import type { DocumentNode, FieldNode, GraphQLResolveInfo } from 'graphql';
import type { ChangeBatchResolvers, SubscriptionResolvers } from '../../generated/schema.js';
import type { Render } from '../../deliver/deliver.js';
import { badInput } from '../../model/errors.js';
import { parseFilter } from '../../model/filter.js';
import type { Batch } from '../../view/view.js';
import type { Context, SubscriptionOperation } from '../context.js';
import { parseStart } from '../start.js';

/** What the operation is executed on for every batch. */
interface Root {
  readonly changes: Batch;
}

export const subscriptions: SubscriptionResolvers<Context> = {
  changes: {
    subscribe: async (_parent, args, context, info) => {
      const { rooms, view, subscription } = context;
      if (!subscription)
        throw badInput('changes', 'is a subscription; open a WebSocket (graphql-transport-ws) for it');
      // Its messages go to the outlet as text; what GraphQL gets to iterate yields nothing, and ends when they end.
      return await rooms.deliverer.subscribe({
        consumer: args.consumer ?? null,
        start: parseStart(args, rooms.cursors),
        filter: args.filter ? parseFilter(args.filter, 'filter') : null,
        view,
        batchSize: args.batchSize,
        maxInFlight: args.maxInFlight,
        outlet: subscription.outlet,
        remoteAddress: subscription.remoteAddress,
        render: renderer(subscription, context, info),
        renderKey: renderKey(subscription, info),
      });
    },
    resolve: (root: unknown) => (root as Root).changes,
  },
};

export const batchFields: ChangeBatchResolvers<Context> = {
  cursor: ({ cursor, redelivery }, _args, { rooms }) =>
    redelivery ? rooms.cursors.encodeAttempt(cursor, redelivery) : rooms.cursors.encode(cursor),
  attempt: ({ redelivery }) => redelivery?.attempt ?? 1,
  head: ({ head }, _args, { rooms }) => rooms.cursors.encode(head),
};

/** Executes the subscription's operation on a batch and prints the result. */
function renderer(subscription: SubscriptionOperation, context: Context, info: GraphQLResolveInfo): Render {
  const { document, operationName, variables } = subscription;
  return (batch) => {
    const rootValue: Root = { changes: batch };
    const result = execute({
      schema: info.schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: context,
      rootValue,
    });
    // Every field of a batch is at hand, so the result is too; a field that had to be waited for would let a later
    // batch overtake this one.
    if (result instanceof Promise) throw new Error('A field of ChangeBatch answered with a promise.');
    return JSON.stringify(result);
  };
}

/** Arguments that differ from consumer to consumer without changing what a batch looks like. */
const OF_ONE_CONSUMER = new Set(['consumer', 'startAt', 'cursor', 'time']);

/**
 * The operation and its variables, but for variables that only say who subscribes and from where: subscriptions with equal
 * keys render equal texts from equal batches. A variable counts as such only if it is used nowhere else.
 */
function renderKey(
  { query, document, operationName, variables }: SubscriptionOperation,
  info: GraphQLResolveInfo,
): string {
  const own = new Set<string>();
  for (const node of info.fieldNodes) for (const name of variablesOfConsumer(node)) own.add(name);
  const shared = Object.entries(variables).filter(([name]) => !own.has(name) || usesOf(document, name) > 1);
  return JSON.stringify([query, operationName, shared.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

const variablesOfConsumer = (node: FieldNode): string[] =>
  (node.arguments ?? []).flatMap(({ name, value }) =>
    OF_ONE_CONSUMER.has(name.value) && value.kind === Kind.VARIABLE ? [value.name.value] : [],
  );

/** How often a variable is used in a document, its definitions not counted. */
function usesOf(document: DocumentNode, name: string): number {
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => {
      if (node.name.value === name) uses += 1;
    },
  });
  return uses;
}
