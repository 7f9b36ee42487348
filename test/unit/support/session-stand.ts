import { consumerTakenOver, logUnavailable } from '../../../src/model/errors.js';
import type { ConsumerRecord } from '../../../src/ack/ack.js';
import { Lanes } from '../../../src/deliver/lanes.js';
import { Session } from '../../../src/deliver/session.js';
import type { SessionOptions } from '../../../src/deliver/session-options.js';
import type { Message, Outlet } from '../../../src/deliver/deliver.js';
import type { Feed, Look } from '../../../src/feed/feed.js';
import type { Change } from '../../../src/model/change.js';
import type { Cancel } from '../../../src/model/clock.js';
import type { StartPoint } from '../../../src/model/consumer.js';
import type { Point } from '../../../src/model/cursor.js';
import { EVERYTHING } from '../../../src/model/filter.js';
import type { HubError } from '../../../src/model/errors.js';
import { silent } from '../../../src/model/telemetry.js';
import type { Holding, OpenClaims } from '../../../src/retry/retry.js';
import { View } from '../../../src/view/view.js';
import { changeAt, pointAt } from '../../contract/support/parts.js';
import { FakeTimers } from '../../support/fake-timers.js';

type Outlook = Awaited<ReturnType<Holding['outlook']>>;
type Claimed = Awaited<ReturnType<Holding['claim']>>;

/** What the database answers; by default all that was claimed may still be sent. */
type Answer = Omit<Outlook, 'claimed'> & Partial<Outlook>;

export const QUIET: Answer = { waits: false, last: null, dueIn: null, out: 0, unheard: [] };

/** Lets everything run that waits for nothing but promises. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A call that the session made and that the test has not answered yet. */
export interface Call<T> {
  readonly arguments: readonly unknown[];
  answer(value: T): void;
  fail(error: unknown): void;
}

/** Calls of one kind: answered at once by `auto`, or one by one by the test once it is held. */
export class Calls<T> {
  readonly waiting: Call<T>[] = [];
  readonly all: (readonly unknown[])[] = [];
  held = false;

  constructor(public auto: (...args: never[]) => T) {}

  make(...args: unknown[]): Promise<T> {
    this.all.push(args);
    if (!this.held)
      return new Promise((resolve) => resolve((this.auto as (...all: unknown[]) => T)(...args)));
    return new Promise((resolve, reject) => {
      this.waiting.push({ arguments: args, answer: resolve, fail: reject });
    });
  }

  /** The call that waits. */
  async one(): Promise<Call<T>> {
    await settle();
    const [call] = this.waiting.splice(0, 1);
    if (!call) throw new Error('nothing waits for an answer');
    return call;
  }
}

/** A socket whose room the test decides on; it remembers what it got. */
export class FakeOutlet implements Outlet {
  hasRoom = true;
  readonly sent: Message[] = [];
  readonly sessions: (string | null)[] = [];
  /** Call-backs that were asked for, also those that were cancelled. */
  readonly wakes: (() => void)[] = [];
  cancelled = 0;
  failing: Error | null = null;
  /** Whether it wants text, as a socket does. */
  printing = false;
  /** Runs at every send, before it returns. */
  onSend: () => void = () => undefined;

  send(message: Message, session: string | null): void {
    if (this.failing) throw this.failing;
    if (this.printing) message.textFor(session);
    this.sent.push(message);
    this.sessions.push(session);
    this.onSend();
  }

  onRoom(wake: () => void): Cancel {
    this.wakes.push(wake);
    return () => void (this.cancelled += 1);
  }

  /** What was sent, as text: `1-3:2 3` is the cursor 3 with changes 2 and 3; `again 2#3` a redelivery, attempt 3. */
  get log(): string[] {
    return this.sent.map(({ batch }) => {
      const changes = batch.changes.map(({ position }) => position).join(' ');
      return batch.redelivery
        ? `again ${changes}#${batch.redelivery.attempt}`
        : `${batch.cursor.position}:${changes}`;
    });
  }
}

/** What stands for the feed: a log in memory, of which the session reads pages. */
class FakeFeed {
  readonly changes: Change[] = [];
  readonly pages = new Calls<void>(() => undefined);
  readonly reaches = new Calls<void>(() => undefined);
  readonly lookups = new Calls<void>(() => undefined);

  get head(): bigint {
    return BigInt(this.changes.length);
  }

  get tail(): { readonly end: Point } {
    return { end: pointAt(this.head) };
  }

  play<T>(start: StartPoint, look: Look<T>): ReturnType<Feed['play']> {
    const { changes, pages } = this;
    const head = (): bigint => this.head;
    const playback = {
      start,
      look,
      position: start.position,
      needs: start.position,
      get atHead(): boolean {
        return playback.position >= head();
      },
      async next(limit: number) {
        const from = playback.position;
        // What is read is what the log holds when the page is asked for.
        const seen: T[] = [];
        let through = from;
        for (const change of changes.slice(Number(from))) {
          if (seen.length === limit) break;
          through = change.row.position;
          const one = look.see(change, 'log');
          if (one !== null) seen.push(one);
        }
        await pages.make(from, limit);
        playback.position = through;
        return { changes: seen, through: pointAt(through) };
      },
    };
    return playback as unknown as ReturnType<Feed['play']>;
  }

