import type { Fence, Redeliveries } from '../ack/ack.js';
import type { Feed, Place } from '../feed/feed.js';
import type { HubError } from '../model/errors.js';
import type { Outlet, Render } from './outlet.js';

/** What a session is made of. */
export interface SessionOptions {
  /** The consumer's name; null for an anonymous look. */
  readonly name: string | null;
  readonly fence: Fence;
  readonly paused: boolean;
  /** The consumer's count of what happened to its rejections. */
  readonly rejected: bigint;
  readonly redeliveries: Redeliveries;
  readonly feed: Feed;
  readonly place: Place;
  readonly outlet: Outlet;
  readonly render: Render;
  readonly batchSize: number;
  /** Infinity for an anonymous look. */
  readonly maxInFlight: number;
  /** Puts the session into its lane; answers how to take it out again. */
  readonly join: () => () => void;
  /** Told of a failure that nobody foresaw, before the session ends. */
  readonly onDefect: (error: unknown) => void;
  readonly onSent: (changes: number) => void;
  readonly onEnded: (error: HubError | null) => void;
}
