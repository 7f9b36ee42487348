import type { ConsumerRecord, Fence, LiveSession } from '../ack/ack.js';
import type { SessionPhase, StartPoint } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { HubError, mayPass, subscriptionFailed } from '../model/errors.js';
import { SessionRetry } from '../retry/retry.js';
import type { LaneMember } from './lanes.js';
import type { Message } from './message.js';
import { Reader } from './reader.js';
import { Sender } from './sender.js';
import { cameTo, NOBODY, QUIET_CHANGES, resting, retryOptions, waiting } from './session-work.js';
import type { SessionOptions } from './session-options.js';
import { phaseOf, TRANSITIONS } from './session-states.js';
import type { SessionEvent, SessionState, StateKind } from './session-states.js';

/**
 * One live subscription; session-states.ts draws its states, and says which event leads where.
 *
 * It is never dropped for being slow: it reads on from its position when there is room. Work is one piece at a time: it ends
 * in `done` or `failed`, or is abandoned with its state, and then what it brings is dropped.
 */
export class Session implements LiveSession, LaneMember {
  readonly name: string;
  readonly id: bigint;
  readonly epoch: bigint;
  #seeks: bigint;
  #revision: bigint;
  #paused: boolean;
  #state: SessionState = { kind: 'opening' };
  #reader: Reader;
  readonly #sender: Sender;
  readonly #retry: SessionRetry;

