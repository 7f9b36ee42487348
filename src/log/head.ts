import type { Point, Position } from '../model/cursor.js';
import { asBigint, asNumber, asText } from '../platform/platform.js';
import type { Database, Row } from '../platform/platform.js';
import { GENESIS_HASH } from './chain.js';

/** Where the log begins and ends. */
export interface Extent {
  readonly logId: string;
  /** The position of the newest change; 0 on an empty log. */
  readonly head: Position;
  /** The hash of the newest change; GENESIS_HASH on an empty log. */
  readonly headHash: string;
  /** The position of the oldest change that the log still holds. */
  readonly earliest: Position;
  /** How many operator actions were recorded up to this end; see `COUNT_ACTION`. */
  readonly actions: bigint;
}

/** An extent with the point at a position. */
export interface ExtentAt extends Extent {
  readonly there: Point;
}

/** The columns of `log_head` that make an extent. */
const EXTENT_COLUMNS = 'log_id, position, hash, earliest, actions';

/** The log's end as an SQL expression. */
const HEAD_SQL = '(select log_head.position from log_head where log_head.one = 1)';

/** The count of operator actions as an SQL expression; see `COUNT_ACTION`. */
export const ACTIONS_SQL = '(select log_head.actions from log_head where log_head.one = 1)';

/** The hash of the change at a position, as an SQL expression; `position` is one as well. */
const hashAtSql = (position: string): string =>
  `coalesce((select c.hash from change as c where c.position = ${position}), '${GENESIS_HASH}')`;

/** When the first change after a position was recorded, as an SQL expression that is null where there is none. */
const recordedAfterSql = (position: string): string =>
  `(select c.recorded_at from change as c where c.position > ${position} order by c.position limit 1)`;

/**
 * Counts one operator action: something that is done to a consumer and that every hub must know of before it delivers
 * changes that are recorded later, or a rejection that must ask how far another hub's session has sent. The row is the one
 * that an append locks, so an action stands between two appends: whatever is appended after the action commits is read
 * together with a count that includes it. The statement belongs at the end of the action's transaction, since appends wait
 * until that ends.
 */
const COUNT_ACTION = 'update log_head set actions = actions + 1 where one = 1 returning actions';

/** What statements of other rooms need of the log, whose tables they do not name. */
export const LOG_SQL = {
  head: HEAD_SQL,
  actions: ACTIONS_SQL,
  countAction: COUNT_ACTION,
  recordedAfter: recordedAfterSql,
};

export async function readExtent(database: Database): Promise<Extent> {
  const [row] = await database.read(`select ${EXTENT_COLUMNS} from log_head where one = 1`);
  return extentOf(row);
}

/** Where the log begins and ends, with its point at a position; beyond the log's end it has the hash of none. */
export async function readExtentAt(database: Database, position: Position): Promise<ExtentAt> {
  const sql = `select ${EXTENT_COLUMNS}, ${hashAtSql('$1')} as hash_there from log_head where one = 1`;
  const [row] = await database.read(sql, [position]);
  return { ...extentOf(row), there: { position, hash: asText(row?.hash_there) } };
}

/** Where the log begins and ends, with the time of the newest change in milliseconds since 1970: no later change is recorded before it. */
export async function readEnd(database: Database): Promise<Extent & { readonly recordedAt: number }> {
  const [row] = await database.read(`select ${EXTENT_COLUMNS}, recorded_at from log_head where one = 1`);
  return { ...extentOf(row), recordedAt: asNumber(row?.recorded_at) };
}

export function extentOf(row: Row | undefined): Extent {
  if (!row) throw new Error('The table log_head holds no row; the database was not migrated.');
  return {
    logId: asText(row.log_id),
    head: asBigint(row.position),
    headHash: asText(row.hash),
    earliest: asBigint(row.earliest),
    actions: asBigint(row.actions),
  };
}
