/**
 * Publishing: a source's call becomes recorded changes.
 *
 * The way of a call: check (all of it, before anything else) → wait for the commit under way → decide, under the log's
 * lock, together with every call that waited → append → answer.
 *
 * It promises: an answer means durable; one (source, id) is recorded once; the order within a call is kept; a call that is
 * refused leaves nothing. Calls that arrive while a commit is under way share the next transaction (group commit), so the
 * cost of a commit is paid once a group and not once a call.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../model/clock.js';
import type { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import type { Limits } from '../model/limits.js';
import type { Telemetry } from '../model/telemetry.js';
import type { Appended, Log, Lookup } from '../log/log.js';
import { checkCall } from './check.js';
import type { CheckedCall, PublishCall } from './check.js';
import { GroupPlan } from './plan.js';
import type { CallResult, ChangeResult } from './plan.js';

export type { ChangeInput, PublishCall } from './check.js';
export type { ChangeResult, Outcome } from './plan.js';

/** One group holds at most this many changes, and stops growing past this many bytes: bounds one transaction. */
const GROUP_CHANGES = 5_000;
const GROUP_BYTES = 16 * 1_024 * 1_024;

export interface PublishAnswer {
  readonly results: readonly ChangeResult[];
  /** The log's end after the call: covers all results. */
  readonly head: Position;
}

interface Waiting {
  readonly call: CheckedCall;
  readonly bytes: number;
  readonly resolve: (answer: PublishAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export interface PublisherOptions {
  readonly log: Log;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Told of every group that was recorded, in log order, before its calls are answered. Must not throw. */
  readonly onAppended: (changes: readonly Change[]) => void;
}

export class Publisher {
  #waiting: Waiting[] = [];
  #waitingChanges = 0;
  #waitingBytes = 0;
  #committing: Promise<void> | null = null;

  constructor(readonly options: PublisherOptions) {}

  /**
   * Records the changes of one call.
   * @throws HubError BAD_USER_INPUT, PAYLOAD_TOO_LARGE, TOO_MANY_CHANGES (nothing recorded, the index named),
   *   OVERLOADED, LOG_UNAVAILABLE (retryable)
   */
  async publish(call: PublishCall): Promise<PublishAnswer> {
    const checked = checkCall(call, this.options.limits);
    const bytes = checked.changes.reduce((sum, change) => sum + change.bytes, 0);
    this.#admit(checked.changes.length, bytes);
    return new Promise<PublishAnswer>((resolve, reject) => {
      this.#waiting.push({ call: checked, bytes, resolve, reject });
      this.#committing ??= this.#commitAll();
    });
  }

  /** What waits for a commit or is in one. */
  get waiting(): { readonly changes: number; readonly bytes: number } {
    return { changes: this.#waitingChanges, bytes: this.#waitingBytes };
  }

  /** Resolves when everything that was accepted is answered. */
  async settled(): Promise<void> {
    while (this.#committing) await this.#committing;
  }

  #admit(changes: number, bytes: number): void {
    const { waitingChanges, waitingBytes } = this.options.limits;
    const full = this.#waitingChanges + changes > waitingChanges || this.#waitingBytes + bytes > waitingBytes;
    if (full && this.#waitingChanges > 0) {
      throw new HubError(
        'OVERLOADED',
        'Too many changes wait to be recorded and nothing of this call was; send it again later.',
        {
          retryable: true,
        },
      );
    }
    this.#waitingChanges += changes;
    this.#waitingBytes += bytes;
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // All calls that the sockets hold ready go into the group: a commit that blocks this process (SQLite's does) would
      // else begin with the first of them alone, and pay for every call.
      await setImmediate();
      await this.#commit(this.#takeGroup());
    }
    this.#committing = null;
  }

  #takeGroup(): Waiting[] {
    let changes = 0;
    let bytes = 0;
    let calls = 0;
    for (const one of this.#waiting) {
      changes += one.call.changes.length;
      bytes += one.bytes;
      if (calls > 0 && (changes > GROUP_CHANGES || bytes > GROUP_BYTES)) break;
      calls += 1;
    }
    return this.#waiting.splice(0, calls);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    let appended: Appended<Decided>;
    try {
      appended = await this.#append(group);
    } catch (error) {
      // A failure that nobody foresaw is one call's: alone, each of the others goes through. Nothing was recorded yet.
      if (!(error instanceof HubError) && group.length > 1) {
        for (const one of group) await this.#commit([one]);
        return;
      }
      this.#release(group);
      for (const one of group) one.reject(error);
      return;
    }
    this.#release(group);
    const { outcomes, changes } = appended.value;
    if (changes.length > 0) this.options.onAppended(changes);
    group.forEach((one, i) => {
      answer(one, outcomes[i], appended.head);
    });
  }

  #release(group: readonly Waiting[]): void {
    this.#waitingChanges -= group.reduce((sum, one) => sum + one.call.changes.length, 0);
    this.#waitingBytes -= group.reduce((sum, one) => sum + one.bytes, 0);
  }

  async #append(group: readonly Waiting[]): Promise<Appended<Decided>> {
    const { log, limits, clock, telemetry } = this.options;
    const started = performance.now();
    const appended = await log.append(lookupOf(group), (view) => {
      const plan = new GroupPlan(view, clock(), limits);
      const outcomes = group.map((one) => plan.add(one.call));
      return { changes: plan.rows, value: { outcomes, changes: plan.changes } };
    });
    const count = appended.changes.length;
    if (count > 0) telemetry.appended(count, (performance.now() - started) / 1_000);
    return appended;
  }
}

/** What the plan of a group decided: an outcome a call, and the changes that it records. */
interface Decided {
  readonly outcomes: readonly CallResult[];
  readonly changes: readonly Change[];
}

function answer(waiting: Waiting, outcome: CallResult | undefined, head: Position): void {
  if (!outcome) waiting.reject(new Error('A call of the group got no outcome.'));
  else if ('error' in outcome) waiting.reject(outcome.error);
  else waiting.resolve({ results: outcome.results, head });
}

function lookupOf(group: readonly Waiting[]): Lookup {
  const changes = group.flatMap((one) => one.call.changes);
  return { entities: changes, ids: changes.filter((change) => change.idGiven) };
}
