/**
 * Durable consumers: everything that is done to them, but for what they reject.
 *
 * It promises:
 * - what was acknowledged survives any restart, and is never taken back by an older acknowledgement;
 * - one live session a consumer: the newest owns it. The database counts sessions (epoch), so hubs agree on which that is
 *   whatever their clocks say; a session that lost ends with CONSUMER_TAKEN_OVER, one whose consumer was deleted with
 *   CONSUMER_DELETED, at whichever hub it is. A session's id is never given twice;
 * - operator actions (delete, seek, pause, resume, and what `record` is used for) hold at every hub for every change that
 *   is recorded after they were answered: see Actions and Sessions.
 *
 * Concurrency: whatever belongs to a consumer is changed in a transaction that locks the consumer's row first. What arrives
 * while acknowledgements are being written shares the next write.
 */
import type { ConsumerState, Start } from '../model/consumer.js';
import type { MarkedPosition } from '../model/cursor.js';
import { consumerExists } from '../model/errors.js';
import { EVERYTHING } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import { checkName } from '../model/names.js';
import type { TableSet, Transaction } from '../platform/platform.js';
import { Acknowledger, type AckProgress } from './acknowledger.js';
import { Actions } from './actions.js';
import type { ConsumerRecord } from './consumer-record.js';
import { ConsumerStore, type LockedConsumer } from './consumer-store.js';
import { ackEntities } from './entities.js';
import type { LiveSession } from './live-session.js';
import { CreateConsumer1800000000001 } from './migrations.js';
import { checkNew, DEFAULT_ATTEMPTS } from './new-consumer.js';
import type { CreateRequest } from './new-consumer.js';
import { Operator, type Cleanup } from './operator.js';
import type { ConsumersOptions } from './options.js';
import { Sessions } from './sessions.js';

export type { PointOf } from './acknowledger.js';
export type { ConsumerRecord } from './consumer-record.js';
export type { LockedConsumer } from './consumer-store.js';
export type { LiveSession } from './live-session.js';
export type { CreateRequest } from './new-consumer.js';
export type { ConsumersOptions } from './options.js';
export { fenceOf, sameFence, sameSession, sessionId } from './session-id.js';
export type { Fence } from './session-id.js';

/** The tables of this room. */
export const ackTables: TableSet = {
  entities: ackEntities,
  migrations: [CreateConsumer1800000000001],
};

export class Consumers {
  readonly #store: ConsumerStore;
  readonly #actions: Actions;
  readonly #sessions: Sessions;
  readonly #acknowledger: Acknowledger;
  readonly #operator: Operator;

  constructor(readonly options: ConsumersOptions) {
    const { database, log } = options;
    this.#store = new ConsumerStore(database, log);
    this.#actions = new Actions(database, log);
    this.#sessions = new Sessions({ ...options, store: this.#store, actions: this.#actions });
    this.#operator = new Operator(options, this.#actions);
    this.#acknowledger = new Acknowledger(options, this.#store, this.#sessions);
  }

  /** How writing acknowledgements gets on. */
  get acknowledging(): AckProgress {
    return this.#acknowledger.progress;
  }

  /** Runs with every deletion and seek from now on, in the same transaction. */
  onCleanup(cleanup: Cleanup): void {
    this.#operator.cleanups.push(cleanup);
  }

  async find(name: string): Promise<ConsumerRecord | null> {
    const record = await this.#store.find(name);
    return record && this.#sessions.present(record);
  }