  constructor(readonly options: SessionOptions) {
    const { name, id, epoch, seeks, revision, paused } = options.consumer ?? NOBODY;
    this.name = name;
    this.id = id;
    this.epoch = epoch;
    this.#seeks = seeks;
    this.#revision = revision;
    this.#paused = paused;
    this.#reader = new Reader(options, options.start);
    this.#sender = new Sender(options);
    const now = (): [Reader, Position] => [this.#reader, this.sent];
    this.#retry = new SessionRetry(
      retryOptions(options, () => this.#happened('news'), now),
      revision > 0n,
    );
  }

  get seeks(): bigint {
    return this.#seeks;
  }

  get revision(): bigint {
    return this.#revision;
  }

  get sent(): Position {
    return this.#sender.sent;
  }

  get reach(): Position {
    return this.#sender.reach;
  }

  get covered(): Position {
    // Between two commits a lane has sent everything up to the feed's head.
    const passed = this.state === 'live' ? this.options.feed.head : this.#reader.passed;
    return this.state === 'looking' || this.#retry.mayHold(passed) ? 0n : this.#sender.settledUpTo(passed);
  }

  get openSince(): number | null {
    return this.#sender.openSince;
  }

  get phase(): SessionPhase {
    return phaseOf(this.hasRoomFor(1) ? this.#state.kind : 'waiting', this.#paused);
  }

  get inFlight(): number {
    return this.#sender.inFlight + this.#retry.out;
  }

  get isFull(): boolean {
    return this.#state.kind === 'waiting' && !this.#paused && this.#room < 1;
  }

  get state(): StateKind {
    return this.#state.kind;
  }

  get #fence(): Fence & { readonly name: string } {
    return { name: this.name, id: this.id, epoch: this.epoch, seeks: this.#seeks };
  }

  get #room(): number {
    return this.#sender.room - this.#retry.out;
  }

  /** Begins to deliver, and goes on until the session ends. */
  run(): void {
    if (this.#state.kind !== 'ended') this.#enter({ kind: 'opening' });
  }

  hasRoomFor(changes: number): boolean {
    return !this.#paused && this.#room >= changes && this.options.outlet.hasRoom;
  }

  takes(changes: number): boolean {
    return this.hasRoomFor(changes) && !this.#retry.mayHold(this.sent);
  }

  send(message: Message): void {
    try {
      this.#sender.send(message);
    } catch (error) {
      this.fail(error);
    }
  }

  fellBehind(position: Position): void {
    this.#reader.moveTo(position);
    this.#happened('behind');
  }

  acknowledged(position: Position): void {
    this.#sender.acknowledged(position);
    this.#happened('room');
  }

  revised({ revision, paused }: Pick<ConsumerRecord, 'revision' | 'paused'>): void {
    this.#revision = revision;
    this.#paused = paused;
    this.#retry.touched();
  }

  recheck(): void {
    this.#retry.touched();
  }

  settled(): Promise<void> {
    return this.#retry.settled();
  }

  sought(start: StartPoint & Fence): void {
    this.#seeks = start.seeks;
    this.#reader = new Reader(this.options, start);
    this.#sender.restart(start);
    this.#retry.reset();
    this.#happened('sought');
  }

  end(error: HubError | null): void {
    if (this.#state.kind === 'ended') return;
    this.#retry.reset();
    this.#happened('end');
    this.options.onEnded(error);
  }

  fail(error: unknown): void {
    this.options.onDefect(error);
    this.end(error instanceof HubError ? error : subscriptionFailed());
  }

  #happened(event: SessionEvent): void {
    const transition = TRANSITIONS[this.#state.kind][event];
    if (transition === 'stay') return;
    // Between two commits a lane has sent everything up to the feed's head; one that a member fell behind said how far.
    if (this.#state.kind === 'live' && event === 'news') this.#reader.moveTo(this.options.feed.head);
    if ('leave' in this.#state) this.#state.leave();
    if (transition === 'next') this.#next();
    else if (transition === 'opening') this.#enter({ kind: transition });
    else if (transition === 'resting') this.#state = resting(this.options, () => this.#happened('rested'));
    else this.#state = { kind: transition };
  }

  /** Enters whichever state is next, by what the session knows. */
  #next(): void {
    if (this.#retry.hasNews) this.#enter({ kind: 'looking' });
    else if (!this.hasRoomFor(1)) this.#state = waiting(this.options, () => this.#happened('room'));
    else if (this.#retry.hasTurn(this.#reader.atHead)) this.#enter({ kind: 'redelivering' });
    else if (this.#reader.atHead) this.#state = { kind: 'live', leave: this.options.join(this.#reader.lens) };
    else this.#enter({ kind: 'reading' });
  }

  #enter(state: Extract<SessionState, { kind: 'opening' | 'looking' | 'redelivering' | 'reading' }>): void {
    this.#state = state;
    const ended = (event: SessionEvent): void => {
      if (this.#state === state) this.#happened(event);
    };
    this.#work(state).then(
      () => ended('done'),
      (error: unknown) => {
        if (mayPass(error)) ended('failed');
        else this.fail(error);
      },
    );
  }

  #work(state: SessionState): Promise<void> {
    if (state.kind === 'opening') return this.#open(state);
    if (state.kind === 'looking') return this.#retry.look(this.#fence);
    return state.kind === 'redelivering' ? this.#redeliver(state) : this.#read(state);
  }

  /** The first batch is empty and is sent at once; its cursor is the start. */
  async #open(state: SessionState): Promise<void> {
    await Promise.resolve();
    if (this.#state !== state) return;
    this.send(this.#sender.messageOf(this.#reader.start, []));
    // The start may be ahead of what this hub has read; from there on playback is within what the feed knows.
    await cameTo(this.options, this.#reader.needs, () => this.#state !== state);
  }

  async #read(state: SessionState): Promise<void> {
    const reader = this.#reader;
    const before = reader.position;
    const { changes, through } = await reader.next(Math.min(this.options.batchSize, this.#room));
    if (this.#state !== state) return;
    try {
      const passing = await this.#retry.passing(this.#fence, changes);
      if (!this.#maySend(state) || this.#retry.hasNews) return reader.moveTo(before);
      if (passing.length > 0 || through.position - this.sent >= QUIET_CHANGES)
        this.send(this.#sender.messageOf(through, passing));
      if (this.#state === state) reader.pass();
    } catch (error) {
      reader.moveTo(before);
      throw error;
    }
  }

  /** Sends what is due of the rejected changes, each alone. */
  async #redeliver(state: SessionState): Promise<void> {
    await this.#retry.claim(this.#fence, Math.min(this.options.batchSize, this.#room));
    const due = await this.#retry.read(this.#fence);
    // What is not sent now stays claimed.
    if (!this.#maySend(state) || this.#retry.hasNews) return;
    this.#retry.sending(due);
    for (const { change, scope, redelivery } of due.due) {
      if (this.#state !== state) return;
      const visible = this.options.view.again(change, scope);
      this.send(this.#sender.messageOf(visible, [visible], redelivery));
    }
  }

  /** Whether the work of a state may send what it found; asked after every wait. */
  #maySend(state: SessionState): boolean {
    return this.#state === state && !this.#paused && this.options.outlet.hasRoom;
  }
}
