import type { ChangeRow } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import type { Damage } from '../model/damage.js';
import { asBigint, asNumber, asText, orNull } from '../platform/platform.js';
import type { Database } from '../platform/platform.js';
import { GENESIS_HASH, hashOf, payloadDigestOf } from './chain.js';
import { readExtent } from './head.js';
import type { Extent } from './head.js';
import type { FilterSql } from './filter-sql.js';
import { readRange } from './read.js';

/** Changes read at once. */
const PAGE = 2_000;

export interface Verification {
  /** Changes that were checked. */
  readonly changes: number;
  /** They were checked up to this position: the log's end when the check began, or the damage. */
  readonly through: Position;
  /** Null: nothing is wrong. */
  readonly damage: Damage | null;
}

export interface VerifyOptions {
  /** Checks the changes after this position, whose own hash is taken as right; default: from the first that the log holds. */
  readonly after?: Position;
  /** Told after every page how far the check has come, of how much. */
  readonly onProgress?: (at: Position, end: Position) => void;
}

/**
 * Checks the log against its chain of hashes, in log order, and then the newest states against the changes that they came
 * from. It reads committed rows only, so that it may run beside hubs; what is appended meanwhile is not checked.
 *
 * Not checked: counts by collection and source, and the tables of other rooms.
 */
export async function verify(
  database: Database,
  filterSql: FilterSql,
  { after, onProgress = () => undefined }: VerifyOptions,
): Promise<Verification> {
  const end = await readExtent(database);
  const start = after ?? end.earliest - 1n;
  const chain = await verifyChain(database, filterSql, { start, end, onProgress });
  if (chain.damage !== null) return chain;
  const damage = (await beyondEnd(database)) ?? (await verifyEntities(database, end.earliest, start === 0n));
  return { ...chain, damage };
}

interface ChainRange {
  readonly start: Position;
  readonly end: Extent;
  readonly onProgress: (at: Position, end: Position) => void;
}

async function verifyChain(
  database: Database,
  filterSql: FilterSql,
  { start, end, onProgress }: ChainRange,
): Promise<Verification> {
  let before = await hashAt(database, start);
  let position = start;
  let changes = 0;
  const stop = (damage: Damage | null): Verification => ({ changes, through: position, damage });
  // Only what was before the log's beginning may be gone.
  if (before === null && start >= end.earliest) return stop({ position, what: 'is missing' });
  while (position < end.head) {
    const range = { after: position, through: end.head, limit: PAGE };
    const { rows } = await readRange(database, filterSql, range);
    for (const row of rows) {
      const what = defectOf(row, position + 1n, before);
      if (what !== null) return stop({ position: position + 1n, what });
      before = row.hash;
      position += 1n;
      changes += 1;
    }
    if (rows.length === 0) return stop({ position: position + 1n, what: 'is missing' });
    onProgress(position, end.head);
  }
  if (start <= end.head && before !== null && before !== end.headHash)
    return stop({ position, what: 'is not the change that log_head names as the newest' });
  return stop(null);
}

/** @param before the hash of the change before; null where the log does not hold that change any more */
function defectOf(row: ChangeRow, position: Position, before: string | null): string | null {
  if (row.position !== position) return 'is missing';
  if (payloadDigestOf(row) !== row.payloadDigest)
    return 'has content (after, undo, headers) that does not fit its digest';
  if (before !== null && hashOf(row, before) !== row.hash)
    return 'does not fit the hash of the change before it';
  return null;
}

async function hashAt(database: Database, position: Position): Promise<string | null> {
  if (position === 0n) return GENESIS_HASH;
  const [row] = await database.read('select hash from change where position = $1', [position]);
  return row === undefined ? null : asText(row.hash);
}

/** A change behind the log's end was not appended by a hub. */
async function beyondEnd(database: Database): Promise<Damage | null> {
  const [row] = await database.read(
    'select min(position) as position from change where position > (select position from log_head where one = 1)',
  );
  const position = orNull(row?.position, asBigint);
  return position === null ? null : { position, what: 'stands behind the end that log_head names' };
}

/** The columns of a newest state, and what the change that it came from says of each. */
const STATE = [
  ['collection', 'c.collection'],
  ['key', 'c.key'],
  ['version', 'c.version'],
  ['data', 'c.after'],
  ['hash', 'c.hash'],
  ['source', 'c.source'],
  ['updated_at', 'c.recorded_at'],
  ['deleted', `(c.operation = 'DELETE')`],
] as const;

/** @param whole whether the log was checked from its first change on: only then is it known which entities there are */
async function verifyEntities(
  database: Database,
  earliest: Position,
  whole: boolean,
): Promise<Damage | null> {
  const differs = database.dialect === 'sqlite' ? 'is not' : 'is distinct from';
  const [wrong] = await database.read(
    `select min(e.position) as position from entity as e left join change as c on c.position = e.position
     where e.position >= $1 and (${STATE.map(([column, of]) => `e.${column} ${differs} ${of}`).join(' or ')})`,
    [earliest],
  );
  const position = orNull(wrong?.position, asBigint);
  if (position !== null) return { position, what: 'is not what the newest state of its entity says' };
  const [old] = await database.read(
    'select min(c.position) as position from change as c join entity as e on e.position = c.previous',
  );
  const newer = orNull(old?.position, asBigint);
  if (newer !== null) return { position: newer, what: 'is newer than the newest state of its entity' };
  if (!whole) return null;
  const [counts] = await database.read(
    `select (select count(*) from entity) as states, (select count(*) from change where previous is null) as entities`,
  );
  if (asNumber(counts?.states) === asNumber(counts?.entities)) return null;
  const [lost] = await database.read(
    `select min(position) as position from change as c
     where not exists (select 1 from entity as e where e.collection = c.collection and e.key = c.key)`,
  );
  return {
    position: orNull(lost?.position, asBigint) ?? 0n,
    what: 'belongs to an entity without a newest state',
  };
}
