/**
 * Acknowledging: durable consumers, and their cursors that only move forward.
 *
 * It promises:
 * - what was acknowledged survives any restart, and is never taken back by an older acknowledgement;
 * - one live session a consumer: the newest owns it. The database counts sessions (epoch), so hubs agree on which that is
 *   whatever their clocks say; a session that lost ends with CONSUMER_TAKEN_OVER;
 * - acknowledgements that arrive while one write is under way share the next.
 *
 * A hub reports its sessions every few seconds; the same statement tells it what other hubs did to them meanwhile. The
 * signal makes that faster, never truer.
 */
import type { ConsumerState, StartPlace } from '../model/consumer.js';
import type { Place, Position } from '../model/cursor.js';
import {
  consumerDeleted,
  consumerExists,
  consumerNotFound,
  consumerTakenOver,
  HubError,
} from '../model/errors.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Telemetry } from '../model/telemetry.js';
import type { Database, TableSet } from '../platform/platform.js';
import { AckWriter } from './ack-writer.js';
import type { Backoff } from './backoff.js';
import type { AckProgress } from './ack-writer.js';
import { ConsumerStore } from './consumer-store.js';
import type { ConsumerRecord, NewConsumer } from './consumer-store.js';
import { ackEntities } from './entities.js';
import type { LiveSession } from './live-session.js';
import { AddRejection1790000000002, CreateConsumer1790000000001 } from './migrations.js';
import { Redeliveries } from './redeliveries.js';
import { Rejections } from './rejections.js';
import { fenceOf } from './session-id.js';
import type { Fence } from './session-id.js';
import { Sessions } from './sessions.js';

export type { ConsumerRecord, NewConsumer } from './consumer-store.js';
export type { LiveSession } from './live-session.js';
export type { HeldChange } from './rejection-sql.js';
export type { DueAttempt, Outlook, Redeliveries } from './redeliveries.js';
export type { RejectedChange } from './rejections.js';
export { sessionId } from './session-id.js';
export type { Fence } from './session-id.js';

/** The tables of this room. */
export const ackTables: TableSet = {
  entities: ackEntities,
  migrations: [CreateConsumer1790000000001, AddRejection1790000000002],
};

export interface ConsumersOptions {
  readonly database: Database;
  readonly telemetry: Telemetry;
  /** How long a rejected change waits before it comes again. */
  readonly backoff: Backoff;
  /** Something happened to a consumer whose session another hub may hold. Must not throw. */
  readonly onTouched: (name: string) => void;
  /** Told of a report that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
}

export class Consumers {
  /** What consumers could not process. */
  readonly rejections: Rejections;
  /** The same, for the sessions that deliver it again. */
  readonly redeliveries: Redeliveries;
  readonly #store: ConsumerStore;
  readonly #sessions: Sessions;
  readonly #writer: AckWriter;

