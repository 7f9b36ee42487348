import type { Log } from '../../../src/log/log.js';
import type { ChangeRow } from '../../../src/model/change.js';
import type { Position } from '../../../src/model/cursor.js';
import { publisherOf, publishTo } from '../../contract/support/stand.js';
import type { PlannedChange } from './filters.js';

/** Publishes planned changes in their order; answers what was recorded, and the place after which it begins. */
export async function recordPlanned(
  log: Log,
  planned: readonly PlannedChange[],
  inRun: (collection: string) => string,
): Promise<{ rows: readonly ChangeRow[]; after: Position }> {
  const publisher = publisherOf(log);
  const { head } = await log.extent();
  // Calls of one change, sent at once: they are recorded in this order, in few transactions.
  await Promise.all(
    planned.map(({ source, parts }) =>
      publishTo(publisher, [{ ...parts, collection: inRun(parts.collection ?? '') }], { source }),
    ),
  );
  const { rows } = await log.changes({ after: head, limit: 10_000 });
  return { rows, after: head };
}
