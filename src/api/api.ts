/**
 * The GraphQL API: schema, scalars, thin resolvers, errors. It knows no sockets: whoever serves it brings a context and
 * gets results. Resolvers hand on to the rooms and rename; what a change means is decided there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { consumerFields, consumerMutations, deadLetterFields } from './resolvers/consumer.js';
import {
  changeFields,
  collectionFields,
  entityFields,
  hubFields,
  nodeType,
  queries,
} from './resolvers/explore.js';
import { conflictFields, publishMutations } from './resolvers/publish.js';
import { batchFields, subscriptions } from './resolvers/subscription.js';
import { scalars } from './scalars.js';

export { contextOf } from './context.js';
export type { Context, Rooms, SubscriptionOperation } from './context.js';
export { toUserError } from './errors.js';
export type { ReportDefect } from './errors.js';
export { idLiteralsRule } from './scalars.js';
export { MAX_TOKENS, Operations } from './operations.js';
export { checkVariables } from './variables.js';

/** The SDL stands beside the code, in `schema/`, one file a subject. */
const SDL_FOLDER = fileURLToPath(new URL('../../schema/', import.meta.url));

/** The hub's schema with its resolvers. */
export function createSchema(): GraphQLSchema {
  const files = readdirSync(SDL_FOLDER).filter((name) => name.endsWith('.graphql'));
  return makeExecutableSchema({
    typeDefs: files.sort().map((name) => readFileSync(join(SDL_FOLDER, name), 'utf8')),
    resolvers: {
      ...scalars,
      Query: queries,
      Mutation: { ...publishMutations, ...consumerMutations },
      Subscription: subscriptions,
      Change: changeFields,
      ChangeBatch: batchFields,
      Collection: collectionFields,
      Conflict: conflictFields,
      Consumer: consumerFields,
      DeadLetter: deadLetterFields,
      Entity: entityFields,
      Hub: hubFields,
      Node: nodeType,
    },
  });
}
