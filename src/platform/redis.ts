import { Redis } from 'ioredis';

export type RedisConnection = Redis;

/** The first try to reconnect comes after this time, each next one a little later, at most a second apart. */
const RETRY_STEP_MS = 50;
const RETRY_MAX_MS = 1_000;
const CONNECT_MS = 2_000;

/**
 * A connection to Redis that comes back by itself for as long as it is not closed. It connects at once but nobody waits:
 * commands sent while it is away fail instead of piling up. Subscriptions do not come back with it: whoever subscribed
 * does so again when it is ready.
 * @param onError told of every attempt that failed
 */
export function openRedis(url: string, onError: (error: unknown) => void): RedisConnection {
  const connection = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * RETRY_STEP_MS, RETRY_MAX_MS),
    // A server that became a replica refuses to publish: connecting again finds the new primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    connectTimeout: CONNECT_MS,
    keepAlive: 1_000,
    // Nobody hears of its failure when the connection breaks again before the answer, and that would end the process.
    autoResubscribe: false,
  });
  connection.on('error', onError);
  return connection;
}
