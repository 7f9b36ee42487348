import { Consumers } from '../../../src/ack/ack.js';
import type { ConsumerRecord, ConsumersOptions, LiveSession } from '../../../src/ack/ack.js';
import { Feed } from '../../../src/feed/feed.js';
import type { FeedOptions } from '../../../src/feed/feed.js';
import { LOG_SQL } from '../../../src/log/log.js';
import { systemTimers } from '../../../src/model/clock.js';
import type { Start } from '../../../src/model/consumer.js';
import type { HubError } from '../../../src/model/errors.js';
import { noNotes } from '../../../src/model/notes.js';
import { silent } from '../../../src/model/telemetry.js';
import { limitsWith, pointAt, unmarked } from './parts.js';
import type { Opened } from './stand.js';

/** So seldom that no test sees it. */
export const NEVER_MS = 60_000_000;

const ignore = (): void => undefined;
const fail = (error: unknown): never => {
  throw error;
};

/** A start at a position of the log. */
export const after = (position: bigint): Start => ({ at: 'CURSOR', after: unmarked(position) });

/** Consumers as a hub opens them; a start comes to its position alone, or to the log's beginning. */
export const consumersOf = (at: Opened, parts: Partial<ConsumersOptions> = {}): Consumers =>
  at.closing(
    new Consumers({
      database: at.database,
      log: LOG_SQL,
      limits: limitsWith(),
      telemetry: silent,
      timers: systemTimers,
      hubName: () => 'here:4000',
      notes: noNotes,
      pollMs: NEVER_MS,
      pointOf: (cursor, place) => at.log.points.of(cursor, place),
      hashesAt: (positions) => at.log.points.hashesAt(positions),
      startPoint: (start) =>
        Promise.resolve({
          ...pointAt(start.at === 'CURSOR' ? start.after.position : 0n),
          snapshotUntil: null,
          notBefore: null,
        }),
      onTouched: ignore,
      onActed: ignore,
      onError: fail,
      ...parts,
    }),
  );

/** A feed as a hub opens it, that polls only when it is told to and knows no operator actions. */
export const feedOf = async (at: Opened, parts: Partial<FeedOptions> = {}): Promise<Feed> =>
  at.closing(
    await Feed.open({
      log: at.log,
      pollMs: NEVER_MS,
      tailBytes: 1_000_000,
      timers: systemTimers,
      onActions: () => Promise.resolve(),
      onFollowed: ignore,
      onError: fail,
      onReplaced: fail,
      ...parts,
    }),
  );

/** A session as a hub would hold it, that remembers what it was told. */
export class HeldSession implements LiveSession {
  readonly name: string;
  readonly id: bigint;
  readonly epoch: bigint;
  /** Everything that it was told, in order. */
  readonly told: string[] = [];
  readonly acknowledgements: bigint[] = [];
  ended: HubError | null = null;
  sent = 100n;
  furthest = 0n;
  covered = 0n;
  openSince: number | null = null;
  phase: LiveSession['phase'] = 'LIVE';
  inFlight = 0;
  isFull = false;
  seeks: bigint;
  revision: bigint;
  paused: boolean;
  rechecks = 0;
  /** What it was sought to. */
  position: bigint;

  constructor(readonly begun: ConsumerRecord) {
    this.name = begun.name;
    this.id = begun.id;
    this.epoch = begun.epoch;
    this.seeks = begun.seeks;
    this.revision = begun.revision;
    this.paused = begun.paused;
    this.position = begun.position;
  }

  /** The furthest that it sent, unless the test says more. */
  get reach(): bigint {
    return this.sent > this.furthest ? this.sent : this.furthest;
  }

  acknowledged(position: bigint): void {
    this.acknowledgements.push(position);
    this.told.push(`acknowledged ${position}`);
  }

  sought({ seeks, position }: Parameters<LiveSession['sought']>[0]): void {
    this.seeks = seeks;
    this.position = position;
    this.sent = position;
    this.covered = 0n;
    this.told.push(`sought ${position}`);
  }

  revised({ revision, paused }: Parameters<LiveSession['revised']>[0]): void {
    this.revision = revision;
    this.paused = paused;
    this.told.push(`revised ${revision}`);
  }

  recheck(): void {
    this.rechecks += 1;
    this.told.push('recheck');
  }

  settled(): Promise<void> {
    return Promise.resolve();
  }

  end(error: HubError): void {
    this.ended ??= error;
    this.told.push(error.code);
  }
}

/** A session begins at a hub, sends up to a position, and ends in order. */
export async function sentTo(at: Consumers, name: string, position: bigint): Promise<void> {
  const session = new HeldSession(await at.begin(name, null, after(0n)));
  session.sent = position;
  at.attach(session, session.begun);
  await at.detach(session);
}