  /** All durable consumers, by name. */
  async list(): Promise<ConsumerState[]> {
    return (await this.#store.list()).map((record) => this.#sessions.present(record));
  }

  /** The durable consumers of these ids that there are, in no order. */
  async those(consumers: readonly Pick<ConsumerState, 'id'>[]): Promise<ConsumerState[]> {
    return (await this.#store.those(consumers)).map((record) => this.#sessions.present(record));
  }

  /** @throws HubError BAD_USER_INPUT, CONSUMER_EXISTS, CURSOR_EXPIRED, CURSOR_AHEAD */
  async create(request: CreateRequest): Promise<ConsumerState> {
    const { name, filter, start, maxAttempts } = checkNew(request, this.options.limits);
    const point = await this.options.startPoint(start, 'input.cursor');
    const made = await this.#store.insert({ name, filter, maxAttempts, ...point });
    if (!made) throw consumerExists(name);
    return made;
  }

  /** @throws HubError CONSUMER_NOT_FOUND */
  async delete(name: string): Promise<ConsumerState> {
    const { consumer, action } = await this.#operator.act(name, 'deleted', () => this.#store.delete(name));
    this.#sessions.deleted(consumer, action);
    this.options.notes.info({ consumer: name }, 'a consumer was deleted');
    return consumer;
  }

  /**
   * Everything up to a cursor is processed. Durable when it answers.
   * @param session the id that the batch carried: fences a session that was taken over, or whose consumer was deleted.
   *   Null: not fenced
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER; BAD_USER_INPUT where `session` is not a session's id;
   *   CURSOR_AHEAD beyond what was ever sent or, where another hub holds the session or died with it, beyond the log's end; INVALID_CURSOR where
   *   the log holds another change there
   */
  acknowledge(name: string, cursor: MarkedPosition, session: string | null): Promise<ConsumerState> {
    return this.#acknowledger.acknowledge(name, cursor, session);
  }

  /**
   * Puts a consumer elsewhere in the log, also backwards; its live session goes on from there, at whichever hub.
   * @throws HubError CONSUMER_NOT_FOUND, CURSOR_EXPIRED, CURSOR_AHEAD
   */
  async seek(name: string, start: Start): Promise<ConsumerState> {
    const point = await this.options.startPoint(start, 'cursor');
    const { consumer, action } = await this.#operator.act(name, 'sought', () =>
      this.#store.seek(name, point),
    );
    const { position } = consumer;
    this.options.notes.info({ consumer: name, position: `${position}` }, 'a consumer was sought');
    return this.#sessions.changed(consumer, action);
  }

  /**
   * Stops or resumes delivering to a consumer; it is in force at the hub of its session when it answers.
   * @throws HubError CONSUMER_NOT_FOUND
   */
  async setPaused(name: string, paused: boolean): Promise<ConsumerState> {
    const { consumer, action } = await this.#operator.act(name, null, () =>
      this.#store.setPaused(name, paused),
    );
    this.options.notes.info({ consumer: name }, `a consumer was ${paused ? 'paused' : 'resumed'}`);
    const changed = this.#sessions.changed(consumer, action);
    return (await this.#sessions.heardBy(changed, action)) ?? changed;
  }

  /**
   * Begins a session, which takes the consumer over from any older one; makes the consumer on first use.
   * @param filter replaces the kept one; null keeps it
   * @param start where a consumer that does not exist yet starts
   * @param remoteAddress the peer of the session's socket; null, the default: it has none
   * @throws HubError BAD_USER_INPUT, CURSOR_EXPIRED, CURSOR_AHEAD
   */
  async begin(
    name: string,
    filter: ChangeFilter | null,
    start: Start,
    remoteAddress: string | null = null,
  ): Promise<ConsumerRecord> {
    checkName(name, 'consumer', this.options.limits);
    for (;;) {
      const place = { hub: this.options.hubName(), remoteAddress };
      const begun = await this.#store.beginSession(name, filter, place);
      if (begun) {
        this.options.onTouched(name);
        return begun;
      }
      const point = await this.options.startPoint(start, 'cursor');
      const first = { name, filter: filter ?? EVERYTHING, maxAttempts: DEFAULT_ATTEMPTS };
      await this.#store.insert({ ...first, ...point });
    }
  }

  /** Ends a session that was begun and cannot be attached. */
  abandon(begun: ConsumerRecord): Promise<void> {
    const { position } = begun;
    return this.#sessions.release({ ...begun, sent: position, reach: position, covered: null });
  }

  /** Keeps a session that began with this record: from now on it hears of what is done to its consumer. */
  attach(session: LiveSession, begun: ConsumerRecord): void {
    this.#sessions.attach(session, begun);
  }

  detach(session: LiveSession): Promise<void> {
    return this.#sessions.detach(session);
  }

  /** The session of a consumer, where this hub holds the one that owns it. */
  sessionOf(consumer: ConsumerRecord): LiveSession | null {
    return this.#sessions.holds(consumer);
  }

  /** Another hub did something to a consumer, or may have: re-reads it, if this hub holds its session. */
  touched(name: string): Promise<void> {
    return this.#sessions.touched(name);
  }

  /** Tells this hub's sessions of all operator actions up to this number. @throws HubError LOG_UNAVAILABLE */
  hear(actions: bigint): Promise<void> {
    return this.#sessions.hear(actions);
  }

  /** Resolves when the session that owns a consumer knows of an action, or no session is left; see Sessions. */
  heardBy(consumer: ConsumerRecord, action: bigint): Promise<ConsumerRecord | null> {
    return this.#sessions.heardBy(consumer, action);
  }

  /** Reports this hub's sessions now, and hears what other hubs did to them. */
  report(): Promise<void> {
    return this.#sessions.report();
  }

  /**
   * Holds a consumer in a transaction of another room, for what belongs to it there.
   * @param revise whether something is done to it that its session has to hear of
   */
  lock(name: string, revise: boolean): Transaction<LockedConsumer | null> {
    return this.#store.lock(name, revise);
  }

  /** Ends such a transaction where it is an operator action; answers the action's number. */
  record(name: string): Transaction<bigint> {
    return this.#actions.record(name);
  }

  /**
   * Something was done to a consumer in a transaction that took `lock`: informs its session, here or at another hub.
   * @param action the number of the operator action that it was; null: none
   */
  changed(consumer: ConsumerRecord, action: bigint | null = null): ConsumerRecord {
    if (action !== null) this.options.onActed();
    return this.#sessions.changed(consumer, action);
  }

  /** Writes what is waiting, and stops. */
  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#acknowledger.settled();
  }
}
