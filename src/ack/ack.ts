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
import type { Position } from '../model/cursor.js';
import {
  badInput,
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
import type { AckProgress } from './ack-writer.js';
import { ConsumerStore } from './consumer-store.js';
import type { ConsumerRecord, NewConsumer } from './consumer-store.js';
import { ackEntities } from './entities.js';
import { CreateConsumer1790000000001 } from './migrations.js';

import { tell } from './live-session.js';
import type { LiveSession } from './live-session.js';
import { fenceOf } from './session-id.js';
import type { Fence } from './session-id.js';

export type { ConsumerRecord, NewConsumer } from './consumer-store.js';
export type { LiveSession } from './live-session.js';
export { sessionId } from './session-id.js';
export type { Fence } from './session-id.js';

/** The tables of this room. */
export const ackTables: TableSet = { entities: ackEntities, migrations: [CreateConsumer1790000000001] };

/** Milliseconds between reports of a hub's sessions. */
const REPORT_MS = 2_000;

export interface ConsumersOptions {
  readonly database: Database;
  readonly telemetry: Telemetry;
  /** Something happened to a consumer whose session another hub may hold. Must not throw. */
  readonly onTouched: (name: string) => void;
  /** Told of a report that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
}

export class Consumers {
  readonly #store: ConsumerStore;
  readonly #writer: AckWriter;
  readonly #sessions = new Map<string, LiveSession>();
  readonly #reporter: NodeJS.Timeout;
  #reporting: Promise<void> | null = null;

  constructor(readonly options: ConsumersOptions) {
    this.#store = new ConsumerStore(options.database);
    this.#writer = new AckWriter((group) => this.#store.acknowledge(group), options.telemetry);
    this.#reporter = setInterval(() => void this.report(), REPORT_MS);
    this.#reporter.unref();
  }

  /** How writing acknowledgements gets on. */
  get acknowledging(): AckProgress {
    return this.#writer;
  }

  /** Sessions that this hub holds. */
  get sessions(): Iterable<LiveSession> {
    return this.#sessions.values();
  }

  async find(name: string): Promise<ConsumerState | null> {
    const record = await this.#store.find(name);
    return record && this.#present(record);
  }

  /** All durable consumers, by name. */
  async list(): Promise<ConsumerState[]> {
    return (await this.#store.list()).map((record) => this.#present(record));
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
    this.#sessions.get(name)?.end(consumerDeleted(name));
    this.options.onTouched(name);
    return deleted;
  }

  /**
   * Everything up to `position` is processed. Durable when it answers.
   * @param session the id that the batch carried: fences a session that was taken over. Default: not fenced
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER; BAD_USER_INPUT where the session is none; CURSOR_AHEAD beyond
   *   what was sent or, where another hub holds the session, beyond the log's end
   */
  async acknowledge(name: string, position: Position, session: string | null = null): Promise<ConsumerState> {
    const fence = session === null ? null : fenceOf(session);
    if (session !== null && !fence)
      throw badInput('session', 'is no session; send back the one of the batch');
    const live = this.#sessions.get(name);
    if (live && position > live.sent && (!fence || sameFence(fence, live))) {
      throw aheadOf('what was sent to this consumer');
    }
    const consumer = await this.#writer.acknowledge({ name, position, fence });
    if (!consumer) throw consumerNotFound(name);
    if (fence && fence.epoch !== consumer.epoch) throw consumerTakenOver(name);
    if (position > consumer.head) throw aheadOf('the end of the log');
    return this.#changed(consumer);
  }

  /**
   * Puts a consumer elsewhere in the log, also backwards; its live session goes on from there, at whichever hub.
   * @throws HubError CONSUMER_NOT_FOUND
   */
  async seek(name: string, place: StartPlace): Promise<ConsumerState> {
    const consumer = await this.#store.seek(name, place);
    if (!consumer) throw consumerNotFound(name);
    return this.#changed(consumer);
  }

  /** Stops or goes on delivering to a consumer. @throws HubError CONSUMER_NOT_FOUND */
  async setPaused(name: string, paused: boolean): Promise<ConsumerState> {
    const consumer = await this.#store.setPaused(name, paused);
    if (!consumer) throw consumerNotFound(name);
    return this.#changed(consumer);
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
    const older = this.#sessions.get(session.name);
    if (older && older.epoch > session.epoch) return session.end(consumerTakenOver(session.name));
    this.#sessions.set(session.name, session);
    older?.end(consumerTakenOver(session.name));
  }

  /** Lets go of a session that ended. */
  async detach(session: LiveSession): Promise<void> {
    if (this.#sessions.get(session.name) === session) this.#sessions.delete(session.name);
    await this.#store.endSession(session.name, session.epoch).catch(this.options.onError);
  }

  /** Another hub touched a consumer: looks what became of it, if this hub holds its session. */
  async touched(name: string): Promise<void> {
    const session = this.#sessions.get(name);
    if (!session) return;
    try {
      const consumer = await this.#store.find(name);
      if (consumer) tell(session, consumer);
      else session.end(consumerDeleted(name));
    } catch (error) {
      this.options.onError(error);
    }
  }

  /** Reports this hub's sessions now, and hears what other hubs did to them. */
  report(): Promise<void> {
    this.#reporting ??= this.#report().finally(() => {
      this.#reporting = null;
    });
    return this.#reporting;
  }

  /** Writes what is waiting, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#reporter);
    await this.#reporting;
    await this.#writer.settled();
  }

  /** A consumer changed through this hub: tells the session, here or at another hub, and answers the consumer. */
  #changed(consumer: ConsumerRecord): ConsumerState {
    const session = this.#sessions.get(consumer.name);
    if (session) tell(session, consumer);
    else if (consumer.connected) this.options.onTouched(consumer.name);
    return this.#present(consumer);
  }

  /** Of a session that this hub holds it knows more than was last reported. */
  #present(record: ConsumerRecord): ConsumerRecord {
    const session = this.#sessions.get(record.name);
    if (session?.epoch !== record.epoch) return record;
    return { ...record, inFlight: session.inFlight, connected: true };
  }

  async #report(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    if (sessions.length === 0) return;
    try {
      const owned = new Map((await this.#store.report(sessions)).map((record) => [record.name, record]));
      for (const session of sessions) {
        const record = owned.get(session.name);
        if (record) tell(session, record);
        else await this.touched(session.name);
      }
    } catch (error) {
      this.options.onError(error);
    }
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
