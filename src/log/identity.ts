import { randomUUID } from 'node:crypto';
import type { ChangeRow } from '../model/change.js';
import type { Queries, Row } from '../platform/platform.js';
import type { LogEnd } from './append.js';
import { extentOf } from './head.js';
import type { Extent } from './head.js';

/**
 * The database holds another log than the one that a hub opened: it was restored, or failed over to a copy that lagged, and
 * changes that were answered and delivered are gone. What the hub has in memory does not apply to it.
 */
export class LogReplaced extends Error {
  override readonly name = 'LogReplaced';

  constructor(logId: string) {
    super(
      `The database no longer holds the log that this hub served (log id ${logId}): it was restored, or it failed over to ` +
        'a copy that lagged. The log there has a new id, so that cursors of the lost one are refused; start the hub again.',
    );
  }
}

/** What a hub knows of a log: its id, and the newest change that it has read of it; null: the log was empty. */
interface KnownLog {
  readonly id: string;
  readonly newest: ChangeRow | null;
}

const SEEN = `select h.log_id, h.position, h.hash, h.earliest, h.actions, c.hash as hash_there
  from log_head as h left join change as c on c.position = $1 where h.one = 1`;

/**
 * The extent of the log, which must still be the known one: it has the known id, and the newest known change is at its
 * position. A log never loses a change, so that one without it is another log; it gets a new id, unless another hub has given
 * it one already.
 * @throws LogReplaced
 */
export async function follow(database: Queries, known: KnownLog): Promise<Extent> {
  const parameters = [known.newest?.position ?? 0n];
  const [row] = await database.read(SEEN, parameters);
  if (continues(row, known)) return extentOf(row);
  // What was read may come from a replica that lags. A replica refuses the lock, so what is read under the lock is the
  // primary's.
  const held = await database.transact(function* () {
    yield { sql: 'update log_head set position = position where one = 1' };
    const [seen] = yield { sql: SEEN, parameters };
    if (continues(seen, known)) return seen;
    const renew = 'update log_head set log_id = $1 where one = 1 and log_id = $2';
    yield { sql: renew, parameters: [randomUUID(), known.id] };
    return null;
  });
  if (held === null) throw new LogReplaced(known.id);
  return extentOf(held);
}

/** One hash stands for every change up to its own: whatever is different before it shows there. */
function continues(row: Row | undefined, { id, newest }: KnownLog): boolean {
  const { logId, ...end } = extentOf(row);
  if (logId !== id || !mayContinue(end, newest)) return false;
  return newest === null || end.head === newest.position || row?.hash_there === newest.hash;
}

/** Whether a log that ends here may still hold the newest known change; where it ends right there, it does. */
export function mayContinue(
  { head, headHash }: Pick<LogEnd, 'head' | 'headHash'>,
  newest: ChangeRow | null,
): boolean {
  if (newest === null || head > newest.position) return true;
  return head === newest.position && headHash === newest.hash;
}
