import type { ConsumerResolvers, DeadLetterResolvers, MutationResolvers } from '../../generated/schema.js';
import { parseFilter } from '../../model/filter.js';
import { checkLookup } from '../../model/names.js';
import type { Context } from '../context.js';
import { parseStart } from '../start.js';

export const consumerMutations: Pick<
  MutationResolvers<Context>,
  | 'acknowledge'
  | 'reject'
  | 'redrive'
  | 'discard'
  | 'createConsumer'
  | 'deleteConsumer'
  | 'seekConsumer'
  | 'pauseConsumer'
  | 'resumeConsumer'
> = {
  acknowledge: (_parent, { consumer, cursor, session }, { rooms }) =>
    rooms.retry.acknowledge(
      checkLookup(consumer, 'consumer'),
      rooms.cursors.decode(cursor, 'cursor'),
      session ?? null,
    ),
  reject: (_parent, { consumer, change, reason, retryInSeconds, session }, { rooms, view }) =>
    rooms.retry.reject(checkLookup(consumer, 'consumer'), {
      content: rooms.cursors.decode(change, 'change'),
      reason,
      retryInSeconds: retryInSeconds ?? null,
      session: session ?? null,
      view,
    }),
  redrive: (_parent, { consumer, ids }, { rooms }) =>
    rooms.retry.redrive(checkLookup(consumer, 'consumer'), ids ?? null),
  discard: (_parent, { consumer, ids }, { rooms }) =>
    rooms.retry.discard(checkLookup(consumer, 'consumer'), ids),
  createConsumer: (_parent, { input }, { rooms }) =>
    rooms.consumers.create({
      name: input.name,
      filter: parseFilter(input.filter, 'input.filter'),
      start: parseStart(input, rooms.cursors, 'input.'),
      maxAttempts: input.maxAttempts,
    }),
  seekConsumer: (_parent, { name, to, cursor, time }, { rooms }) =>
    rooms.consumers.seek(
      checkLookup(name, 'name'),
      parseStart({ startAt: to, cursor, time }, rooms.cursors, '', 'to'),
    ),
  pauseConsumer: (_parent, { name }, { rooms }) => rooms.consumers.setPaused(checkLookup(name, 'name'), true),
  resumeConsumer: (_parent, { name }, { rooms }) =>
    rooms.consumers.setPaused(checkLookup(name, 'name'), false),
  deleteConsumer: (_parent, { name }, { rooms }) => rooms.consumers.delete(checkLookup(name, 'name')),
};

export const consumerFields: ConsumerResolvers<Context> = {
  id: ({ id }, _args, { rooms }) => rooms.ids.consumer(id),
  cursor: (consumer, _args, { rooms }) => rooms.cursors.encode(consumer),
  deadLetters: ({ id }, { first, after }, { rooms, view }) =>
    rooms.explorer.deadLetters(view, { consumer: id, first, after: after ?? null }),
};

export const deadLetterFields: DeadLetterResolvers<Context> = {
  id: (letter, _args, { rooms }) => rooms.ids.deadLetter(letter),
};
