import { closeRedis, oneShotRedis } from './redis-ping.js';
import { startRedis, type RedisServer } from './redis-server.js';
import { eventually } from './wait.js';

const NODES = 3;
const SLOTS = 16_384;
const ARGS = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];

/** Three masters without replicas: what one of them held is gone when it is. */
export class RedisCluster {
  /** As REDIS_URL takes it. */
  readonly url: string;

  constructor(readonly nodes: readonly RedisServer[]) {
    this.url = `redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`;
  }

  /** Waits until every node knows every other and sees it well. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        const views = await Promise.all(
          this.nodes.map((node) => command(node, 'cluster', 'nodes').then(String)),
        );
        return views.every((view) => {
          const lines = view.trim().split('\n');
          return lines.length === NODES && lines.every((line) => /master - .* connected \d/.test(line));
        });
      },
      { what: 'the cluster to know all its nodes', timeoutMs: 30_000 },
    );
  }

  async dispose(): Promise<void> {
    for (const node of this.nodes) await node.dispose();
  }
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  for (let n = 0; n < NODES; n += 1) nodes.push(await startRedis({ args: ARGS }));
  for (const [n, node] of nodes.entries()) {
    const slot = (of: number): string => String(Math.floor((of * SLOTS) / NODES));
    await command(node, 'cluster', 'addslotsrange', slot(n), String(Number(slot(n + 1)) - 1));
    await command(node, 'cluster', 'set-config-epoch', String(n + 1));
  }
  for (const node of nodes.slice(1))
    await command(nodes[0], 'cluster', 'meet', '127.0.0.1', String(node.port));
  const cluster = new RedisCluster(nodes);
  await cluster.ready();
  return cluster;
}

async function command(node: RedisServer | undefined, name: string, ...args: string[]): Promise<unknown> {
  const client = oneShotRedis(node?.url ?? '');
  try {
    return await client.call(name, ...args);
  } finally {
    closeRedis(client);
  }
}
