import type { ConsumerRecord } from '../ack/ack.js';
import type { Feed } from '../feed/feed.js';
import type { StartPoint } from '../model/consumer.js';
import type { Cancel, Timers } from '../model/clock.js';
import type { HubError } from '../model/errors.js';
import type { Telemetry } from '../model/telemetry.js';
import type { Holding } from '../retry/retry.js';
import type { Lens, View } from '../view/view.js';
import type { Render } from './message.js';
import type { Outlet } from './outlet.js';

/** What a session is made of. */
export interface SessionOptions {
  /** The durable consumer as the session's beginning left it; null for an anonymous look. */
  readonly consumer: ConsumerRecord | null;
  readonly start: StartPoint;
  readonly view: View;
  /** What the subscription's filter lets through from a start on. */
  readonly lensFrom: (start: StartPoint) => Lens;
  readonly feed: Feed;
  readonly holding: Holding;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly outlet: Outlet;
  readonly render: Render;
  readonly batchSize: number;
  /** Infinity for an anonymous look. */
  readonly maxInFlight: number;
  /** Puts the session into the lane of a lens; answers how to take it out again. */
  readonly join: (lens: Lens) => Cancel;
  /** Told of a failure that is a defect, before the session ends. */
  readonly onDefect: (error: unknown) => void;
  readonly onEnded: (error: HubError | null) => void;
}
