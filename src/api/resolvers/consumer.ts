import type { ConsumerResolvers, DeadLetterResolvers, MutationResolvers } from '../../generated/schema.js';
import type { Position } from '../../model/cursor.js';
import { deadLetterId, positionOfDeadLetter } from '../../model/dead-letter.js';
import { badInput } from '../../model/errors.js';
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
    rooms.consumers.acknowledge(
      checkLookup(consumer, 'consumer'),
      rooms.cursors.decodePlace(cursor, 'cursor'),
      session ?? null,
    ),
  reject: (_parent, { consumer, change, reason, retryInSeconds, session }, { rooms }) =>
    rooms.deliverer.reject(checkLookup(consumer, 'consumer'), {
      place: rooms.cursors.decodePlace(change, 'change'),
      reason,
      retryInSeconds: retryInSeconds ?? null,
      session: session ?? null,
    }),
  redrive: (_parent, { consumer, ids }, { rooms }) =>
    rooms.consumers.rejections.redrive(
      checkLookup(consumer, 'consumer'),
      ids ? positionsOf(ids, consumer) : null,
    ),
  discard: (_parent, { consumer, ids }, { rooms }) =>
    rooms.consumers.rejections.discard(checkLookup(consumer, 'consumer'), positionsOf(ids, consumer)),
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
  deadLetters: ({ name }, { first, after }, { rooms }) =>
    rooms.explorer.deadLetters(name, first, after ?? null),
};

export const deadLetterFields: DeadLetterResolvers<Context> = { id: (letter) => deadLetterId(letter) };

/** @throws HubError BAD_USER_INPUT that names the first id that is none of the consumer's */
const positionsOf = (ids: readonly string[], consumer: string): Position[] =>
  ids.map((id, i) => {
    const position = positionOfDeadLetter(id, consumer);
    if (position === null) throw badInput(`ids[${i}]`, "is no id of this consumer's dead letters");
    return position;
  });
