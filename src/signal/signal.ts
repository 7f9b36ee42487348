/**
 * The signal: "there is something new", from one hub to the others on the same log.
 *
 * It promises nothing but speed. An announcement may be lost, repeated, late or out of order; whoever listens uses it to
 * look earlier than its poll would, and never moves a cursor by it.
 *
 * States: in-process (no Redis configured) · up (the hub's own probes come back) · down (they do not). Down turns into up
 * by itself, and `onUp` tells listeners to look what they missed.
 */
import { randomUUID } from 'node:crypto';
import type { Timers } from '../model/clock.js';
import type { Logger, RedisConnection } from '../platform/platform.js';
import type { Announcement, SignalListener } from './announcement.js';
import { InProcessSignal } from './in-process-signal.js';
import { RedisSignal } from './redis-signal.js';

export type { Announcement, SignalListener } from './announcement.js';

export type SignalState = 'in-process' | 'up' | 'down';

export interface Signal {
  readonly state: SignalState;
  /** Tells the other hubs; never waits, never throws. */
  announce(announcement: Announcement): void;
  listen(listener: SignalListener): void;
  close(): Promise<void>;
}

export interface SignalOptions {
  /** The log that the hubs share: hubs of other logs on the same Redis are not heard. */
  readonly logId: string;
  /** Opens a connection to Redis; null: this process only. */
  readonly connect: (() => RedisConnection) | null;
  readonly logger: Logger;
  readonly timers: Timers;
}

export function openSignal({ logId, connect, logger, timers }: SignalOptions): Signal {
  const hub = randomUUID();
  return connect ? new RedisSignal(hub, logId, connect, logger, timers) : new InProcessSignal(hub, logId);
}
