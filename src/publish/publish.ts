/**
 * Publishing: a source's call becomes recorded changes.
 *
 * The way of a call: check (all of it, before anything else) → wait for the commit under way → decide, under the log's
 * lock, together with every call that waited → append → answer.
 *
 * It promises: an answer means durable; one (source, sourceId) is recorded once; the order within a call is kept; a call that is
 * refused leaves nothing. Calls that arrive while a commit is under way share the next transaction (group commit), so the
 * cost of a commit is paid once a group and not once a call. What one call and one group produce is bounded, whatever the
 * size of what was sent; calls that do not fit into a group any more are the first ones of the next.
 */
import type { Clock, Timers } from '../model/clock.js';
import type { Change } from '../model/change.js';
import type { Point } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import type { Limits } from '../model/limits.js';
import type { Telemetry } from '../model/telemetry.js';
import { LEFT_OUT, pairKey } from '../log/log.js';
import type { Appended, Log, Lookup } from '../log/log.js';
import { GroupCommit } from '../platform/platform.js';
import { checkCall } from './check.js';
import type { CheckedCall, CheckedChange, PublishCall } from './check.js';
import { groupBytes, GroupPlan } from './plan.js';
import type { CallResult, ChangeResult } from './plan.js';

/** One group holds at most this many changes, and stops growing past this many bytes as sent. */
const GROUP_CHANGES = 5_000;
const GROUP_SENT_BYTES = 16 * 1_024 * 1_024;

export interface PublishAnswer {
  readonly results: readonly ChangeResult[];
  /** The log's end after the call: covers all results. */
  readonly end: Point;
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
  /** Default: the system's. */
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /**
   * Told of every group that was recorded, in log order, before its calls are answered, with the count of operator actions
   * before it. Must not throw.
   */
  readonly onAppended: (changes: readonly Change[], actions: bigint) => void;
}

export class Publisher {
  readonly #commits = new GroupCommit<Waiting>({ take, write: (group) => this.#commit(group) });
  #waitingChanges = 0;
  #waitingBytes = 0;

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
      this.#commits.add({ call: checked, bytes, resolve, reject });
    });
  }

  /** What waits for a commit or is in one. */
  get waiting(): { readonly changes: number; readonly bytes: number } {
    return { changes: this.#waitingChanges, bytes: this.#waitingBytes };
  }

  /** Resolves when everything that was accepted is answered. */
  settled(): Promise<void> {
    return this.#commits.settled();
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

  /** Answers how many calls of the group are settled; the others did not fit into it. */
  async #commit(group: readonly Waiting[]): Promise<number> {
    let appended: Appended<Decided>;
    try {
      appended = await this.#append(group);
    } catch (error) {
      // An unforeseen failure is caused by one call: alone, each of the others is recorded. Nothing was recorded yet.
      if (!(error instanceof HubError) && group.length > 1) {
        for (const one of group) await this.#commit([one]);
        return group.length;
      }
      this.#release(group);
      for (const one of group) one.reject(error);
      return group.length;
    }
    const { outcomes, changes } = appended.value;
    const settled = group.slice(0, outcomes.length);
    this.#release(settled);
    if (changes.length > 0) this.options.onAppended(changes, appended.actions);
    settled.forEach((one, i) => {
      answer(one, outcomes[i], appended.end);
    });
    return settled.length;
  }

  #release(group: readonly Waiting[]): void {
    this.#waitingChanges -= group.reduce((sum, one) => sum + one.call.changes.length, 0);
    this.#waitingBytes -= group.reduce((sum, one) => sum + one.bytes, 0);
  }

  async #append(group: readonly Waiting[]): Promise<Appended<Decided>> {
    const { log, limits, clock, telemetry, timers } = this.options;
    const started = timers.now();
    const appended = await log.append(lookupOf(group, groupBytes(limits)), (view) => {
      const plan = new GroupPlan(view, clock(), limits);
      const outcomes: CallResult[] = [];
      for (const { call } of group) {
        const outcome = plan.add(call);
        if (!outcome) break;
        outcomes.push(outcome);
      }
      return { changes: plan.rows, value: { outcomes, changes: plan.changes } };
    });
    const count = appended.changes.length;
    if (count > 0) telemetry.appended(count, (timers.now() - started) / 1_000);
    return appended;
  }
}

/** What the plan of a group decided: an outcome for each call that fitted, in order, and the changes that it records. */
interface Decided {
  readonly outcomes: readonly CallResult[];
  readonly changes: readonly Change[];
}

function answer(waiting: Waiting, outcome: CallResult | undefined, end: Point): void {
  if (!outcome) waiting.reject(new Error('A call of the group got no outcome.'));
  else if ('error' in outcome) waiting.reject(outcome.error);
  else waiting.resolve({ results: outcome.results, end });
}

/** How many of the waiting calls form a group. */
function take(waiting: Iterable<Waiting>): number {
  let changes = 0;
  let bytes = 0;
  let calls = 0;
  for (const one of waiting) {
    changes += one.call.changes.length;
    bytes += one.bytes;
    if (changes > GROUP_CHANGES || bytes > GROUP_SENT_BYTES) break;
    calls += 1;
  }
  return calls;
}

/** Each sourceId and each entity once; of a change that turns out to be recorded already, the entity is not needed. */
function lookupOf(group: readonly Waiting[], maxBytes: number): Lookup {
  const changes = group.flatMap((one) => one.call.changes);
  const given = changes.filter((change) => change.sourceIdGiven);
  return {
    sourceIds: [
      ...new Map(given.map((change) => [pairKey(change.source, change.sourceId), change])).values(),
    ],
    entities: (recorded) => {
      const needed = new Map<string, CheckedChange>();
      for (const change of changes) {
        const earlier = change.sourceIdGiven ? recorded(change.source, change.sourceId) : undefined;
        const isNeeded = earlier !== LEFT_OUT && earlier?.digest !== change.digest;
        if (isNeeded) needed.set(pairKey(change.collection, change.key), change);
      }
      return [...needed.values()];
    },
    maxBytes,
  };
}
