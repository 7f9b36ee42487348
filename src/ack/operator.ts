import { consumerNotFound } from '../model/errors.js';
import type { Database, Transaction } from '../platform/platform.js';
import type { Actions } from './actions.js';
import type { ConsumerRecord } from './consumer-record.js';

/** What is done, where it concerns what belongs to a consumer in other rooms. */
export type CleanupReason = 'deleted' | 'sought';

/** Removes what another room keeps of a consumer that is deleted or sought; runs in that action's transaction. */
export type Cleanup = (consumer: ConsumerRecord, why: CleanupReason) => Transaction<void>;

export interface OperatorOptions {
  readonly database: Database;
  /** An operator action was recorded, of which other hubs have to hear. Must not throw. */
  readonly onActed: () => void;
}

/** Runs operator actions: each is one transaction, and ends with where the action stands in the log's order. */
export class Operator {
  readonly cleanups: Cleanup[] = [];

  constructor(
    readonly options: OperatorOptions,
    readonly actions: Actions,
  ) {}

  /**
   * @param cleanup why what belongs to the consumer in other rooms is to go; null: it stays
   * @param work answers null where there is no such consumer
   * @throws HubError CONSUMER_NOT_FOUND
   */
  async act(
    name: string,
    cleanup: CleanupReason | null,
    work: () => Transaction<ConsumerRecord | null>,
  ): Promise<{ readonly consumer: ConsumerRecord; readonly action: bigint }> {
    const { actions, cleanups } = this;
    const acted = await this.options.database.transact(function* () {
      const consumer = yield* work();
      if (consumer === null) return null;
      if (cleanup !== null) for (const clean of cleanups) yield* clean(consumer, cleanup);
      return { consumer, action: yield* actions.record(name) };
    });
    if (!acted) throw consumerNotFound(name);
    this.options.onActed();
    return acted;
  }
}
