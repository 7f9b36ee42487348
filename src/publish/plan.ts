import { uuidv7 } from 'uuidv7';
import { bytesOf, Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import type { Conflict, ConflictReason } from '../model/conflict.js';
import type { Position } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import type { JsonObject } from '../model/json.js';
import type { Limits } from '../model/limits.js';
import { LEFT_OUT, pairKey, seal } from '../log/log.js';
import type { AppendView } from '../log/log.js';
import { atIndex, callTooLarge, checkSize } from './check.js';
import type { CheckedCall, CheckedChange } from './check.js';
import { decide } from './decide.js';
import type { Decision } from './decide.js';
import { Layered } from './layered.js';

export type Outcome = 'APPLIED' | 'UNCHANGED' | 'DUPLICATE' | 'CONFLICT' | 'ABORTED';

export interface ChangeResult {
  readonly outcome: Outcome;
  readonly change: Change | null;
  readonly conflict: Conflict | null;
}

/** What became of one call: a result a change, or the error that refused the whole call. */
export type CallResult = { readonly results: readonly ChangeResult[] } | { readonly error: HubError };

/** An entity as it is before a change. */
interface Known {
  readonly version: number;
  /** JSON text; null where the entity is not live. */
  readonly text: string | null;
  readonly position: Position | null;
}

/** A change that the group records, with the parsed values it came from. */
type Applied = Extract<Decision, { outcome: 'APPLIED' }>;

/** A group of calls records, and answers, at most so many bytes, unless one call may do more: bounds one transaction. */
const GROUP_PRODUCED_BYTES = 16 * 1_024 * 1_024;

/** The same with the configured limit of a call: every call that is allowed fits into a group by itself. */
export const groupBytes = (limits: Limits): number => Math.max(GROUP_PRODUCED_BYTES, limits.producedBytes);

/** Thrown where a call does not fit into what is left of its group. */
class NextGroup extends Error {}

/**
 * Decides about a group of calls under the log's lock: what each change becomes, and the rows to append. Pure but for the
 * ids of conflicts. Later changes see earlier ones of the group; a call that is refused or aborted leaves no trace for the
 * calls behind it.
 *
 * Small changes may make large rows (a PATCH of a large entity), so that what is bounded is what calls produce: the texts
 * of the rows that they record, and the recorded changes and current states that their answers hold.
 */
export class GroupPlan {
  readonly rows: ChangeRow[] = [];
  readonly changes: Change[] = [];
  readonly #entities = new Layered<Known>();
  readonly #recorded = new Layered<Change>();
  readonly #recordedAt: number;
  /** The newest state that was parsed. Others are kept as text only, since parsed they are several times as large. */
  #parsed: { readonly known: Known; readonly data: JsonObject } | null = null;
  #calls = 0;
  /** Bytes that the calls before the present one produced, and those of the present one. */
  #bytes = 0;
  #callBytes = 0;

  /** @param now the hub's clock, milliseconds since 1970 */
  constructor(
    readonly view: AppendView,
    now: number,
    readonly limits: Limits,
  ) {
    this.#recordedAt = Math.max(now, view.recordedAt);
  }

  /** Decides about one call, as a whole. Null: it does not fit into this group any more; the first call always does. */
  add(call: CheckedCall): CallResult | null {
    const { length } = this.rows;
    this.#callBytes = 0;
    try {
      let results = call.changes.map((change, index) => this.#decide(change, index));
      if (call.atomic && results.some((result) => result.outcome === 'CONFLICT')) {
        this.#takeBack(length);
        results = call.changes.map((change, index) => this.#aborted(change, index, results[index]));
      }
      this.#keep();
      return { results };
    } catch (error) {
      this.#takeBack(length);
      if (error instanceof NextGroup) return null;
      this.#calls += 1;
      if (error instanceof HubError) return { error };
      throw error;
    }
  }

  #keep(): void {
    this.#entities.keep();
    this.#recorded.keep();
    this.#calls += 1;
    this.#bytes += this.#callBytes;
  }

  #takeBack(length: number): void {
    this.#entities.takeBack();
    this.#recorded.takeBack();
    this.rows.length = length;
    this.changes.length = length;
    this.#callBytes = 0;
  }

  /**
   * A change of a call that is aborted, of which nothing is in the plan any more. Only conflicts, and what was recorded
   * before the call, keep their outcome; they answer what is recorded, not what the call had made of it.
   */
  #aborted(change: CheckedChange, index: number, result: ChangeResult | undefined): ChangeResult {
    if (result?.conflict) return this.#refuse(change, index, result.conflict.reason);
    if (result?.outcome === 'DUPLICATE') {
      const earlier = this.#recordedAs(change, index);
      if (earlier) return this.#duplicate(earlier, index);
    }
    return { outcome: 'ABORTED', change: null, conflict: null };
  }

  #decide(change: CheckedChange, index: number): ChangeResult {
    const earlier = this.#recordedAs(change, index);
    if (earlier) {
      return earlier.row.digest === change.digest
        ? this.#duplicate(earlier, index)
        : this.#refuse(change, index, 'ID_REUSED');
    }
    const known = this.#known(change, index);
    const decision = decide({ version: known.version, data: this.#dataOf(known) }, change);
    if (decision.outcome === 'CONFLICT') return this.#refuse(change, index, decision.reason);
    if (decision.outcome === 'UNCHANGED') return { outcome: 'UNCHANGED', change: null, conflict: null };
    return { outcome: 'APPLIED', change: this.#record(change, known, decision, index), conflict: null };
  }

  #record(change: CheckedChange, known: Known, decision: Applied, index: number): Change {
    const position = this.view.head + BigInt(this.rows.length) + 1n;
    const after = decision.after === null ? null : JSON.stringify(decision.after);
    if (after !== null && change.write === 'PATCH') this.#checkMerged(after, index);
    const unsealed = {
      position,
      previous: known.position,
      sourceId: change.sourceId,
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
    this.#count(bytesOf(unsealed), index);
    const row = seal(unsealed, this.rows.at(-1)?.hash ?? this.view.headHash);
    const recorded = new Change(row);
    this.rows.push(row);
    this.changes.push(recorded);
    const present = { version: row.version, text: after, position };
    this.#entities.set(pairKey(row.collection, row.key), present);
    if (decision.after !== null) this.#parsed = { known: present, data: decision.after };
    if (change.sourceIdGiven) this.#recorded.set(pairKey(row.source, row.sourceId), recorded);
    return recorded;
  }

  /** Counts bytes that the present call produces. */
  #count(bytes: number, index: number): void {
    this.#callBytes += bytes;
    if (this.#calls > 0 && this.#bytes + this.#callBytes > groupBytes(this.limits)) throw new NextGroup();
    if (this.#callBytes > this.limits.producedBytes) throw callTooLarge(index, this.limits.producedBytes);
  }

  /** What the present call needs was not looked up: there is more of it than one append may hold. */
  #leftOut(index: number): Error {
    return this.#calls > 0 ? new NextGroup() : callTooLarge(index, groupBytes(this.limits));
  }

  #checkMerged(after: string, index: number): void {
    try {
      checkSize(after, `changes[${index}].data`, this.limits);
    } catch (error) {
      throw atIndex(error, index);
    }
  }

  #duplicate(earlier: Change, index: number): ChangeResult {
    this.#count(bytesOf(earlier.row), index);
    return { outcome: 'DUPLICATE', change: earlier, conflict: null };
  }

  #refuse(change: CheckedChange, index: number, reason: ConflictReason): ChangeResult {
    const { collection, key, source, data } = change;
    const known = this.#known(change, index);
    this.#count(Buffer.byteLength(known.text ?? ''), index);
    const conflict: Conflict = {
      id: uuidv7(),
      collection,
      key,
      source,
      reason,
      current: this.#dataOf(known),
      currentVersion: known.version,
      incoming: data,
      resolution: 'REJECTED',
      at: this.#recordedAt,
    };
    return { outcome: 'CONFLICT', change: null, conflict };
  }

  #known({ collection, key }: CheckedChange, index: number): Known {
    const name = pairKey(collection, key);
    let known = this.#entities.get(name);
    if (!known) {
      const state = this.view.entity(collection, key);
      if (state === LEFT_OUT) throw this.#leftOut(index);
      known = { version: state?.version ?? 0, text: state?.data ?? null, position: state?.position ?? null };
      this.#entities.set(name, known);
    }
    return known;
  }

  #dataOf(known: Known): JsonObject | null {
    if (known.text === null) return null;
    if (this.#parsed?.known !== known) this.#parsed = { known, data: JSON.parse(known.text) as JsonObject };
    return this.#parsed.data;
  }

  /** The change that was recorded under the id of this one, if its source gave it one. */
  #recordedAs({ source, sourceId, sourceIdGiven }: CheckedChange, index: number): Change | undefined {
    if (!sourceIdGiven) return undefined;
    const inGroup = this.#recorded.get(pairKey(source, sourceId));
    if (inGroup) return inGroup;
    const row = this.view.recorded(source, sourceId);
    if (row === LEFT_OUT) throw this.#leftOut(index);
    return row && new Change(row);
  }
}
