import type { Consumers } from '../ack/ack.js';
import type { Log } from '../log/log.js';
import { Change } from '../model/change.js';
import { BEGINNING } from '../model/cursor.js';
import type { Position } from '../model/cursor.js';
import { deadLetterId, positionOfDeadLetter } from '../model/dead-letter.js';
import type { DeadLetter } from '../model/dead-letter.js';
import { HubError } from '../model/errors.js';
import { checkPageSize, connectionOf } from '../model/page.js';
import type { Connection } from '../model/page.js';

/** Which page: `after` is the cursor of an edge. */
export interface DeadLetterPageArgs {
  readonly consumer: string;
  readonly first: number;
  readonly after: string | null;
}

/**
 * A page of a consumer's dead letters, in log order.
 * @throws HubError BAD_USER_INPUT, INVALID_CURSOR
 */
export async function deadLetterPage(
  log: Log,
  consumers: Consumers,
  { consumer, first, after }: DeadLetterPageArgs,
): Promise<Connection<DeadLetter>> {
  const size = checkPageSize(first, 'first');
  const from = after === null ? BEGINNING : placeOf(after, consumer);
  const rejections = await consumers.rejections.dead(consumer, from, size + 1);
  const rows = await log.changesAt(rejections.slice(0, size).map(({ position }) => position));
  const changes = new Map(rows.map((row) => [row.position, new Change(row)]));
  const page = rejections.slice(0, size).flatMap((rejection) => {
    const change = changes.get(rejection.position);
    return change ? [{ ...rejection, change: { change, scope: rejection.scope } }] : [];
  });
  return connectionOf(page, deadLetterId, {
    hasNextPage: () => rejections.length > size,
    hasPreviousPage: () => after !== null,
  });
}

function placeOf(cursor: string, consumer: string): Position {
  const position = positionOfDeadLetter(cursor, consumer);
  if (position !== null) return position;
  throw new HubError('INVALID_CURSOR', "after: is no cursor of a dead letter; send back an edge's cursor.", {
    path: 'after',
  });
}
