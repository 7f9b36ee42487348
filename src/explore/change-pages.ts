import { Change, within } from '../model/change.js';
import type { ScopedChange } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { badInput, HubError } from '../model/errors.js';
import { matcher } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import { checkPageSize, connectionOf } from '../model/page.js';
import type { Connection } from '../model/page.js';
import { cursorAhead } from '../log/log.js';
import type { Log } from '../log/log.js';

const DEFAULT_PAGE = 50;

/** Which page of the log: `first` and `after` go forwards, `last` and `before` backwards. */
export interface ChangePageArgs {
  readonly filter: ChangeFilter;
  readonly after: string | null;
  readonly first: number | null;
  readonly before: string | null;
  readonly last: number | null;
}

/**
 * A page of the log, in log order.
 * @throws HubError BAD_USER_INPUT, INVALID_CURSOR, CURSOR_EXPIRED, CURSOR_AHEAD
 */
export async function changePage(log: Log, args: ChangePageArgs): Promise<Connection<ScopedChange>> {
  const { filter, first, last } = args;
  if (first !== null && last !== null)
    throw badInput('last', 'cannot stand beside first; page forwards or backwards');
  const size = last === null ? checkPageSize(first ?? DEFAULT_PAGE, 'first') : checkPageSize(last, 'last');
  const { earliest, head } = await log.extent();
  const after =
    args.after === null
      ? earliest - 1n
      : await log.checkStart(log.cursors.decode(args.after, 'after'), 'after');
  const before = args.before === null ? null : log.cursors.decode(args.before, 'before');
  if (before !== null && before > head) throw cursorAhead('before');
  const through = before === null ? head : before - 1n;
  const fromEnd = last !== null;
  const rows = await log.changes({ after, through, filter, limit: size + 1, fromEnd });
  const more = rows.length > size;
  const scopeOf = matcher(filter);
  const page = (fromEnd ? rows.slice(more ? 1 : 0) : rows.slice(0, size)).map((row) => {
    const change = new Change(row);
    return { change, scope: scopeOf(change) ?? 'WITHIN' };
  });
  const matchUpTo = async (place: Position, from: Position): Promise<boolean> =>
    (await log.changes({ after: from, through: place, filter, limit: 1 })).length > 0;
  return connectionOf(page, ({ change }) => log.cursors.encode(change.row.position), {
    hasNextPage: () => (fromEnd ? before !== null && matchUpTo(head, before - 1n) : more),
    hasPreviousPage: () => (fromEnd ? more : args.after !== null && matchUpTo(after, earliest - 1n)),
  });
}

/**
 * A page of one entity's changes, newest first; `newest` is the place of its newest.
 * @throws HubError BAD_USER_INPUT, INVALID_CURSOR
 */
export async function historyPage(
  log: Log,
  entity: { readonly collection: string; readonly key: string; readonly position: Position },
  first: number,
  after: string | null,
): Promise<Connection<ScopedChange>> {
  const size = checkPageSize(first, 'first');
  const from = after === null ? entity.position : log.cursors.decode(after, 'after');
  // One more before the page, to be sure that the place is the entity's; one more behind it, to know whether it goes on.
  const rows = await log.history(from, size + (after === null ? 1 : 2));
  if (after !== null) {
    const at = rows.shift();
    if (at?.collection !== entity.collection || at.key !== entity.key) {
      throw new HubError(
        'INVALID_CURSOR',
        "after: is no place in this entity's history; send back an edge's cursor.",
        {
          path: 'after',
        },
      );
    }
  }
  const page = rows.slice(0, size).map((row) => within(new Change(row)));
  return connectionOf(page, ({ change }) => log.cursors.encode(change.row.position), {
    hasNextPage: () => rows.length > size,
    hasPreviousPage: () => after !== null,
  });
}
