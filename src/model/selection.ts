import type { FieldCondition } from './condition.js';
import type { ChangeFilter } from './filter.js';

/** Whether changes are chosen as they happened, or for a snapshot, in which the present state alone counts. */
export type FilterMode = 'log' | 'snapshot';

/** Rows of one collection; `where` holds on the entity before or after the change (in a snapshot: after it). */
export interface CollectionRows {
  readonly collection: string;
  readonly where: readonly FieldCondition[];
}

/**
 * Which changes a read of the log returns. Where memory decides afterwards, a selection may let too many rows through, never
 * too few: it returns every row that memory would accept.
 */
export interface RowSelection {
  readonly filter: ChangeFilter;
  /** A change must be in one of these as well; null: the filter alone decides. */
  readonly any: readonly CollectionRows[] | null;
}
