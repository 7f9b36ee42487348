import { allHold } from '../model/condition.js';
import type { Change, Operation } from '../model/change.js';
import type { Matchable } from '../model/filter.js';
import { objectOf } from '../model/json.js';
import type { JsonObject } from '../model/json.js';
import type { CollectionRights } from './rights.js';

/** The entity before and after a change, as a caller sees them. */
export interface Sides extends Matchable {
  /** Whether the caller saw the entity before, and does not see it after, though it is live. */
  readonly leftRights: boolean;
  /** Whether only hidden fields differ. */
  readonly hiddenOnly: boolean;
}

/** An entity as a caller sees it; null where it sees none. */
export function documentOf(document: JsonObject | null, rights: CollectionRights): JsonObject | null {
  if (document === null || !allHold(rights.where, document)) return null;
  const { hide } = rights;
  return hide.size === 0 ? document : objectOf(Object.entries(document).filter(([name]) => !hide.has(name)));
}

/**
 * Both sides of a change as a caller sees them; null where it sees neither. The operation and the changed fields follow from
 * what it sees: an entity that comes into its rights is a CREATE, one that leaves them a DELETE.
 */
export function sidesOf(change: Change, rights: CollectionRights): Sides | null {
  const before = documentOf(change.before, rights);
  const after = documentOf(change.after, rights);
  if (before === null && after === null) return null;
  const leftRights = after === null && change.after !== null;
  const changedFields = changedFieldsOf(change, before, rights);
  return {
    row: { ...change.row, operation: operationOf(change, before, after) },
    before,
    after,
    changedFields,
    leftRights,
    hiddenOnly: before !== null && after !== null && rights.hide.size > 0 && changedFields.length === 0,
  };
}

function operationOf(change: Change, before: JsonObject | null, after: JsonObject | null): Operation {
  if (before === null) return 'CREATE';
  return after === null ? 'DELETE' : change.row.operation;
}

/** Of an entity that was not seen before, every field that is seen now. */
function changedFieldsOf(
  change: Change,
  before: JsonObject | null,
  { hide }: CollectionRights,
): readonly string[] {
  const names = before === null && change.after !== null ? Object.keys(change.after) : change.changedFields;
  return names.filter((name) => !hide.has(name));
}
