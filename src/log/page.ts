import { asNumber } from '../platform/platform.js';
import type { Database, Row } from '../platform/platform.js';
import type { Parameters } from './parameters.js';

/** Bytes of JSON text that one read answers at most, where its caller does not say. */
export const PAGE_BYTES = 8 * 1_024 * 1_024;

/** What a bounded read answers. At least one row, where there is one, whatever its size. */
export interface Page<T> {
  readonly rows: readonly T[];
  /** Whether the range holds no more; false where the read stopped at its bound of rows or of bytes. */
  readonly whole: boolean;
}

/** A select that is bounded by bytes as well as by rows. */
interface BoundedSelect {
  readonly columns: string;
  /** From the table's name on, up to the order. */
  readonly from: string;
  readonly order: string;
  /** SQL for the bytes of one row. */
  readonly bytes: string;
  readonly parameters: Parameters;
  readonly limit: number;
  readonly maxBytes: number;
}

/**
 * Reads rows until the next one would exceed the bytes. SQLite is read row by row. PostgreSQL sends a whole result, so
 * that the statement itself ends it: it sums up the sizes before each row, for which it does not read the texts. It answers
 * the first row that exceeds the bound too, which tells that there is more.
 */
export function readBounded(database: Database, select: BoundedSelect): Promise<Page<Row>> {
  const { columns, from, order, bytes, parameters, limit, maxBytes } = select;
  const all = `select ${columns}, ${bytes} as bytes from ${from} order by ${order} limit ${parameters.add(limit)}`;
  const sql =
    database.dialect === 'sqlite'
      ? all
      : `select * from (select page.*, row_number() over w as nth, sum(bytes) over w - bytes as before
           from (${all}) as page window w as (order by ${order} rows unbounded preceding)) as summed
         where nth <= 2 or before <= ${parameters.add(maxBytes)} order by ${order}`;
  return readUpTo(database, sql, parameters.values, { limit, maxBytes });
}

/** Runs a statement whose rows say their `bytes`, and stops before the row that would exceed the bound. */
export async function readUpTo(
  database: Database,
  sql: string,
  parameters: Parameters['values'],
  { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
): Promise<Page<Row>> {
  let total = 0;
  const cut = { here: false };
  const rows = await database.readWhile(sql, parameters, (row) => {
    const isFirst = total === 0;
    total += asNumber(row.bytes);
    cut.here = !isFirst && total > maxBytes;
    return !cut.here;
  });
  return { rows, whole: !cut.here && rows.length < limit };
}
