import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { parseRedisUrl } from '../config/config.js';
import type { RedisTarget } from '../config/config.js';
import type { Logger } from '../logger/logger.js';

/** A connection to one server, whichever it is at the moment, or to a whole cluster. */
export type RedisConnection = Redis | Cluster;

/** The first try to reconnect comes after this time, each next one a little later, at most a second apart. */
const RETRY_STEP_MS = 50;
const RETRY_MAX_MS = 1_000;
const CONNECT_MS = 2_000;
/** A cluster is asked this often, in milliseconds, which nodes it has. */
const NODES_MS = 5_000;

const retry = (attempt: number): number => Math.min(attempt * RETRY_STEP_MS, RETRY_MAX_MS);

/**
 * A connection to Redis that reconnects by itself until it is closed. It begins to connect at once, and callers do not wait
 * for it: commands sent while it is down fail instead of piling up.
 *
 * With Sentinels every attempt asks them for the master again. A cluster hands a plain PUBLISH to all of its nodes, so
 * any one of them that is left is enough; sharded pub/sub would hang on the one shard that owns the channel.
 * @param url as REDIS_URL takes it
 * @param onError told of every attempt that failed
 */
export function openRedis(url: string, onError: (error: unknown) => void): RedisConnection {
  const target = parseRedisUrl(url);
  const connection = target.kind === 'cluster' ? openCluster(target) : openServer(target);
  connection.on('error', onError);
  if (connection instanceof Cluster) connection.on('node error', onError);
  return connection;
}

/** What connects to a Redis; null where none is configured. @param logger logs every attempt that failed, at debug */
export const redisConnector = (url: string | null, logger: Logger): (() => RedisConnection) | null =>
  url === null
    ? null
    : () => openRedis(url, (error) => logger.debug({ err: error }, 'redis does not answer'));

function openServer(target: Exclude<RedisTarget, { kind: 'cluster' }>): Redis {
  const options: RedisOptions = {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Commands that it would repeat by itself on a new connection have no caller: their failure would end the process.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retry,
    // A server that became a replica refuses to publish: connecting again finds the new primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectTimeout: CONNECT_MS,
    keepAlive: 1_000,
  };
  if (target.kind === 'single') return new Redis(target.url, options);
  const { tls, sentinels, master, database, toSentinels } = target;
  return new Redis({
    ...options,
    ...known(target),
    ...(tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    ...(toSentinels.username === null ? {} : { sentinelUsername: toSentinels.username }),
    ...(toSentinels.password === null ? {} : { sentinelPassword: toSentinels.password }),
    sentinels: sentinels.map((endpoint) => ({ ...endpoint })),
    name: master,
    db: database,
    sentinelRetryStrategy: retry,
    sentinelCommandTimeout: CONNECT_MS,
  });
}

/**
 * A cluster's own PUBLISH goes through any node, and what goes through two of them arrives in any order. Through one it
 * keeps its order, which spares every hub a look at the log; another is chosen only when that one is gone.
 */
class SteadyCluster extends Cluster {
  #through: Redis | null = null;

  override publish(channel: string | Buffer, message: string | Buffer): Promise<number> {
    if (this.#through === null || this.#through.status === 'close' || this.#through.status === 'end')
      this.#through = this.#choose();
    return this.#through?.publish(channel, message) ?? Promise.reject(new Error('The cluster has no nodes.'));
  }

  /** A node that is ready, if there is one; a node that is gone stays in the list until a command to it fails. */
  #choose(): Redis | null {
    const nodes = this.nodes();
    const [ready] = nodes.filter((node) => node.status === 'ready');
    return ready ?? nodes[Math.floor(Math.random() * nodes.length)] ?? null;
  }
}

function openCluster(target: Extract<RedisTarget, { kind: 'cluster' }>): Cluster {
  return new SteadyCluster(
    target.nodes.map((endpoint) => ({ ...endpoint })),
    {
      enableOfflineQueue: false,
      // A cluster that lost a part of its keys still publishes, and that is all that is asked of it.
      enableReadyCheck: false,
      clusterRetryStrategy: retry,
      slotsRefreshTimeout: CONNECT_MS,
      slotsRefreshInterval: NODES_MS,
      redisOptions: {
        ...known(target),
        ...(target.tls ? { tls: {} } : {}),
        connectTimeout: CONNECT_MS,
        keepAlive: 1_000,
      },
      // Certificates name hosts, not addresses.
      ...(target.tls ? { dnsLookup: (host, found) => found(null, host) } : {}),
    },
  );
}

const known = (of: {
  readonly username: string | null;
  readonly password: string | null;
}): Pick<RedisOptions, 'username' | 'password'> => ({
  ...(of.username === null ? {} : { username: of.username }),
  ...(of.password === null ? {} : { password: of.password }),
});
