/**
 * The hub: the only place that wires. It opens the rooms in the order of the way of a change, hands each what it needs,
 * and closes them in reverse. This file is also the library's face.
 */
import { Consumers, ackTables, type PointOf } from './ack/ack.js';
import type { Rooms } from './api/api.js';
import { readConfig, VERSION } from './config/config.js';
import type { Config } from './config/config.js';
import { Deliverer } from './deliver/deliver.js';
import { Explorer } from './explore/explore.js';
import type { ExplorerOptions } from './explore/explore.js';
import { Feed } from './feed/feed.js';
import { Log, LOG_SQL, logTables } from './log/log.js';
import { createLogger, OperatorLog } from './logger/logger.js';
import type { Logger } from './logger/logger.js';
import { systemClock, systemTimers, type Clock, type Timers } from './model/clock.js';
import { isUnavailable } from './model/errors.js';
import { Lifetime, openDatabase, redisConnector, whereIs } from './platform/platform.js';
import type { Database } from './platform/platform.js';
import { Publisher } from './publish/publish.js';
import { Retry, retryTables } from './retry/retry.js';
import { Metrics, startServer } from './server/server.js';
import type { Vitals } from './server/server.js';
import { openSignal } from './signal/signal.js';
import type { Signal } from './signal/signal.js';

export { ConfigError, helpText, OPTIONS, readCommand, readConfig } from './config/config.js';
export { UsageError, VERSION } from './config/config.js';
export type { Command, Config, Environment, OptionName } from './config/config.js';
export { createLogger, type Logger } from './logger/logger.js';
export { HubError, type ErrorCode } from './model/errors.js';
export { verifyLog, type LogReport, type VerifyLogOptions } from './verify-log.js';

/** A running hub. */
export interface Hub {
  /** `http://host:port`; GraphQL, over HTTP and WebSocket, is at /graphql below it. */
  readonly url: string;
  /** The id of the log that it serves: a UUID. */
  readonly logId: string;
  /** What keeps the log, and where, for people; without user name and password. */
  readonly database: string;
  /** How it tells other hubs of changes. */
  readonly signal: 'in-process' | 'redis';
  /** Stops gracefully: finishes what was accepted, tells subscribers, closes. Safe to call twice. */
  close(): Promise<void>;
  /**
   * Resolves once the hub has stopped: with null where `close` was called, with the reason where it had to stop by itself,
   * since the database holds another log now. A new hub goes on with that.
   */
  readonly stopped: Promise<Error | null>;
}

/** What a program that embeds a hub may bring along. */
export interface HubParts {
  /** Default: JSON lines on standard output, at the configured level. */
  readonly logger?: Logger;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: the process's own timers. */
  readonly timers?: Timers;
}

/**
 * Opens a hub: database, migrations, log, signal, feed, consumers, delivery, server; answers when it serves.
 * @param config from `readConfig`; default: everything at its default
 * @throws Error when the database does not answer or the port is taken; what was opened is closed again
 */
export async function openHub(config: Config = readConfig({}), parts: HubParts = {}): Promise<Hub> {
  const logger = parts.logger ?? createLogger(config.logLevel);
  const lifetime = new Lifetime(logger);
  try {
    const timers = parts.timers ?? systemTimers;
    const notes = new OperatorLog(logger, config.port, isUnavailable);
    const opened = await open({
      config,
      logger,
      metrics: new Metrics(timers),
      clock: parts.clock ?? systemClock,
      timers,
      onClose: lifetime.opened,
      onReplaced: lifetime.fail,
      notes,
      warn: notes.failed,
    });
    lifetime.begin();
    return { ...opened, close: () => lifetime.close(), stopped: lifetime.stopped };
  } catch (error) {
    await lifetime.close().catch(() => undefined);
    throw error;
  }
}

/** What opening a room needs beside the rooms before it. */
interface Setting {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly notes: OperatorLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onClose: (close: () => Promise<unknown>) => void;
  /** A listener that logs what went wrong and goes on. */
  readonly warn: (what: string) => (error: unknown) => void;
  /** Told once that the database holds another log now: nothing that this hub knows is true of it. */
  readonly onReplaced: (reason: Error) => void;
}

async function open(setting: Setting): Promise<Omit<Hub, 'close' | 'stopped'>> {
  const storage = await openStorage(setting);
  const wake = await openFeed(setting, storage);
  const url = await openService(setting, storage, wake);
  const signal = setting.config.redisUrl === null ? 'in-process' : 'redis';
  return { url, logId: storage.log.id, database: whereIs(storage.database), signal };
}

interface Storage {
  readonly database: Database;
  readonly log: Log;
}

