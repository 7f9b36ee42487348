import { Redis } from 'ioredis';

import { ignore } from './ignore.js';

/** A client that tries once instead of reconnecting for ever. */
export function oneShotRedis(url: string): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The failed call tells of the error; the event would only print it once more.
  client.on('error', ignore);
  return client;
}

/** On a connection that is gone already, ioredis itself would wait two seconds for the end of it. */
export function closeRedis(client: Redis): void {
  if (client.status === 'ready') client.disconnect();
}

/** Whether a Redis is at `url` that takes our commands; one that wants a password first does not. */
export async function answersPing(url: string): Promise<boolean> {
  const client = oneShotRedis(url);
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    return false;
  } finally {
    closeRedis(client);
  }
}
