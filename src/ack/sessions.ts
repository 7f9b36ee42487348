import type { ConsumerState } from '../model/consumer.js';
import { consumerDeleted, consumerTakenOver } from '../model/errors.js';
import type { ConsumerRecord, ConsumerStore } from './consumer-store.js';
import { tell } from './live-session.js';
import type { LiveSession } from './live-session.js';

/** Milliseconds between reports of a hub's sessions. */
const REPORT_MS = 2_000;

export interface SessionsOptions {
  readonly store: ConsumerStore;
  /** Something happened to a consumer whose session another hub may hold. Must not throw. */
  readonly onTouched: (name: string) => void;
  /** Told of a report that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
}

/**
 * The sessions that this hub holds. They are reported every few seconds; the same statement tells what other hubs did to
 * their consumers meanwhile. The signal makes that faster, never truer.
 */
export class Sessions {
  readonly #held = new Map<string, LiveSession>();
  readonly #reporter: NodeJS.Timeout;
  #reporting: Promise<void> | null = null;

  constructor(readonly options: SessionsOptions) {
    this.#reporter = setInterval(() => void this.report(), REPORT_MS);
    this.#reporter.unref();
  }

  /** The session of a consumer, where this hub holds it. */
  of(name: string): LiveSession | undefined {
    return this.#held.get(name);
  }

  /** Keeps a session that was begun: from now on it hears of what happens to its consumer. */
  attach(session: LiveSession): void {
    const older = this.#held.get(session.name);
    if (older && older.epoch > session.epoch) return session.end(consumerTakenOver(session.name));
    this.#held.set(session.name, session);
    older?.end(consumerTakenOver(session.name));
  }

  /** Lets go of a session that ended. */
  async detach(session: LiveSession): Promise<void> {
    const { store, onError } = this.options;
    if (this.#held.get(session.name) === session) this.#held.delete(session.name);
    await store.endSession(session.name, session.epoch).catch(onError);
  }

  /** A consumer changed through this hub: tells its session, here or at another hub, and answers the consumer. */
  changed(consumer: ConsumerRecord): ConsumerState {
    const session = this.#held.get(consumer.name);
    if (session) tell(session, consumer);
    else if (consumer.connected) this.options.onTouched(consumer.name);
    return this.present(consumer);
  }

  /** The consumer as it is now: of a session that this hub holds it knows more than was last reported. */
  present(record: ConsumerRecord): ConsumerRecord {
    const session = this.#held.get(record.name);
    if (session?.epoch !== record.epoch) return record;
    return { ...record, inFlight: session.inFlight, connected: true };
  }

  /** Somebody touched a consumer: looks what became of it, if this hub holds its session. */
  async touched(name: string): Promise<void> {
    const session = this.#held.get(name);
    if (!session) return;
    try {
      const consumer = await this.options.store.find(name);
      if (consumer) tell(session, consumer);
      else session.end(consumerDeleted(name));
    } catch (error) {
      this.options.onError(error);
    }
  }

  /** Reports the sessions now, and hears what other hubs did to them. */
  report(): Promise<void> {
    this.#reporting ??= this.#report().finally(() => {
      this.#reporting = null;
    });
    return this.#reporting;
  }

  async close(): Promise<void> {
    clearInterval(this.#reporter);
    await this.#reporting;
  }

  async #report(): Promise<void> {
    const sessions = [...this.#held.values()];
    if (sessions.length === 0) return;
    try {
      const { store } = this.options;
      const owned = new Map((await store.report(sessions)).map((record) => [record.name, record]));
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
