/**
 * Delivery: batches to outlets, with care.
 *
 * It promises a subscription every matching change after its start, in log order, at least once, nothing skipped; a first
 * batch at once; at most `maxInFlight` changes that are not acknowledged; and bounded memory for an outlet that takes
 * nothing. A slow subscription slows nobody: it leaves its lane and reads the log when it has room again.
 */
import { sessionId } from '../ack/ack.js';
import type { ConsumerRecord, Consumers } from '../ack/ack.js';
import type { Feed } from '../feed/feed.js';
import type { Timers } from '../model/clock.js';
import type { SessionPhase, Start, StartPoint } from '../model/consumer.js';
import { badInput } from '../model/errors.js';
import type { HubError } from '../model/errors.js';
import { EVERYTHING } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Notes } from '../model/notes.js';
import type { Telemetry } from '../model/telemetry.js';
import type { Holding } from '../retry/retry.js';
import type { Lens, View } from '../view/view.js';
import { Lanes } from './lanes.js';
import type { LaneKind } from './lanes.js';
import type { Render } from './message.js';
import type { Outlet } from './outlet.js';
import { Session } from './session.js';
import { SubscriptionStream } from './stream.js';

export type { Message, Render } from './message.js';
export type { Outlet } from './outlet.js';
export type { SubscriptionStream } from './stream.js';

const MAX_BATCH = 1_000;
const MAX_IN_FLIGHT = 100_000;

/** What a subscriber asks for. */
export interface SubscribeRequest {
  /** Null: an anonymous look. */
  readonly consumer: string | null;
  /** Where a consumer that is new, or an anonymous look, starts. */
  readonly start: Start;
  /** Null: a consumer's kept filter; for an anonymous look every change. */
  readonly filter: ChangeFilter | null;
  readonly batchSize: number;
  readonly maxInFlight: number;
  /** What the subscriber may see. */
  readonly view: View;
  readonly outlet: Outlet;
  /** The peer of the subscriber's socket; null where there is none. */
  readonly remoteAddress: string | null;
  readonly render: Render;
  /** Subscriptions with equal keys and equal views render the same text from the same batch. */
  readonly renderKey: string;
}

export interface DelivererOptions {
  readonly feed: Feed;
  readonly consumers: Consumers;
  readonly holding: Holding;
  readonly telemetry: Telemetry;
  readonly notes: Notes;
  readonly timers: Timers;
  /** A session failed because of a defect. */
  readonly onError: (error: unknown) => void;
}

export class Deliverer {
  readonly #lanes: Lanes;
  readonly #sessions = new Set<Session>();
  readonly #ending = new Set<Promise<void>>();

  constructor(readonly options: DelivererOptions) {
    this.#lanes = new Lanes(() => options.feed.tail.end, options.timers);
    options.feed.listen((changes) => this.#lanes.advance(changes));
  }

  /** Live subscriptions of this hub. */
  get subscriptions(): number {
    return this.#sessions.size;
  }

  /** Live sessions of consumers at this hub, by how they get on. */
  get phases(): Readonly<Record<SessionPhase, number>> {
    const counts = { CATCHING_UP: 0, LIVE: 0, WAITING: 0, PAUSED: 0 };
    for (const session of this.#sessions) if (session.options.consumer !== null) counts[session.phase] += 1;
    return counts;
  }

  /**
   * Begins a subscription; batches go to the outlet from now on, the first at once.
   * @throws HubError BAD_USER_INPUT, CURSOR_EXPIRED, CURSOR_AHEAD, LOG_UNAVAILABLE
   */
  async subscribe(request: SubscribeRequest): Promise<SubscriptionStream> {
    checkBetween(request.batchSize, 1, MAX_BATCH, 'batchSize');
    checkBetween(request.maxInFlight, 1, MAX_IN_FLIGHT, 'maxInFlight');
    const consumer = request.consumer === null ? null : await this.#begin(request, request.consumer);
    const start = consumer ?? (await this.options.feed.startPoint(request.start));
    const filter = consumer?.filter ?? request.filter ?? EVERYTHING;
    const lensFrom = ({ notBefore }: StartPoint): Lens => request.view.lens(filter, notBefore);
    const stream = new SubscriptionStream(() => session.end(null));
    const session = this.#open(request, { consumer, start, lensFrom }, stream);
    return stream;
  }

  /** Ends all subscriptions. */
  async close(): Promise<void> {
    this.#lanes.close();
    for (const session of this.#sessions) session.end(null);
    await Promise.all(this.#ending);
  }

  #open(request: SubscribeRequest, begun: Begun, stream: SubscriptionStream): Session {
    const { feed, holding, timers, telemetry, notes, consumers, onError } = this.options;
    const { consumer, start, lensFrom } = begun;
    const { view, outlet, render, batchSize } = request;
    const session: Session = new Session({
      ...{ consumer, start, view, lensFrom, feed, holding, timers, telemetry, outlet, render, batchSize },
      maxInFlight: consumer === null ? Number.POSITIVE_INFINITY : request.maxInFlight,
      join: (lens) => this.#lanes.join(session, laneKind(request, lens)),
      onDefect: onError,
      onEnded: (error) => this.#ended(session, stream, error),
    });
    this.#sessions.add(session);
    if (consumer) {
      const { name } = consumer;
      const { remoteAddress } = request;
      notes.info({ consumer: name, session: sessionId(consumer), remoteAddress }, 'a session began');
      consumers.attach(session, consumer);
    }
    session.run();
    return session;
  }

  async #begin(request: SubscribeRequest, name: string): Promise<ConsumerRecord> {
    const { feed, consumers } = this.options;
    const begun = await consumers.begin(name, request.filter, request.start, request.remoteAddress);
    try {
      await feed.startPoint({ at: 'CURSOR', after: { position: begun.position, mark: null } }, 'consumer');
    } catch (error) {
      await consumers.abandon(begun);
      throw error;
    }
    return begun;
  }

  #ended(session: Session, stream: SubscriptionStream, error: HubError | null): void {
    this.#sessions.delete(session);
    stream.end(error);
    if (session.options.consumer === null) return;
    noteEnd(this.options.notes, session, error);
    const detached = this.options.consumers.detach(session).finally(() => this.#ending.delete(detached));
    this.#ending.add(detached);
  }
}

/** What a subscription begins with. */
interface Begun {
  readonly consumer: ConsumerRecord | null;
  readonly start: StartPoint;
  readonly lensFrom: (start: StartPoint) => Lens;
}

function noteEnd(notes: Notes, session: Session, error: HubError | null): void {
  const fields = { consumer: session.name, session: sessionId(session) };
  if (error === null) notes.info(fields, 'a session ended');
  else if (error.code === 'CONSUMER_TAKEN_OVER') notes.info(fields, 'a session was taken over');
  else notes.warn({ ...fields, code: error.code }, 'a session was ended by the hub');
}

const laneKind = (
  { consumer, renderKey, batchSize, render, view }: SubscribeRequest,
  lens: Lens,
): LaneKind => {
  const named = consumer !== null;
  return {
    key: JSON.stringify([named, renderKey, view.key, lens.key, batchSize]),
    lens,
    batchSize,
    render,
    named,
  };
};

function checkBetween(value: number, least: number, most: number, place: string): void {
  if (value < least || value > most) throw badInput(place, `is ${value}; give ${least} to ${most}`);
}
