import type { Vitals } from './vitals.js';

/** What the server itself measures. */
export interface SocketFigures {
  readonly size: number;
  /** Sockets that were closed because their clients read nothing. */
  readonly stalled: number;
  /** Subscriptions that wait until their socket has room. */
  readonly waiting: number;
  /** Bytes of the socket that has the most unsent data. */
  readonly mostBuffered: number;
}

/** Name without its prefix, help and value of every gauge without labels. */
export const gaugesOf = (
  vitals: Vitals,
  sockets: SocketFigures,
): readonly (readonly [name: string, help: string, read: () => number])[] => [
  ['subscriptions', 'Live subscriptions of this hub', vitals.subscriptions],
  [
    'subscriptions_waiting',
    'Subscriptions that wait until their client reads from its socket',
    () => sockets.waiting,
  ],
  ['sockets', 'Open WebSockets', () => sockets.size],
  ['socket_buffered_bytes', 'Unsent bytes of the socket that has the most', () => sockets.mostBuffered],
  [
    'feed_position',
    'The position of the newest change that the feed has handed on',
    () => Number(vitals.head()),
  ],
  [
    'feed_behind_seconds',
    'Time since the feed was last known to be at the end of the log',
    () => vitals.feedBehindMs() / 1_000,
  ],
  ['poll_interval_seconds', 'Interval between polls of the end of the log', () => vitals.pollMs / 1_000],
  [
    'publish_waiting_changes',
    'Changes that wait for a commit or are in one',
    () => vitals.publishing().changes,
  ],
  [
    'publish_waiting_bytes',
    'Bytes of the changes that wait for a commit or are in one',
    () => vitals.publishing().bytes,
  ],
  [
    'acknowledgement_oldest_seconds',
    'Time that the oldest acknowledgement has waited to be durable',
    () => vitals.acknowledging.oldestMs / 1_000,
  ],
  [
    'acknowledgements_failing',
    '1 if the last write of acknowledgements failed',
    () => Number(vitals.acknowledging.failing),
  ],
];
