import type { Cancel, Timers } from '../model/clock.js';
import { consumerDeleted, consumerTakenOver, writeUnknown } from '../model/errors.js';
import type { Actions } from './actions.js';
import type { ConsumerRecord } from './consumer-record.js';
import type { ConsumerStore } from './consumer-store.js';
import { tell } from './live-session.js';
import type { LiveSession } from './live-session.js';
import { sameSession } from './session-id.js';
import { coveredHashes, endOf, presentOf, reportOf } from './session-report.js';
import type { EndedSession, HashesAt } from './session-report.js';

/** Milliseconds between reports of a hub's sessions. */
const REPORT_MS = 2_000;
/** Consumers that are read in one look at full sessions: about a millisecond of the database's time. */
const LOOK_SIZE = 256;
/** Milliseconds between looks whether another hub's session has heard of an action. */
const HEARD_MS = 25;
/** A hub that reports for so long, in milliseconds, without having heard of an action is not waited for any longer. */
const HEARD_LIMIT_MS = 15_000;

export interface SessionsOptions {
  readonly store: ConsumerStore;
  readonly actions: Actions;
  readonly hashesAt: HashesAt;
  readonly timers: Timers;
  /** Milliseconds between looks at the consumers whose sessions are full. */
  readonly pollMs: number;
  /** Something was done to a consumer whose session another hub may hold. Must not throw. */
  readonly onTouched: (name: string) => void;
  /** Told of a report that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
}

/**
 * The sessions that this hub holds, and how they hear what is done to their consumers at other hubs:
 * - of operator actions with the changes that follow them in the log (`hear`), before any of these is delivered;
 * - of acknowledgements, where the session is full and waits for one, with a look every `pollMs`;
 * - of everything with the report that the hub writes every two seconds;
 * - earlier than that by the signal, which promises nothing.
 */
export class Sessions {
  readonly #held = new Map<string, LiveSession>();
  readonly #stops: readonly Cancel[];
  #reporting: Promise<void> | null = null;
  #looking: Promise<void> | null = null;
  /** How many full sessions were looked at; the next look goes on from there. */
  #looked = 0;
  /** The number of the newest operator action that all held sessions know of … */
  #heard = 0n;
  /** … and that of the newest one that they are being told of. */
  #hearing = 0n;
  /** The number of the newest operator action that was recorded through this hub. */
  #acted = 0n;
  /** Consumers that are being re-read since another hub touched them, and whether they were touched again meanwhile. */
  readonly #touched = new Map<string, { again: boolean }>();

  constructor(readonly options: SessionsOptions) {
    const { timers, pollMs } = options;
    this.#stops = [
      timers.every(REPORT_MS, () => void this.report()),
      timers.every(pollMs, () => this.#look()),
    ];
  }

  /** The session of a consumer, where this hub holds it. */
  of(name: string): LiveSession | undefined {
    return this.#held.get(name);
  }

  /** Whether this hub holds the session that owns a consumer. */
  holds(consumer: ConsumerRecord): LiveSession | null {
    const session = this.#held.get(consumer.name);
    return session && sameSession(session, consumer) ? session : null;
  }

