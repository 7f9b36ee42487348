import { freePort } from './free-port.js';
import { closeRedis, oneShotRedis } from './redis-ping.js';
import { startRedis, type RedisServer } from './redis-server.js';
import { eventually } from './wait.js';

const MASTER = 'mymaster';

/** A master, a replica, and a Sentinel that makes the replica master when the master is gone for half a second. */
export class RedisWithSentinel {
  /** As REDIS_URL takes it. The first Sentinel that it names is not there: one that is away must not matter. */
  readonly url: string;
  readonly #servers: readonly RedisServer[];
  readonly #sentinel: RedisServer;

  constructor(servers: readonly RedisServer[], sentinel: RedisServer, awayPort: number) {
    this.#servers = servers;
    this.#sentinel = sentinel;
    this.url = `redis+sentinel://127.0.0.1:${awayPort},127.0.0.1:${sentinel.port}/${MASTER}`;
  }

  /** The server that the Sentinel names as master now. */
  async master(): Promise<RedisServer> {
    const [, port] = (await this.#ask('get-master-addr-by-name')) as [string, string];
    const found = this.#servers.find((server) => server.port === Number(port));
    if (!found) throw new Error(`The Sentinel names a master at port ${port}, where none was started.`);
    return found;
  }

  /** Waits until the master is another than `former`. */
  async failedOver(former: RedisServer): Promise<void> {
    await eventually(async () => (await this.master()) !== former, {
      what: 'the Sentinel to make the replica master',
      timeoutMs: 30_000,
    });
  }

  /** Waits until the Sentinel knows the replica, without which it has nothing to fail over to. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        const replicas = (await this.#ask('replicas')) as string[][];
        return replicas.length === 1 && replicas[0]?.includes('slave');
      },
      { what: 'the Sentinel to know the replica', timeoutMs: 30_000 },
    );
  }

  async dispose(): Promise<void> {
    for (const server of [this.#sentinel, ...this.#servers]) await server.dispose();
  }

  async #ask(what: string): Promise<unknown> {
    const client = oneShotRedis(this.#sentinel.url);
    try {
      return await client.call('sentinel', what, MASTER);
    } finally {
      closeRedis(client);
    }
  }
}

export async function startRedisWithSentinel(): Promise<RedisWithSentinel> {
  const master = await startRedis();
  const replica = await startRedis({
    args: ['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0'],
  });
  const config = [
    `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${MASTER} 500`,
    `sentinel failover-timeout ${MASTER} 3000`,
  ].join('\n');
  const sentinel = await startRedis({ config, args: ['--sentinel'] });
  const all = new RedisWithSentinel([master, replica], sentinel, await freePort());
  await all.ready();
  return all;
}
