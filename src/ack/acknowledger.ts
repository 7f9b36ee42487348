import type { Timers } from '../model/clock.js';
import type { ConsumerState } from '../model/consumer.js';
import type { MarkedPosition, Point, Position } from '../model/cursor.js';
import { consumerNotFound, consumerTakenOver, HubError } from '../model/errors.js';
import type { Telemetry } from '../model/telemetry.js';
import { GroupCommit } from '../platform/platform.js';
import { everSent, sentAtMost } from './consumer-record.js';
import type { ConsumerRecord } from './consumer-record.js';
import type { Acknowledgement, ConsumerStore } from './consumer-store.js';
import { fenceOf, sameFence, sameSession } from './session-id.js';
import type { Fence } from './session-id.js';
import type { Sessions } from './sessions.js';

interface Waiting {
  readonly acknowledgement: Acknowledgement;
  readonly since: number;
  readonly resolve: (consumer: ConsumerRecord | null) => void;
  readonly reject: (error: unknown) => void;
}

/** The state of writing acknowledgements. */
export interface AckProgress {
  /** Milliseconds that the oldest acknowledgement has waited to be durable; 0 where none waits. */
  readonly oldestMs: number;
  /** Whether the last write failed. */
  readonly failing: boolean;
  /** Where the last write failed: writes an empty group, to find out whether writing works again. @throws what still fails */
  check(): Promise<void>;
}

/** Writes acknowledgements in groups, each as one statement. */
class AckWriter implements AckProgress {
  readonly #commits = new GroupCommit<Waiting>({ write: (group) => this.#write(group) });
  #failing = false;
  #failures = 0;

  /** @param write makes acknowledgements durable and answers the consumers that there are */
  constructor(
    readonly write: (acknowledgements: readonly Acknowledgement[]) => Promise<ConsumerRecord[]>,
    readonly telemetry: Telemetry,
    readonly timers: Timers,
  ) {}

  get oldestMs(): number {
    const { oldest } = this.#commits;
    return oldest ? this.timers.now() - oldest.since : 0;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Answers the consumer once the acknowledgement is durable; null where there is no such consumer. */
  acknowledge(acknowledgement: Acknowledgement): Promise<ConsumerRecord | null> {
    return new Promise((resolve, reject) => {
      this.#commits.add({ acknowledgement, since: this.timers.now(), resolve, reject });
    });
  }

  async check(): Promise<void> {
    // A hub that is not ready may get no more acknowledgements, and so no write that would show that it works again.
    if (!this.#failing) return;
    const failures = this.#failures;
    await this.write([]);
    if (failures === this.#failures) this.#failing = false;
  }

  /** Resolves when everything that was taken is answered. */
  settled(): Promise<void> {
    return this.#commits.settled();
  }

  async #write(group: readonly Waiting[]): Promise<number> {
    try {
      const written = await this.write(group.map((one) => one.acknowledgement));
      this.#failing = false;
      const records = new Map(written.map((record) => [record.name, record]));
      const recordOf = ({ name }: Acknowledgement): ConsumerRecord | null => records.get(name) ?? null;
      const count = group.filter(({ acknowledgement }) => holds(acknowledgement, recordOf(acknowledgement)));
      this.telemetry.acknowledged(count.length);
      for (const { acknowledgement, resolve } of group) resolve(recordOf(acknowledgement));
    } catch (error) {
      this.#failing = true;
      this.#failures += 1;
      for (const { reject } of group) reject(error);
    }
    return group.length;
  }
}

/** Whether an acknowledgement is true of its consumer after the write; one that did not count is not. */
const holds = ({ position, fence }: Acknowledgement, consumer: ConsumerRecord | null): boolean =>
  consumer !== null && consumer.position >= position && (fence === null || sameFence(fence, consumer));

/** The point of the log that a cursor stands for. @throws HubError INVALID_CURSOR, CURSOR_AHEAD, LOG_UNAVAILABLE */
export type PointOf = (cursor: MarkedPosition, place: string) => Promise<Point>;

export interface AcknowledgerOptions {
  readonly pointOf: PointOf;
  readonly telemetry: Telemetry;
  readonly timers: Timers;
}

/** Takes acknowledgements; see Consumers.acknowledge. */
export class Acknowledger {
  readonly #writer: AckWriter;

  constructor(
    readonly options: AcknowledgerOptions,
    readonly store: ConsumerStore,
    readonly sessions: Sessions,
  ) {
    this.#writer = new AckWriter((group) => store.acknowledge(group), options.telemetry, options.timers);
  }

  /** How writing gets on. */
  get progress(): AckProgress {
    return this.#writer;
  }

  /** Resolves when everything that was taken is answered. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  async acknowledge(name: string, cursor: MarkedPosition, session: string | null): Promise<ConsumerState> {
    const fence = fenceOf(session);
    const { position, hash } = await this.options.pointOf(cursor, 'cursor');
    await this.#checkSent(name, position, fence);
    const consumer = await this.#writer.acknowledge({ name, position, hash, fence });
    if (!consumer) throw consumerNotFound(name);
    if (fence && !sameSession(fence, consumer)) throw consumerTakenOver(name);
    const counts = fence === null || sameFence(fence, consumer);
    if (counts && position > sentAtMost(consumer)) throw aheadOf(SENT);
    return this.sessions.changed(consumer);
  }

  /**
   * A session that this hub holds says what was sent, but only while it owns its consumer: the database is asked whether it
   * does before an acknowledgement is refused. One without a session's id may be of what an earlier session sent.
   *
   * Where another hub holds the session nothing is asked: its report is up to two seconds old, so that most acknowledgements
   * that arrive at another hub are of something newer, and each would wait for an operator action, which locks the log.
   * @throws HubError CURSOR_AHEAD
   */
  async #checkSent(name: string, position: Position, fence: Fence | null): Promise<void> {
    const session = this.sessions.of(name);
    if (!session || (fence && !sameFence(fence, session))) return;
    const isSent = (): boolean => position <= (fence ? session.sent : session.reach);
    if (isSent()) return;
    const consumer = await this.store.find(name);
    if (!consumer || !sameFence(consumer, session) || isSent()) return;
    // The cursor may be beyond what was sent: it moves over what the filter leaves out.
    if (position > (fence ? consumer.position : everSent(consumer))) throw aheadOf(SENT);
  }
}

const SENT = 'what was sent to this consumer';

const aheadOf = (what: string): HubError =>
  new HubError(
    'CURSOR_AHEAD',
    `cursor: is beyond ${what}; acknowledge a cursor that this consumer received.`,
    { path: 'cursor' },
  );