  reached(position: bigint): Promise<void> {
    return this.reaches.make(position);
  }

  async changesAt(positions: readonly bigint[]): ReturnType<Feed['changesAt']> {
    await this.lookups.make(positions);
    const rows = this.changes.map(({ row }) => row).filter(({ position }) => positions.includes(position));
    return { rows, whole: true };
  }
}

/** What stands for the rejections of the session's consumer. */
class FakeHolding {
  readonly outlooks = new Calls<Answer>(() => QUIET);
  readonly holds = new Calls<ReadonlySet<bigint>>(() => new Set());
  readonly claims = new Calls<Claimed>(() => []);
  readonly holdsSent = new Calls<void>(() => undefined);

  outlook = async (holder: unknown, open: OpenClaims): Promise<Outlook> => ({
    claimed: open.claimed,
    ...(await this.outlooks.make(holder, open)),
  });
  hold = (...args: unknown[]): Promise<ReadonlySet<bigint>> => this.holds.make(...args);
  claim = (...args: unknown[]): Promise<Claimed> => this.claims.make(...args);
  holdSent = (...args: unknown[]): Promise<void> => this.holdsSent.make(...args);
}

export const RECORD: ConsumerRecord = {
  id: 7n,
  name: 'c',
  epoch: 1n,
  seeks: 0n,
  revision: 0n,
  ...pointAt(0n),
  snapshotUntil: null,
  notBefore: null,
  silent: false,
  head: 0n,
  sent: 0n,
  reach: 0n,
  heard: 0n,
  actions: 0n,
  lag: 0,
  lagSeconds: 0,
  openSince: null,
  now: 0,
  session: null,
  filter: {},
  maxAttempts: 5,
  inFlight: 0,
  connected: true,
  paused: false,
  createdAt: 0,
  acknowledgedAt: null,
};

/** One session, with everything that it needs under the test's control. */
export class SessionStand {
  readonly feed = new FakeFeed();
  readonly holding = new FakeHolding();
  readonly timers = new FakeTimers();
  readonly outlet = new FakeOutlet();
  readonly defects: unknown[] = [];
  readonly endings: (HubError | null)[] = [];
  readonly lanes: Lanes;
  readonly session: Session;
  joined = 0;
  left = 0;
  #revision: bigint;

  constructor(parts: Partial<SessionOptions> = {}, record: Partial<ConsumerRecord> = {}) {
    const consumer = parts.consumer === undefined ? { ...RECORD, ...record } : parts.consumer;
    this.#revision = consumer?.revision ?? 0n;
    const view = View.of();
    const lens = view.lens(EVERYTHING);
    const render = (): string => '';
    this.lanes = new Lanes(() => this.feed.tail.end, this.timers);
    const session: Session = new Session({
      consumer,
      start: consumer ?? { ...pointAt(0n), snapshotUntil: null, notBefore: null },
      view,
      lensFrom: () => lens,
      feed: this.feed as unknown as Feed,
      holding: this.holding as unknown as Holding,
      timers: this.timers,
      telemetry: silent,
      outlet: this.outlet,
      render,
      batchSize: 3,
      maxInFlight: 10,
      join: (own) => {
        this.joined += 1;
        const leave = this.lanes.join(session, { key: 'lane', lens: own, batchSize: 3, render, named: true });
        return () => {
          this.left += 1;
          leave();
        };
      },
      onDefect: (error) => this.defects.push(error),
      onEnded: (error) => this.endings.push(error),
      ...parts,
    });
    this.session = session;
  }

  /** Timers of the lanes are no matter of the session. */
  get pendingTimers(): number {
    return this.timers.pending - 1;
  }

  /** The log gets changes of these keys; the lanes are told of them. */
  commit(...keys: string[]): void {
    const changes = keys.map((key, i) => changeAt(this.feed.head + BigInt(i) + 1n, { key }));
    this.feed.changes.push(...changes);
    this.lanes.advance(changes);
  }

  /** Something is done to the consumer: answers the revision that it makes. */
  revise(paused = false): void {
    this.session.revised({ revision: (this.#revision += 1n), paused });
  }

  seek(position: bigint): void {
    const { id, epoch, seeks } = this.session;
    this.session.sought({
      ...{ id, epoch, seeks: seeks + 1n, snapshotUntil: null, notBefore: null },
      ...pointAt(position),
    });
    this.revise();
  }

  /** A session that runs, and has done all that it can do by itself. */
  static async running(
    keys: readonly string[] = [],
    parts: Partial<SessionOptions> = {},
    record: Partial<ConsumerRecord> = {},
  ): Promise<SessionStand> {
    const stand = new SessionStand(parts, record);
    stand.commit(...keys);
    stand.session.run();
    await settle();
    return stand;
  }
}

export const UNAVAILABLE = logUnavailable(new Error('the database does not answer'));
export const TAKEN_OVER = consumerTakenOver('c');
