import type { Log } from '../log/log.js';
import { Change } from '../model/change.js';
import { BEGINNING } from '../model/cursor.js';
import type { Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import { HubError } from '../model/errors.js';
import type { Retry } from '../retry/retry.js';
import { checkPageSize, connectionOf } from '../model/page.js';
import type { Connection } from '../model/page.js';
import type { View, VisibleDeadLetter } from '../view/view.js';

/** Dead letters read at once where a page is not full yet, because its caller may not see what was read. */
const READ_ON = 1_000;

/** Which page: `after` is the cursor of an edge. */
export interface DeadLetterPageArgs {
  /** The consumer's id. */
  readonly consumer: bigint;
  readonly first: number;
  readonly after: string | null;
}

/**
 * A page of a consumer's dead letters, in log order.
 * @throws HubError BAD_USER_INPUT, INVALID_CURSOR
 */
export async function deadLetterPage(
  log: Log,
  retry: Retry,
  view: View,
  { consumer, first, after }: DeadLetterPageArgs,
): Promise<Connection<VisibleDeadLetter>> {
  const size = checkPageSize(first, 'first');
  const seen: VisibleDeadLetter[] = [];
  let from = after === null ? BEGINNING : positionOf(after, consumer);
  let cut = false;
  for (let limit = size + 1; seen.length <= size && !cut; limit = READ_ON) {
    const rejections = await retry.dead(consumer, from, limit);
    const { letters, whole, through } = await lettersOf(log, view, rejections);
    seen.push(...letters);
    cut = !whole && seen.length > 0;
    if (whole && rejections.length < limit) break;
    from = whole ? (rejections.at(-1)?.position ?? from) : (through ?? from);
  }
  return connectionOf(seen.slice(0, size), cursorOf, {
    hasNextPage: () => seen.length > size || cut,
    hasPreviousPage: () => after !== null,
  });
}

interface Letters {
  readonly letters: readonly VisibleDeadLetter[];
  /** Whether all rejections were looked at; else only the first, as bytes allow, up to `through`. */
  readonly whole: boolean;
  readonly through: Position | null;
}

/** Of rejections, those that the caller sees, with their changes. */
async function lettersOf(log: Log, view: View, rejections: readonly Rejection[]): Promise<Letters> {
  const { rows, whole } = await log.changesAt(rejections.map(({ position }) => position));
  const changes = new Map(rows.map((row) => [row.position, new Change(row)]));
  const letters = rejections.flatMap((rejection) => {
    const change = changes.get(rejection.position);
    return (change && view.deadLetter(change)?.(rejection)) ?? [];
  });
  return { letters, whole, through: rows.at(-1)?.position ?? null };
}

/** A dead letter's place in the list of its consumer's, as opaque text. */
const cursorOf = ({ consumer, position }: Pick<Rejection, 'consumer' | 'position'>): string =>
  Buffer.from(`${position}:${consumer}`).toString('base64url');

function positionOf(cursor: string, consumer: bigint): Position {
  const [, digits = '0'] = /^(\d{1,18}):/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const position = BigInt(digits);
  if (cursorOf({ consumer, position }) === cursor) return position;
  throw new HubError(
    'INVALID_CURSOR',
    "after: is not the cursor of a dead letter; send back an edge's cursor.",
    {
      path: 'after',
    },
  );
}
