import { sameSession } from '../ack/ack.js';
import type { ConsumerRecord, Consumers, Fence, LockedConsumer } from '../ack/ack.js';
import type { CursorContent } from '../model/cursor.js';
import { badInput, consumerNotFound, consumerTakenOver } from '../model/errors.js';
import type { Transaction } from '../platform/platform.js';

/**
 * Holds a consumer for something that is done to its rejections.
 * @throws HubError CONSUMER_NOT_FOUND, CONSUMER_TAKEN_OVER
 */
export function* lockedBy(
  consumers: Consumers,
  name: string,
  fence: Fence | null,
): Transaction<LockedConsumer> {
  const locked = yield* consumers.lock(name, true);
  if (!locked) throw consumerNotFound(name);
  if (fence && !sameSession(fence, locked.consumer)) throw consumerTakenOver(name);
  return locked;
}

/** @throws HubError BAD_USER_INPUT where a cursor or session is of another consumer, or of before a seek */
export function checkOwn(
  consumer: ConsumerRecord,
  { attempt }: CursorContent,
  fence: Fence | null,
  place: string,
): void {
  if (attempt && attempt.consumer !== consumer.id)
    throw badInput(
      place,
      'is of a redelivery to another consumer; send back the cursor that this one received',
    );
  if (fence && sameSession(fence, consumer) && fence.seeks !== consumer.seeks)
    throw badInput(place, 'was sent before the consumer was sought, and no longer counts');
}
