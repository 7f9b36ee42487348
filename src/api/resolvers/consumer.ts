import type { ConsumerResolvers, MutationResolvers } from '../../generated/schema.js';
import { parseFilter } from '../../model/filter.js';
import { checkLookup } from '../../model/names.js';
import type { Context } from '../context.js';
import { parseStart } from '../start.js';

export const consumerMutations: Pick<
  MutationResolvers<Context>,
  'acknowledge' | 'createConsumer' | 'deleteConsumer' | 'seekConsumer' | 'pauseConsumer' | 'resumeConsumer'
> = {
  acknowledge: (_parent, { consumer, cursor, session }, { rooms }) =>
    rooms.consumers.acknowledge(
      checkLookup(consumer, 'consumer'),
      rooms.cursors.decode(cursor, 'cursor'),
      session ?? null,
    ),
  createConsumer: (_parent, { input }, { rooms }) =>
    rooms.deliverer.createConsumer({
      name: input.name,
      filter: parseFilter(input.filter, 'input.filter'),
      start: parseStart(input, rooms.cursors, 'input.'),
      maxAttempts: input.maxAttempts,
    }),
  seekConsumer: (_parent, { name, to, cursor, time }, { rooms }) =>
    rooms.deliverer.seekConsumer(
      checkLookup(name, 'name'),
      parseStart({ startAt: to, cursor, time }, rooms.cursors),
    ),
  pauseConsumer: (_parent, { name }, { rooms }) => rooms.consumers.setPaused(checkLookup(name, 'name'), true),
  resumeConsumer: (_parent, { name }, { rooms }) =>
    rooms.consumers.setPaused(checkLookup(name, 'name'), false),
  deleteConsumer: (_parent, { name }, { rooms }) => rooms.consumers.delete(checkLookup(name, 'name')),
};

export const consumerFields: ConsumerResolvers<Context> = {
  cursor: ({ position }, _args, { rooms }) => rooms.cursors.encode(position),
};
