/**
 * The hub: the only place that wires. It opens the rooms in the order of the way of a change, hands each what it needs,
 * and closes them in reverse. This file is also the library's face.
 */
import { readFileSync } from 'node:fs';
import { Consumers, ackTables } from './ack/ack.js';
import type { Rooms } from './api/api.js';
import { readConfig } from './config/config.js';
import type { Config } from './config/config.js';
import { Deliverer } from './deliver/deliver.js';
import { Explorer } from './explore/explore.js';
import { Feed } from './feed/feed.js';
import { Log, logTables } from './log/log.js';
import { systemClock } from './model/clock.js';
import type { Clock } from './model/clock.js';
import type { Change } from './model/change.js';
import { Lifetime, createLogger, openDatabase, openRedis } from './platform/platform.js';
import type { Database, Logger } from './platform/platform.js';
import { Publisher } from './publish/publish.js';
import { Metrics, startServer } from './server/server.js';
import type { Vitals } from './server/server.js';
import { openSignal } from './signal/signal.js';
import type { Signal } from './signal/signal.js';

export { ConfigError, OPTIONS, readConfig } from './config/config.js';
export type { Config, Environment, OptionName } from './config/config.js';
export { createLogger } from './platform/platform.js';
export type { Logger } from './platform/platform.js';
export { HubError } from './model/errors.js';
export type { ErrorCode } from './model/errors.js';

/** A running hub. */
export interface Hub {
  /** `http://host:port`; GraphQL, over HTTP and WebSocket, is at /graphql below it. */
  readonly url: string;
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
}

/** The hub's version: the package's. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/**
 * Opens a hub: database, migrations, log, signal, feed, consumers, delivery, server; answers when it serves.
 * @param config from `readConfig`; default: everything at its default
 * @throws Error when the database does not answer or the port is taken; what was opened is closed again
 */
export async function openHub(config: Config = readConfig({}), parts: HubParts = {}): Promise<Hub> {
  const logger = parts.logger ?? createLogger(config.logLevel);
  const lifetime = new Lifetime(logger);
  try {
    const url = await open({
      ...{ config, logger, metrics: new Metrics(), clock: parts.clock ?? systemClock },
      onClose: (close) => {
        lifetime.opened(close);
      },
      onReplaced: lifetime.fail,
      warn: (what) => (error) => {
        logger.warn({ err: error }, what);
      },
    });
    lifetime.begin();
    return { url, close: () => lifetime.close(), stopped: lifetime.stopped };
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
  readonly clock: Clock;
  readonly onClose: (close: () => Promise<unknown>) => void;
  /** A listener that logs what went wrong and goes on. */
  readonly warn: (what: string) => (error: unknown) => void;
  /** Told once that the database holds another log now: nothing that this hub knows is true of it. */
  readonly onReplaced: (reason: Error) => void;
}

async function open(setting: Setting): Promise<string> {
  const storage = await openStorage(setting);
  const wake = await openFeed(setting, storage);
  return openService(setting, storage, wake);
}

interface Storage {
  readonly database: Database;
  readonly log: Log;
}

async function openStorage({ config, onClose, warn }: Setting): Promise<Storage> {
  const database = await openDatabase(config.databaseUrl, [logTables, ackTables], {
    poolSize: config.poolSize,
    onLost: warn('a connection to the database broke'),
  });
  onClose(() => database.close());
  await database.migrate();
  return { database, log: await Log.open(database) };
}

interface Wake {
  readonly signal: Signal;
  readonly feed: Feed;
  readonly consumers: Consumers;
}

/** What wakes deliveries: the signal, the feed that it hurries, and the consumers that other hubs may touch. */
async function openFeed(
  { config, logger, metrics, onClose, warn, onReplaced }: Setting,
  storage: Storage,
): Promise<Wake> {
  const { database, log } = storage;
  const signal = openSignal({ logId: log.id, connect: redisConnector(config, logger), logger });
  onClose(() => signal.close());
  const { pollMs, tailBytes } = config;
  const onError = warn('the feed could not read the log');
  const feed = await Feed.open({ log, pollMs, tailBytes, onError, onReplaced });
  onClose(() => feed.close());
  const consumers = new Consumers({
    ...{ database, telemetry: metrics, backoff: config.backoff },
    onTouched: (name) => {
      signal.announce({ kind: 'consumer', name });
    },
    onError: warn('consumers could not be reported'),
  });
  onClose(() => consumers.close());
  listen(signal, feed, consumers);
  return { signal, feed, consumers };
}

async function openService(setting: Setting, { database, log }: Storage, wake: Wake): Promise<string> {
  const { config, clock, metrics, logger, onClose, warn } = setting;
  const { signal, feed, consumers } = wake;
  const publisher = new Publisher({
    ...{ log, limits: config.limits, clock, telemetry: metrics },
    onAppended: (changes) => {
      feed.appended(changes);
      announce(signal, changes);
    },
  });
  onClose(() => publisher.settled());
  const deliverer = new Deliverer({
    ...{ feed, consumers, limits: config.limits, telemetry: metrics },
    onError: warn('a subscription failed'),
  });
  onClose(() => deliverer.close());
  const explorer = new Explorer({ log, consumers, about: aboutHub(database, signal) });
  const rooms: Rooms = { publisher, deliverer, consumers, explorer, cursors: log.cursors };
  const report = (error: unknown, id: string): void => {
    logger.error({ err: error, id }, 'a request failed');
  };
  const vitals = vitalsOf(setting, { database, log }, wake, rooms);
  const server = await startServer({ config, rooms, metrics, report, vitals });
  onClose(() => server.close());
  return server.url;
}

function redisConnector(config: Config, logger: Logger): Parameters<typeof openSignal>[0]['connect'] {
  const { redisUrl } = config;
  if (redisUrl === null) return null;
  return () => openRedis(redisUrl, (error) => logger.debug({ err: error }, 'redis does not answer'));
}

function listen(signal: Signal, feed: Feed, consumers: Consumers): void {
  signal.listen({
    onAnnouncement: (announcement) => {
      if (announcement.kind === 'appended') feed.announced(announcement);
      else void consumers.touched(announcement.name);
    },
    onUp: () => {
      void feed.poll();
      void consumers.report();
    },
  });
}

function announce(signal: Signal, changes: readonly Change[]): void {
  const rows = changes.map((change) => change.row);
  const [first] = rows;
  const last = rows.at(-1);
  if (first && last) signal.announce({ kind: 'appended', from: first.position, to: last.position, rows });
}

function aboutHub(database: Database, signal: Signal): ConstructorParameters<typeof Explorer>[0]['about'] {
  const startedAt = systemClock();
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
  { signal, feed, consumers }: Wake,
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
    consumers: () => consumers.list(),
    rejections: () => consumers.rejections.counts(),
  };
}