async function openStorage({ config, logger, timers, onClose, warn }: Setting): Promise<Storage> {
  const database = await openDatabase(config.databaseUrl, [logTables, ackTables, retryTables], {
    poolSize: config.poolSize,
    timers,
    onLost: warn('a connection to the database broke'),
  });
  onClose(() => database.close());
  const { isNew } = await database.migrate(() =>
    logger.info('waiting: another hub migrates the database, or another program has it locked'),
  );
  const log = await Log.open(database, timers);
  if (isNew) logger.info({ logId: log.id, database: whereIs(database) }, 'made a new log');
  return { database, log };
}

interface Wake {
  readonly signal: Signal;
  readonly feed: Feed;
  readonly consumers: Consumers;
  readonly retry: Retry;
}

/** What wakes deliveries: the signal, the feed that it hurries, and the consumers that other hubs may touch. */
async function openFeed(setting: Setting, { database, log }: Storage): Promise<Wake> {
  const { config, logger, metrics, notes, timers, onClose, warn, onReplaced } = setting;
  const connect = redisConnector(config.redisUrl, logger);
  const signal = openSignal({ logId: log.id, connect, logger, timers });
  onClose(() => signal.close());
  const { pollMs, tailBytes, limits, backoff } = config;
  const feed: Feed = await Feed.open({
    ...{ log, pollMs, tailBytes, timers, onReplaced },
    onActions: (upTo) => consumers.hear(upTo),
    onFollowed: () => notes.available(),
    onError: warn('the feed could not read the log'),
  });
  onClose(() => feed.close());
  log.guard(() => feed.newest, onReplaced);
  const pointOf: PointOf = (cursor, place) => feed.pointOf(cursor, place);
  const consumers = new Consumers({
    ...{ database, log: LOG_SQL, limits, telemetry: metrics, notes, timers, pollMs, pointOf },
    hashesAt: (positions) => log.points.hashesAt(positions),
    hubName: notes.hubName,
    startPoint: (start, place) => feed.startPoint(start, place),
    onTouched: (name) => signal.announce({ kind: 'consumer', name }),
    onActed: () => signal.announce({ kind: 'action' }),
    onError: warn('consumers could not be reported'),
  });
  onClose(() => consumers.close());
  const retry = new Retry({ database, consumers, backoff, log, pointOf, notes, chance: Math.random });
  listen(signal, feed, consumers);
  return { signal, feed, consumers, retry };
}

async function openService(setting: Setting, { database, log }: Storage, wake: Wake): Promise<string> {
  const { config, clock, timers, metrics, notes, onClose, warn } = setting;
  const { signal, feed, consumers, retry } = wake;
  const publisher = new Publisher({
    ...{ log, limits: config.limits, clock, timers, telemetry: metrics },
    onAppended: (changes, actions) => {
      feed.appended(changes, actions);
      const to = changes.at(-1)?.row.position;
      if (to !== undefined) signal.announce({ kind: 'appended', to });
    },
  });
  onClose(() => publisher.settled());
  const deliverer = new Deliverer({
    ...{ feed, consumers, holding: retry.holding, telemetry: metrics, notes, timers },
    onError: warn('a subscription failed'),
  });
  onClose(() => deliverer.close());
  const explorer = new Explorer({ log, consumers, retry, about: aboutHub(database, signal, clock) });
  const { cursors, ids } = log;
  const rooms: Rooms = { publisher, deliverer, consumers, retry, explorer, cursors, ids };
  const vitals = vitalsOf(setting, { database, log }, wake, rooms);
  const report = notes.requestFailed;
  const server = await startServer({ config, rooms, report, metrics, notes, vitals, timers });
  onClose(() => server.close());
  notes.port = Number(server.url.split(':').at(-1));
  return server.url;
}

function listen(signal: Signal, feed: Feed, consumers: Consumers): void {
  signal.listen({
    onAnnouncement: (announcement) => {
      if (announcement.kind === 'consumer') void consumers.touched(announcement.name);
      else feed.announced(announcement);
    },
    onUp: () => {
      void feed.poll();
      void consumers.report();
    },
  });
}

function aboutHub(database: Database, signal: Signal, clock: Clock): ExplorerOptions['about'] {
  const startedAt = clock();
  return () => ({
    version: VERSION,
    startedAt,
    database: database.name,
    signal: signal.state === 'in-process' ? 'in-process' : `redis: ${signal.state}`,
  });
}

/** What /readyz and /metrics look at. */
function vitalsOf(
  { config }: Setting,
  { database, log }: Storage,
  { signal, feed, consumers, retry }: Wake,
  { publisher, deliverer }: Rooms,
): Vitals {
  return {
    pollMs: config.pollMs,
    database: async () => {
      await log.extent();
      return database.name;
    },
    pendingMigrations: () => database.hasPendingMigrations(),
    signal: () => signal.state,
    head: () => feed.head,
    feedBehindMs: () => feed.behindMs,
    publishing: () => publisher.waiting,
    acknowledging: consumers.acknowledging,
    subscriptions: () => deliverer.subscriptions,
    sessions: () => deliverer.phases,
    consumers: () => consumers.list(),
    rejections: () => retry.counts(),
  };
}
