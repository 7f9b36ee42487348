import type { ChangeRow } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { asBigint } from '../platform/platform.js';
import type { Database } from '../platform/platform.js';
import { CHANGE_COLUMNS, changeBytesSql, changeOf, namesOf } from './columns.js';
import { Parameters } from './parameters.js';
import { ACTIONS_SQL, readExtent } from './head.js';
import { PAGE_BYTES, readBounded } from './page.js';

/** Changes, and a count of operator actions. */
export interface Following {
  readonly rows: readonly ChangeRow[];
  /** Includes every action that was recorded before any of the rows; see `COUNT_ACTION`. */
  readonly actions: bigint;
}

/**
 * The first changes after a position, in log order, `limit` and PAGE_BYTES at most, in one statement with the count of
 * actions: read before them, the count could miss an action that one of them follows.
 */
export async function readFollowing(database: Database, after: Position, limit: number): Promise<Following> {
  const parameters = new Parameters();
  const { rows } = await readBounded(database, {
    columns: `${namesOf(CHANGE_COLUMNS)}, ${ACTIONS_SQL} as actions`,
    from: `change where position > ${parameters.add(after)}`,
    order: 'position',
    bytes: changeBytesSql(),
    parameters,
    limit,
    maxBytes: PAGE_BYTES,
  });
  const [first] = rows;
  const actions = first ? asBigint(first.actions) : (await readExtent(database)).actions;
  return { rows: rows.map(changeOf), actions };
}
