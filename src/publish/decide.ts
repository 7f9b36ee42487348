import { undoOf } from '../model/change.js';
import type { Operation, Undo, Write } from '../model/change.js';
import type { ConflictReason } from '../model/conflict.js';
import { field, jsonEqual } from '../model/json.js';
import type { JsonObject } from '../model/json.js';
import { mergePatch } from './merge-patch.js';

/** What an entity is before a change: live with data, a tombstone (data null), or not yet there (version 0). */
export interface Current {
  readonly version: number;
  readonly data: JsonObject | null;
}

/** What a source asks for, checked. */
export interface Intent {
  readonly write: Write;
  /** Null with DELETE only. */
  readonly data: JsonObject | null;
  /** The version that must be current, 0 for "not live"; null: any. */
  readonly expectedVersion: number | null;
}

export type Decision =
  | {
      readonly outcome: 'APPLIED';
      readonly operation: Operation;
      readonly version: number;
      readonly after: JsonObject | null;
      readonly undo: Undo | null;
    }
  | { readonly outcome: 'UNCHANGED' }
  | { readonly outcome: 'CONFLICT'; readonly reason: ConflictReason };

/**
 * What becomes of one change of one entity. Pure: the same current state and intent always give the same decision.
 * It does not look at ids: its caller has looked them up before.
 */
export function decide(current: Current, intent: Intent): Decision {
  const live = current.data !== null;
  const { expectedVersion } = intent;
  if (expectedVersion !== null && expectedVersion !== (live ? current.version : 0)) {
    return { outcome: 'CONFLICT', reason: 'VERSION_MISMATCH' };
  }
  const after = wanted(current.data, intent);
  if (jsonEqual(current.data, after)) return { outcome: 'UNCHANGED' };
  const version = current.version + 1;
  if (current.data === null) return { outcome: 'APPLIED', operation: 'CREATE', version, after, undo: null };
  const undo = undoOf(current.data, changedFields(current.data, after ?? {}, after === null));
  return { outcome: 'APPLIED', operation: after === null ? 'DELETE' : 'UPDATE', version, after, undo };
}

function wanted(data: JsonObject | null, { write, data: incoming }: Intent): JsonObject | null {
  if (write === 'DELETE' || incoming === null) return null;
  return write === 'PATCH' ? mergePatch(data ?? {}, incoming) : incoming;
}

/** Top-level fields that differ; on a delete all that there were. */
function changedFields(before: JsonObject, after: JsonObject, deleted: boolean): string[] {
  if (deleted) return Object.keys(before);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !jsonEqual(field(before, name), field(after, name)));
}
