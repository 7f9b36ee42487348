import { randomBytes } from 'node:crypto';

import { answersPing, closeRedis, oneShotRedis } from './redis-ping.js';
import { startRedis } from './redis-server.js';

export interface SharedRedis {
  url: string;
  /** Begins the names of the keys and channels of this test alone: others may use the same server at once. */
  prefix: string;
  /** Removes the keys of the prefix, and ends the server if it was started here. */
  dispose(): Promise<void>;
}

const RUNNING = 'redis://127.0.0.1:6379';

/**
 * A server for suites that only need one to talk to: the one that TEST_REDIS_URL names, else one that runs on
 * this machine already, else a throwaway one.
 */
export async function sharedRedis(): Promise<SharedRedis> {
  const prefix = `tidemark_test_${process.pid}_${randomBytes(4).toString('hex')}:`;
  const running = await findRunning();
  if (running !== undefined) return { url: running, prefix, dispose: () => removeKeys(running, prefix) };
  const server = await startRedis();
  return { url: server.url, prefix, dispose: () => server.dispose() };
}

async function findRunning(): Promise<string | undefined> {
  const told = process.env.TEST_REDIS_URL;
  if (told !== undefined && told !== '') {
    if (await answersPing(told)) return told;
    throw new Error('TEST_REDIS_URL must be the URL of a Redis that answers PING');
  }
  return (await answersPing(RUNNING)) ? RUNNING : undefined;
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const client = oneShotRedis(url);
  try {
    await client.connect();
    for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1_000 }) as AsyncIterable<
      string[]
    >) {
      if (keys.length > 0) await client.del(...keys);
    }
  } finally {
    closeRedis(client);
  }
}
