import type { ConsumerState } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import { consumerNotFound, consumerTakenOver, HubError } from '../model/errors.js';
import type { Telemetry } from '../model/telemetry.js';
import { AckWriter } from './ack-writer.js';
import type { ConsumerStore } from './consumer-store.js';
import { fenceOf, sameFence, sameSession } from './session-id.js';
import type { Fence } from './session-id.js';
import type { Sessions } from './sessions.js';

/** Takes acknowledgements; see Consumers.acknowledge. */
export class Acknowledger {
  readonly writer: AckWriter;

  constructor(
    readonly store: ConsumerStore,
    readonly sessions: Sessions,
    telemetry: Telemetry,
  ) {
    this.writer = new AckWriter((group) => store.acknowledge(group), telemetry);
  }

  async acknowledge(name: string, position: Position, session: string | null): Promise<ConsumerState> {
    const fence = fenceOf(session);
    await this.#checkSent(name, position, fence);
    const consumer = await this.writer.acknowledge({ name, position, fence });
    if (!consumer) throw consumerNotFound(name);
    if (fence && !sameSession(fence, consumer)) throw consumerTakenOver(name);
    if (position > consumer.head) throw aheadOf('the end of the log');
    return this.sessions.changed(consumer);
  }

  /**
   * A session that this hub holds says what was sent, but only while it owns its consumer: the database is asked whether it
   * does before an acknowledgement is refused.
   * @throws HubError CURSOR_AHEAD
   */
  async #checkSent(name: string, position: Position, fence: Fence | null): Promise<void> {
    const session = this.sessions.of(name);
    if (!session || position <= session.sent || (fence && !sameFence(fence, session))) return;
    const consumer = await this.store.find(name);
    if (consumer && sameFence(consumer, session) && position > session.sent)
      throw aheadOf('what was sent to this consumer');
  }
}

const aheadOf = (what: string): HubError =>
  new HubError(
    'CURSOR_AHEAD',
    `cursor: is beyond ${what}; acknowledge a cursor that this consumer received.`,
    { path: 'cursor' },
  );
