import { uuidv7 } from 'uuidv7';
import { Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import type { Conflict, ConflictReason } from '../model/conflict.js';
import type { Position } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import type { JsonObject } from '../model/json.js';
import type { Limits } from '../model/limits.js';
import { pairKey } from '../log/log.js';
import type { AppendView } from '../log/log.js';
import { atIndex, checkSize } from './check.js';
import type { CheckedCall, CheckedChange } from './check.js';
import { decide } from './decide.js';
import type { Current, Decision } from './decide.js';

export type Outcome = 'APPLIED' | 'UNCHANGED' | 'DUPLICATE' | 'CONFLICT' | 'ABORTED';

export interface ChangeResult {
  readonly outcome: Outcome;
  readonly change: Change | null;
  readonly conflict: Conflict | null;
}

/** What became of one call: a result a change, or the error that refused the whole call. */
export type CallResult = { readonly results: readonly ChangeResult[] } | { readonly error: HubError };

interface Known extends Current {
  readonly position: Position | null;
}

/** A change that the group records, with the parsed values it came from. */
type Applied = Extract<Decision, { outcome: 'APPLIED' }>;

/**
 * Decides about a group of calls under the log's lock: what each change becomes, and the rows to append. Pure but for the
 * ids of conflicts. Later changes see earlier ones of the group; a call that is refused or aborted leaves no trace for the
 * calls behind it.
 */
export class GroupPlan {
  readonly rows: ChangeRow[] = [];
  readonly changes: Change[] = [];
  #entities = new Map<string, Known>();
  #recorded = new Map<string, Change>();

  /** @param now the hub's clock, milliseconds since 1970 */
  constructor(
    readonly view: AppendView,
    now: number,
    readonly limits: Limits,
  ) {
    this.#recordedAt = Math.max(now, view.recordedAt);
  }

  readonly #recordedAt: number;

  /** Decides about one call, as a whole. */
  add(call: CheckedCall): CallResult {
    const before = { entities: this.#entities, recorded: this.#recorded, length: this.rows.length };
    if (call.changes.length > 1) {
      // What this call adds can be taken back by forgetting the copies.
      this.#entities = new Map(this.#entities);
      this.#recorded = new Map(this.#recorded);
    }
    try {
      const results = call.changes.map((change, index) => this.#decide(change, index));
      const conflicted = call.atomic && results.some((result) => result.outcome === 'CONFLICT');
      if (!conflicted) return { results };
      this.#takeBack(before);
      return { results: results.map((result) => this.#aborted(result, before.length)) };
    } catch (error) {
      this.#takeBack(before);
      if (error instanceof HubError) return { error };
      throw error;
    }
  }

  #takeBack(before: { entities: Map<string, Known>; recorded: Map<string, Change>; length: number }): void {
    this.#entities = before.entities;
    this.#recorded = before.recorded;
    this.rows.length = before.length;
    this.changes.length = before.length;
  }

  /** In a call that is aborted only conflicts and what was recorded before this call keep their outcome. */
  #aborted(result: ChangeResult, length: number): ChangeResult {
    const firstOfCall = this.view.head + BigInt(length) + 1n;
    if (result.outcome === 'CONFLICT') return result;
    if (result.outcome === 'DUPLICATE' && (result.change?.row.position ?? firstOfCall) < firstOfCall)
      return result;
    return { outcome: 'ABORTED', change: null, conflict: null };
  }

  #decide(change: CheckedChange, index: number): ChangeResult {
    const known = this.#known(change.collection, change.key);
    const earlier = change.idGiven ? this.#recordedAs(change.source, change.id) : undefined;
    if (earlier) {
      return earlier.row.digest === change.digest
        ? { outcome: 'DUPLICATE', change: earlier, conflict: null }
        : this.#refuse(change, known, 'ID_REUSED');
    }
    const decision = decide(known, change);
    if (decision.outcome === 'CONFLICT') return this.#refuse(change, known, decision.reason);
    if (decision.outcome === 'UNCHANGED') return { outcome: 'UNCHANGED', change: null, conflict: null };
    return { outcome: 'APPLIED', change: this.#record(change, known, decision, index), conflict: null };
  }

  #record(change: CheckedChange, known: Known, decision: Applied, index: number): Change {
    const position = this.view.head + BigInt(this.rows.length) + 1n;
    const after = decision.after === null ? null : JSON.stringify(decision.after);
    if (after !== null && change.write === 'PATCH') this.#checkMerged(after, index);
    const row: ChangeRow = {
      position,
      previous: known.position,
      id: change.id,
      collection: change.collection,
      key: change.key,
      version: decision.version,
      operation: decision.operation,
      source: change.source,
      after,
      undo: decision.undo === null ? null : JSON.stringify(decision.undo),
      digest: change.digest,
      headers: change.headers,
      occurredAt: change.occurredAt ?? this.#recordedAt,
      recordedAt: this.#recordedAt,
    };
    const recorded = new Change(row);
    this.rows.push(row);
    this.changes.push(recorded);
    this.#entities.set(pairKey(row.collection, row.key), {
      version: row.version,
      data: decision.after,
      position,
    });
    if (change.idGiven) this.#recorded.set(pairKey(row.source, row.id), recorded);
    return recorded;
  }

  #checkMerged(after: string, index: number): void {
    try {
      checkSize(after, `changes[${index}].data`, this.limits);
    } catch (error) {
      throw atIndex(error, index);
    }
  }

  #refuse(change: CheckedChange, known: Known, reason: ConflictReason): ChangeResult {
    const { collection, key, source, data } = change;
    const conflict: Conflict = {
      ...{ id: uuidv7(), collection, key, source, reason },
      current: known.data,
      currentVersion: known.version,
      incoming: data,
      resolution: 'REJECTED',
      at: this.#recordedAt,
    };
    return { outcome: 'CONFLICT', change: null, conflict };
  }

  #known(collection: string, key: string): Known {
    const name = pairKey(collection, key);
    let known = this.#entities.get(name);
    if (!known) {
      const state = this.view.entity(collection, key);
      const data = state?.data ? (JSON.parse(state.data) as JsonObject) : null;
      known = { version: state?.version ?? 0, data, position: state?.position ?? null };
      this.#entities.set(name, known);
    }
    return known;
  }

  #recordedAs(source: string, id: string): Change | undefined {
    const inGroup = this.#recorded.get(pairKey(source, id));
    if (inGroup) return inGroup;
    const row = this.view.recorded(source, id);
    return row && new Change(row);
  }
}