  constructor(readonly options: ConsumersOptions) {
    const { database, backoff, telemetry } = options;
    this.#store = new ConsumerStore(database);
    this.#sessions = new Sessions({ ...options, store: this.#store });
    this.rejections = new Rejections(database, this.#store, this.#sessions, backoff);
    this.redeliveries = new Redeliveries(database, this.#store, this.#sessions);
    this.#writer = new AckWriter((group) => this.#store.acknowledge(group), telemetry);
  }

  /** How writing acknowledgements gets on. */
  get acknowledging(): AckProgress {
    return this.#writer;
  }

  async find(name: string): Promise<ConsumerRecord | null> {
    const record = await this.#store.find(name);
    return record && this.#sessions.present(record);
  }

  /** All durable consumers, by name. */
  async list(): Promise<ConsumerState[]> {
    return (await this.#store.list()).map((record) => this.#sessions.present(record));
  }

  /** @throws HubError CONSUMER_EXISTS */
  async create(consumer: NewConsumer): Promise<ConsumerState> {
    const made = await this.#store.insert(consumer);
    if (!made) throw consumerExists(consumer.name);
    return made;
  }

  /** @throws HubError CONSUMER_NOT_FOUND */
  async delete(name: string): Promise<ConsumerState> {
    const deleted = await this.#store.delete(name);
    if (!deleted) throw consumerNotFound(name);
    this.#sessions.of(name)?.end(consumerDeleted(name));
    this.options.onTouched(name);
    return deleted;
  }

  /**
   * Everything up to a place is processed; where it is the cursor of a change that came again, that change is, and the
   * consumer's cursor stays. Durable when it answers.
   * @param session the id that the batch carried: fences a session that was taken over. Default: not fenced
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER; BAD_USER_INPUT where the session is none; CURSOR_AHEAD beyond
   *   what was sent or, where another hub holds the session, beyond the log's end
   */
  async acknowledge(name: string, place: Place, session: string | null = null): Promise<ConsumerState> {
    const { position, attempt } = place;
    if (attempt) return this.rejections.settle(name, { position, ticket: attempt.ticket }, session);
    const fence = fenceOf(session);
    const live = this.#sessions.of(name);
    if (live && position > live.sent && (!fence || sameFence(fence, live))) {
      throw aheadOf('what was sent to this consumer');
    }
    const consumer = await this.#writer.acknowledge({ name, position, fence });
    if (!consumer) throw consumerNotFound(name);
    if (fence && fence.epoch !== consumer.epoch) throw consumerTakenOver(name);
    if (position > consumer.head) throw aheadOf('the end of the log');
    return this.#sessions.changed(consumer);
  }

  /** The furthest place that may have been sent to a consumer, as far as this hub knows: null where it cannot know. */
  sentTo({ name, epoch }: ConsumerRecord): Position | null {
    const session = this.#sessions.of(name);
    return session?.epoch === epoch ? session.sent : null;
  }

  /**
   * Puts a consumer elsewhere in the log, also backwards; its live session goes on from there, at whichever hub.
   * @throws HubError CONSUMER_NOT_FOUND
   */
  async seek(name: string, place: StartPlace): Promise<ConsumerState> {
    const consumer = await this.#store.seek(name, place);
    if (!consumer) throw consumerNotFound(name);
    return this.#sessions.changed(consumer);
  }

  /** Stops or goes on delivering to a consumer. @throws HubError CONSUMER_NOT_FOUND */
  async setPaused(name: string, paused: boolean): Promise<ConsumerState> {
    const consumer = await this.#store.setPaused(name, paused);
    if (!consumer) throw consumerNotFound(name);
    return this.#sessions.changed(consumer);
  }

  /**
   * Begins a session, which takes the consumer over from any older one; makes the consumer on first use.
   * @param filter replaces the kept one; null keeps it
   * @param first what a consumer that is not there yet is made of
   */
  async begin(
    name: string,
    filter: ChangeFilter | null,
    first: () => Promise<NewConsumer>,
  ): Promise<ConsumerRecord> {
    for (;;) {
      const begun = await this.#store.beginSession(name, filter);
      if (begun) {
        this.options.onTouched(name);
        return begun;
      }
      await this.#store.insert(await first());
    }
  }

  /** Keeps a session that was begun: from now on it hears of acknowledgements, and of its end. */
  attach(session: LiveSession): void {
    this.#sessions.attach(session);
  }

  /** Lets go of a session that ended. */
  detach(session: LiveSession): Promise<void> {
    return this.#sessions.detach(session);
  }

  /** Another hub touched a consumer: looks what became of it, if this hub holds its session. */
  touched(name: string): Promise<void> {
    return this.#sessions.touched(name);
  }

  /** Reports this hub's sessions now, and hears what other hubs did to them. */
  report(): Promise<void> {
    return this.#sessions.report();
  }

  /** Writes what is waiting, and stops. */
  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#writer.settled();
  }
}

const sameFence = (a: Fence, b: Fence): boolean => a.epoch === b.epoch && a.seeks === b.seeks;

const aheadOf = (what: string): HubError =>
  new HubError(
    'CURSOR_AHEAD',
    `cursor: is beyond ${what}; acknowledge a cursor that this consumer received.`,
    {
      path: 'cursor',
    },
  );
