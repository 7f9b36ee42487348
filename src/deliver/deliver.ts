/**
 * Delivery: batches to sockets, with care.
 *
 * It promises a subscription every matching change after its start, in log order, at least once, nothing skipped; a first
 * batch at once; at most `maxInFlight` changes that are not acknowledged; and bounded memory for a socket that does not
 * read. A slow subscription slows nobody: it leaves its lane and reads the log when it has room again.
 */
import type { Consumers, NewConsumer } from '../ack/ack.js';
import type { Feed } from '../feed/feed.js';
import type { ConsumerState, Start, StartPlace } from '../model/consumer.js';
import type { DeadLetter } from '../model/dead-letter.js';
import { badInput } from '../model/errors.js';
import type { HubError } from '../model/errors.js';
import type { ChangeFilter } from '../model/filter.js';
import { EVERYTHING } from '../model/filter.js';
import type { Limits } from '../model/limits.js';
import { checkName } from '../model/names.js';
import type { Telemetry } from '../model/telemetry.js';
import type { Outlet, Render } from './outlet.js';
import { Lanes } from './lanes.js';
import { reject } from './reject.js';
import type { RejectRequest } from './reject.js';
import { Session } from './session.js';
import type { SessionOptions } from './session-options.js';
import { SubscriptionStream } from './stream.js';

export type { Outlet, Render } from './outlet.js';
export type { SubscriptionStream } from './stream.js';

const MAX_BATCH = 1_000;
const MAX_IN_FLIGHT = 100_000;
const MAX_ATTEMPTS = 1_000;
/** How often a consumer's changes are tried where its first subscription makes it. */
const DEFAULT_ATTEMPTS = 5;

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
  readonly outlet: Outlet;
  readonly render: Render;
  /** Says what makes subscriptions render the same text from the same batch: operation, variables, rights. */
  readonly laneKey: string;
}

export interface DelivererOptions {
  readonly feed: Feed;
  readonly consumers: Consumers;
  readonly limits: Limits;
  readonly telemetry: Telemetry;
  /** A session failed in a way that nobody foresaw. */
  readonly onError: (error: unknown) => void;
}

export class Deliverer {
  readonly #lanes: Lanes;
  readonly #sessions = new Set<Session>();
  readonly #ending = new Set<Promise<void>>();

  constructor(readonly options: DelivererOptions) {
    this.#lanes = new Lanes(() => options.feed.head);
    options.feed.listen((changes) => this.#lanes.advance(changes));
  }

  /** Live subscriptions of this hub. */
  get subscriptions(): number {
    return this.#sessions.size;
  }

  /**
   * Begins a subscription; batches go to the outlet from now on, the first at once.
   * @throws HubError BAD_USER_INPUT, CURSOR_EXPIRED, CURSOR_AHEAD, LOG_UNAVAILABLE
   */
  async subscribe(request: SubscribeRequest): Promise<SubscriptionStream> {
    checkBetween(request.batchSize, 1, MAX_BATCH, 'batchSize');
    checkBetween(request.maxInFlight, 1, MAX_IN_FLIGHT, 'maxInFlight');
    const begun = await this.#placeOf(request);
    const { name, place } = begun;
    const stream = new SubscriptionStream(() => {
      session.end(null);
    });
    const session: Session = new Session({
      ...begun,
      feed: this.options.feed,
      redeliveries: this.options.consumers.redeliveries,
      outlet: request.outlet,
      render: request.render,
      batchSize: request.batchSize,
      maxInFlight: name === null ? Number.POSITIVE_INFINITY : request.maxInFlight,
      join: () => this.#lanes.join(session, laneKey(request, place.filter), place.filter, request.render),
      onDefect: this.options.onError,
      onSent: (changes) => this.options.telemetry.delivered(changes),
      onEnded: (error) => this.#ended(session, stream, error),
    });
    this.#begin(session);
    return stream;
  }

  /**
   * Makes a durable consumer.
   * @throws HubError BAD_USER_INPUT, CONSUMER_EXISTS, CURSOR_EXPIRED, CURSOR_AHEAD
   */
  async createConsumer(consumer: {
    readonly name: string;
    readonly filter: ChangeFilter;
    readonly start: Start;
    readonly maxAttempts: number;
  }): Promise<ConsumerState> {
    const { filter, start, maxAttempts } = consumer;
    const name = checkName(consumer.name, 'input.name', this.options.limits);
    checkBetween(maxAttempts, 1, MAX_ATTEMPTS, 'input.maxAttempts');
    const place = await this.options.feed.startOf(start, 'input.cursor');
    return this.options.consumers.create({ name, filter, maxAttempts, ...place });
  }

  /**
   * Puts a durable consumer elsewhere in the log, also backwards.
   * @throws HubError CONSUMER_NOT_FOUND, CURSOR_EXPIRED, CURSOR_AHEAD
   */
  async seekConsumer(name: string, start: Start): Promise<ConsumerState> {
    return this.options.consumers.seek(name, await this.options.feed.startOf(start, 'cursor'));
  }

  /**
   * A consumer could not process a change: it comes again, or is set aside after so many attempts.
   * @throws HubError CONSUMER_NOT_FOUND; CONSUMER_TAKEN_OVER; BAD_USER_INPUT where the change was not sent to the consumer
   *   or is acknowledged already
   */
  reject(name: string, rejection: RejectRequest): Promise<DeadLetter> {
    return reject(this.options, name, rejection);
  }

  /** Ends all subscriptions. */
  async close(): Promise<void> {
    this.#lanes.close();
    for (const session of this.#sessions) session.end(null);
    await Promise.all(this.#ending);
  }

  #begin(session: Session): void {
    this.#sessions.add(session);
    if (session.options.name !== null) this.options.consumers.attach(session);
    session.run();
  }

  async #placeOf(request: SubscribeRequest): Promise<Begun> {
    const { feed, consumers, limits } = this.options;
    const start = (): Promise<StartPlace> => feed.startOf(request.start, 'cursor');
    if (request.consumer === null) {
      const place = { ...(await start()), filter: request.filter ?? EVERYTHING };
      return { name: null, fence: { epoch: 0n, seeks: 0n }, paused: false, rejected: 0n, place };
    }
    const name = checkName(request.consumer, 'consumer', limits);
    const first = async (): Promise<NewConsumer> => {
      const filter = request.filter ?? EVERYTHING;
      return { name, filter, maxAttempts: DEFAULT_ATTEMPTS, ...(await start()) };
    };
    const { epoch, seeks, paused, rejections, ...place } = await consumers.begin(name, request.filter, first);
    await feed.log.checkStart(place.position, 'consumer');
    return { name, fence: { epoch, seeks }, paused, rejected: rejections, place };
  }

  #ended(session: Session, stream: SubscriptionStream, error: HubError | null): void {
    this.#sessions.delete(session);
    stream.end(error);
    if (session.options.name === null) return;
    const detached = this.options.consumers.detach(session).finally(() => this.#ending.delete(detached));
    this.#ending.add(detached);
  }
}

/** What a subscription begins with. */
type Begun = Pick<SessionOptions, 'name' | 'fence' | 'paused' | 'rejected' | 'place'>;

const laneKey = (request: SubscribeRequest, filter: ChangeFilter): string =>
  JSON.stringify([request.consumer === null, request.laneKey, filter, request.batchSize]);

function checkBetween(value: number, least: number, most: number, place: string): void {
  if (value < least || value > most) throw badInput(place, `is ${value}; give ${least} to ${most}`);
}