  /**
   * Keeps a session: from now on it hears of what is done to its consumer.
   * @param consumer what the session began with
   */
  attach(session: LiveSession, consumer: ConsumerRecord): void {
    const older = this.#held.get(session.name);
    if (older && isNewer(older, session)) {
      session.end(older.id > session.id ? consumerDeleted(session.name) : consumerTakenOver(session.name));
      return;
    }
    this.#held.set(session.name, session);
    older?.end(older.id < session.id ? consumerDeleted(session.name) : consumerTakenOver(session.name));
    // An action between the session's beginning and now, here or elsewhere, was told only to sessions that were held by then.
    if (consumer.actions < this.#hearing || consumer.actions < this.#acted) session.recheck();
  }

  /** Lets go of a session that ended. */
  async detach(session: LiveSession): Promise<void> {
    if (this.#held.get(session.name) === session) this.#held.delete(session.name);
    const hashes = await coveredHashes([session], this.options.hashesAt).catch(() => new Map());
    await this.release(endOf(session, hashes));
  }

  /** Says that a session is over, and how far it had sent. */
  async release(session: EndedSession): Promise<void> {
    await this.options.store.endSession(session).catch(this.options.onError);
  }

  /**
   * Something was done to a consumer through this hub: tells its session, here or at another hub.
   * @param action the number of the operator action that it was; null: none
   */
  changed(consumer: ConsumerRecord, action: bigint | null = null): ConsumerRecord {
    this.#hasActed(action);
    const session = this.#held.get(consumer.name);
    if (session) tell(session, consumer);
    if (consumer.connected && this.holds(consumer) === null) this.options.onTouched(consumer.name);
    return this.present(consumer);
  }

  /** A consumer was deleted through this hub, by the operator action of this number. */
  deleted({ name, id }: ConsumerRecord, action: bigint): void {
    this.#hasActed(action);
    const session = this.#held.get(name);
    if (session?.id === id) session.end(consumerDeleted(name));
    this.options.onTouched(name);
  }

  /** The consumer as it is now: of a session that this hub holds it knows more than was last reported. */
  present(consumer: ConsumerRecord): ConsumerRecord {
    const session = this.holds(consumer);
    if (session === null) return consumer;
    return presentOf(consumer, session);
  }

  /** Another hub did something to a consumer, or may have: re-reads it, if this hub holds its session. */
  async touched(name: string): Promise<void> {
    const underWay = this.#touched.get(name);
    if (underWay) underWay.again = true;
    if (underWay || !this.#held.has(name)) return;
    const mine = { again: true };
    this.#touched.set(name, mine);
    while (mine.again) {
      mine.again = false;
      await this.#refresh(name).catch(this.options.onError);
    }
    this.#touched.delete(name);
  }

  /**
   * Tells sessions of all operator actions up to this number, and other hubs that they know.
   * @throws HubError LOG_UNAVAILABLE; some sessions may not know then
   */
  async hear(upTo: bigint): Promise<void> {
    if (upTo <= this.#heard) return;
    this.#hearing = upTo;
    const names = await this.options.actions.since(this.#heard);
    const concerned = [...(names ?? this.#held.keys())].filter((name) => this.#held.has(name));
    for (const name of concerned) await this.#refresh(name);
    this.#heard = upTo;
    await this.#write(concerned.flatMap((name) => this.#held.get(name) ?? []));
  }

  /**
   * Resolves when the session that owns a consumer, at whichever hub, knows of an action and has said how far it had sent
   * by then, or when no session is left that could: answers the consumer then, null where it is gone.
   * @throws HubError LOG_UNAVAILABLE that says that the call may have taken effect: the action has
   */
  async heardBy({ id, name, epoch }: ConsumerRecord, action: bigint): Promise<ConsumerRecord | null> {
    const until = this.options.timers.now() + HEARD_LIMIT_MS;
    for (;;) {
      const consumer = await this.options.store.find(name).catch((error: unknown) => {
        throw writeUnknown(error);
      });
      if (consumer === null || !sameSession(consumer, { id, epoch })) return consumer;
      const session = this.holds(consumer);
      if (session) tell(session, consumer);
      if (session || consumer.heard >= action || !consumer.connected) return this.present(consumer);
      if (this.options.timers.now() > until)
        throw writeUnknown(
          new Error(`The hub of consumer ${name} reports, but does not hear of action ${action}.`),
        );
      await new Promise<void>((resolve) => void this.options.timers.after(HEARD_MS, resolve));
    }
  }

  /** Reports the sessions now, and hears what other hubs did to them. */
  report(): Promise<void> {
    this.#reporting ??= this.#write([...this.#held.values()])
      .catch(this.options.onError)
      .finally(() => {
        this.#reporting = null;
      });
    return this.#reporting;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all([this.#reporting, this.#looking]);
  }

  /**
   * Looks whether the consumers of full sessions were acknowledged at other hubs, which the signal may not have told. Where
   * more sessions are full than one look takes, they take turns.
   */
  #look(): void {
    this.#looking ??= this.#lookAt([...this.#held.values()].filter(({ isFull }) => isFull))
      .catch(this.options.onError)
      .finally(() => {
        this.#looking = null;
      });
  }

  async #lookAt(full: readonly LiveSession[]): Promise<void> {
    if (full.length === 0) return;
    const from = this.#looked % full.length;
    const turn = [...full.slice(from), ...full.slice(0, from)].slice(0, LOOK_SIZE);
    this.#looked = from + turn.length;
    const consumers = new Map((await this.options.store.those(turn)).map((one) => [one.id, one]));
    for (const session of turn) {
      const consumer = consumers.get(session.id);
      if (consumer) tell(session, consumer);
    }
  }

  #hasActed(action: bigint | null): void {
    if (action !== null && action > this.#acted) this.#acted = action;
  }

  async #refresh(name: string): Promise<void> {
    const session = this.#held.get(name);
    if (!session) return;
    const consumer = await this.options.store.find(name);
    if (consumer) tell(session, consumer);
    else session.end(consumerDeleted(name));
  }

  async #write(sessions: readonly LiveSession[]): Promise<void> {
    if (sessions.length === 0) return;
    const hashes = await coveredHashes(sessions, this.options.hashesAt);
    const reports = sessions.map((session) => reportOf(session, this.#heard, hashes));
    const owned = new Map((await this.options.store.report(reports)).map((one) => [one.id, one]));
    for (const session of sessions) {
      const consumer = owned.get(session.id);
      if (consumer) tell(session, consumer);
      else if (this.#held.get(session.name) === session) await this.#refresh(session.name);
    }
  }
}

const isNewer = (a: LiveSession, b: LiveSession): boolean =>
  a.id === b.id ? a.epoch > b.epoch : a.id > b.id;
