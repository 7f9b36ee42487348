import type { ChangeRow } from '../model/change.js';
import { pointOf } from '../model/cursor.js';
import type { Point, Position } from '../model/cursor.js';
import type { RowSelection } from '../model/selection.js';
import { asBigint, orNull } from '../platform/platform.js';
import type { Database } from '../platform/platform.js';
import { pairKey } from './append.js';
import { Parameters, positionsParameter, positionsSql } from './parameters.js';
import type { FilterSql } from './filter-sql.js';
import { CHANGE_COLUMNS, changeBytesSql, changeOf, namesOf } from './columns.js';
import { readExtentAt } from './head.js';
import { PAGE_BYTES, readBounded } from './page.js';

/** Links of one entity's chain that one statement follows. */
const STEPS = 1_000;
/** Entities of which it is kept what their newest change as of a position is. */
const KEPT = 10_000;

/** Which part of a snapshot to read. */
export interface SnapshotRange {
  /** Only changes after this position … */
  readonly after: Position;
  /** … and up to this one. */
  readonly through: Position;
  /** The snapshot is of the log as it was when it ended here. */
  readonly until: Position;
  readonly selection: RowSelection;
  /** Changes that are looked at, at most: fewer may come. */
  readonly limit: number;
  /** Bytes of after, undo and headers at most, but for the first change; default: PAGE_BYTES. */
  readonly maxBytes?: number;
}

/** Changes of a snapshot in log order; everything up to `through` that is not here is no part of it. */
export interface SnapshotPage {
  readonly rows: readonly ChangeRow[];
  readonly through: Point;
}

/** The newest change of the entity that the row of `change` at hand is about. */
const NEWEST_SQL = `(select entity.position from entity
  where entity.collection = change.collection and entity.key = change.key)`;

/**
 * Reads snapshots: of every entity that was live when the log ended at `until`, its newest change as of then.
 *
 * The log is walked in order, and a change is part of the snapshot where `entity` still points at it. The other way,
 * `entity` by an index on its position, would make every update of a state write that index too. An entity that has changed
 * after `until` does not tell which of its changes was the newest then: it is found by following the entity's chain of
 * changes back. The answer never changes, as the log does not, so it is kept for a while; a chain of any length is followed
 * in statements of bounded length. Passing over such an entity and relying on its later change is wrong: the filter may
 * leave that one out.
 */
export class SnapshotReader {
  readonly #known = new Map<string, Position | null>();

  constructor(
    readonly database: Database,
    readonly filterSql: FilterSql,
  ) {}

  async read(range: SnapshotRange): Promise<SnapshotPage> {
    const { after, through, until, selection, limit, maxBytes = PAGE_BYTES } = range;
    const parameters = new Parameters();
    const conditions = [
      `position > ${parameters.add(after)}`,
      `position <= ${parameters.add(through)}`,
      ...this.filterSql.ofSelection(selection, 'snapshot', parameters),
      `operation <> 'DELETE'`,
      `(${NEWEST_SQL} = position or ${NEWEST_SQL} > ${parameters.add(until)})`,
    ];
    const { rows, whole } = await readBounded(this.database, {
      columns: `${namesOf(CHANGE_COLUMNS)}, ${NEWEST_SQL} as newest`,
      from: `change where ${conditions.join(' and ')}`,
      order: 'position',
      bytes: changeBytesSql(),
      parameters,
      limit,
      maxBytes,
    });
    const candidates = rows.map((row) => ({ change: changeOf(row), newest: asBigint(row.newest) }));
    const last = whole ? undefined : candidates.at(-1)?.change;
    return {
      rows: await this.#sift(candidates, until),
      through: last ? pointOf(last) : (await readExtentAt(this.database, through)).there,
    };
  }

  async #sift(candidates: readonly Candidate[], until: Position): Promise<ChangeRow[]> {
    const moved = new Map(
      candidates.flatMap(({ change, newest }) => (newest > until ? [[nameOf(change), newest] as const] : [])),
    );
    const asOf = await this.#resolve(moved, until);
    return candidates.flatMap(({ change }) => {
      const name = nameOf(change);
      return !moved.has(name) || asOf.get(name) === change.position ? [change] : [];
    });
  }

  /** By entity, the position of its newest change as of `until`; null where it had none. */
  async #resolve(
    newest: ReadonlyMap<string, Position>,
    until: Position,
  ): Promise<ReadonlyMap<string, Position | null>> {
    const found = new Map<string, Position | null>();
    let open = new Map<string, Position>();
    for (const [name, position] of newest) {
      const known = this.#known.get(pairKey(name, String(until)));
      if (known === undefined) open.set(name, position);
      else found.set(name, known);
    }
    while (open.size > 0) {
      const reached = await followBack(this.database, [...new Set(open.values())], until);
      const further = new Map<string, Position>();
      for (const [name, position] of open) {
        const link = reached.get(position) ?? null;
        if (link !== null && link > until) further.set(name, link);
        else {
          found.set(name, link);
          this.#keep(pairKey(name, String(until)), link);
        }
      }
      open = further;
    }
    return found;
  }

  #keep(name: string, position: Position | null): void {
    this.#known.set(name, position);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
  }
}

interface Candidate {
  readonly change: ChangeRow;
  /** The position of its entity's newest change now. */
  readonly newest: Position;
}

const nameOf = ({ collection, key }: ChangeRow): string => pairKey(collection, key);

/**
 * From each start back along its entity's chain: the first position at or before `until`, or the last one that was reached
 * in the steps of one statement; none where the chain begins after `until`.
 */
async function followBack(
  database: Database,
  starts: readonly Position[],
  until: Position,
): Promise<ReadonlyMap<Position, Position>> {
  const rows = await database.read(
    // The link after next comes by a look-up of its own: a join would be planned as a scan of the log while it is small.
    `with recursive chain (start, position, previous, step) as (
       select position, position, previous, 0 from change where position in (${positionsSql(database.dialect, '$1')})
       union all
       select start, previous, (select c.previous from change as c where c.position = chain.previous), step + 1
       from chain where position > $2 and previous is not null and step < ${STEPS})
     select start, min(position) as reached, max(step) as steps from chain group by start`,
    [positionsParameter(starts), until],
  );
  return new Map(
    rows.flatMap((row) => {
      const reached = orNull(row.reached, asBigint);
      const ended = reached === null || (reached > until && asBigint(row.steps) < BigInt(STEPS));
      return ended ? [] : [[asBigint(row.start), reached] as const];
    }),
  );
}
