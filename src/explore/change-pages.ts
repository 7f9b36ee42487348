import { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { badInput, HubError } from '../model/errors.js';
import type { ChangeFilter } from '../model/filter.js';
import { checkPageSize, connectionOf } from '../model/page.js';
import type { Connection } from '../model/page.js';
import type { Log } from '../log/log.js';
import type { Lens, View, VisibleChange, VisibleEntity } from '../view/view.js';

const DEFAULT_PAGE = 50;
/** Rows read at once where a page is not full yet, because its caller may not see what was read. */
const READ_ON = 1_000;

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
export async function changePage(
  log: Log,
  view: View,
  args: ChangePageArgs,
): Promise<Connection<VisibleChange>> {
  const { first, last } = args;
  const lens = view.lens(args.filter);
  if (first !== null && last !== null)
    throw badInput('last', 'cannot stand beside first; page forwards or backwards');
  const size = last === null ? checkPageSize(first ?? DEFAULT_PAGE, 'first') : checkPageSize(last, 'last');
  const { earliest, head } = await log.extent();
  const after =
    args.after === null
      ? earliest - 1n
      : (await log.points.startOf(log.cursors.decode(args.after, 'after'), 'after')).position;
  const before =
    args.before === null
      ? null
      : (await log.points.of(log.cursors.decode(args.before, 'before'), 'before')).position;
  const through = before === null ? head : before - 1n;
  const fromEnd = last !== null;
  const { seen, whole } = await readSeen(log, lens, { after, through, limit: size + 1, fromEnd });
  const more = !whole || seen.length > size;
  const page = fromEnd ? seen.slice(Math.max(0, seen.length - size)) : seen.slice(0, size);
  const isAnySeen = async (from: Position, to: Position): Promise<boolean> =>
    (await readSeen(log, lens, { after: from, through: to, limit: 1, fromEnd: false })).seen.length > 0;
  return connectionOf(page, (change) => log.cursors.encode(change), {
    hasNextPage: () => (fromEnd ? before !== null && isAnySeen(before - 1n, head) : more),
    hasPreviousPage: () => (fromEnd ? more : args.after !== null && isAnySeen(earliest - 1n, after)),
  });
}

interface SeenRange {
  readonly after: Position;
  readonly through: Position;
  readonly limit: number;
  /** The last ones of the range instead of the first. */
  readonly fromEnd: boolean;
}

/** What a lens sees of a range, in log order; not `whole`: the range holds more. */
interface Seen {
  readonly seen: readonly VisibleChange[];
  readonly whole: boolean;
}

/** Reads on until there are `limit` changes that the lens sees, the bytes of a read are reached, or the range ends. */
async function readSeen(log: Log, lens: Lens, range: SeenRange): Promise<Seen> {
  const { limit, fromEnd } = range;
  const { filter, any } = lens.rows;
  let seen: VisibleChange[] = [];
  let { after, through } = range;
  for (let size = limit; ; size = READ_ON) {
    const { rows, whole } = await log.changes({ after, through, filter, any, limit: size, fromEnd });
    const part = rows.flatMap((row) => lens.see(new Change(row), 'log') ?? []);
    seen = fromEnd ? [...part, ...seen] : [...seen, ...part];
    const isFull = seen.length >= limit || (rows.length < size && seen.length > 0);
    if (whole || isFull) return { seen: fromEnd ? seen.slice(-limit) : seen.slice(0, limit), whole };
    if (fromEnd) through = (rows[0]?.position ?? 0n) - 1n;
    else after = rows.at(-1)?.position ?? through;
  }
}

/**
 * A page of one entity's changes, newest first.
 * @throws HubError BAD_USER_INPUT, INVALID_CURSOR
 */
export async function historyPage(
  log: Log,
  view: View,
  entity: VisibleEntity,
  first: number,
  after: string | null,
): Promise<Connection<VisibleChange>> {
  const size = checkPageSize(first, 'first');
  const seen: VisibleChange[] = [];
  let next = after === null ? entity.position : await previousOf(log, view, entity, after);
  for (let limit = size + 1; next !== null && seen.length <= size; limit = READ_ON) {
    const { rows, whole } = await log.history(next, limit);
    seen.push(...rows.flatMap((row) => view.change(new Change(row)) ?? []));
    next = whole ? null : (rows.at(-1)?.previous ?? null);
    if (rows.length < limit && seen.length > 0) break;
  }
  return connectionOf(seen.slice(0, size), (change) => log.cursors.encode(change), {
    hasNextPage: () => seen.length > size || next !== null,
    hasPreviousPage: () => after !== null,
  });
}

/**
 * The position of the entity's change before the one at a cursor; null where that is its first.
 * @throws HubError INVALID_CURSOR where there is no change of the entity that the caller sees
 */
async function previousOf(
  log: Log,
  view: View,
  { collection, key }: VisibleEntity,
  after: string,
): Promise<Position | null> {
  const { position } = await log.points.of(log.cursors.decode(after, 'after'), 'after');
  const at = await log.changeAt(position);
  if (at?.collection === collection && at.key === key && view.change(new Change(at))) return at.previous;
  throw new HubError(
    'INVALID_CURSOR',
    "after: is not a cursor of this entity's history; send back an edge's cursor.",
    { path: 'after' },
  );
}
