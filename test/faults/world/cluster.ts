import { ask } from '../../support/client.js';
import type { Environment } from '../../../src/hub.js';
import { freePort } from '../../support/free-port.js';
import { adminQuery } from '../../support/postgres-database.js';
import { startPostgres } from '../../support/postgres-server.js';
import type { PostgresServer } from '../../support/postgres-server.js';
import { startRedis } from '../../support/redis-server.js';
import type { RedisServer } from '../../support/redis-server.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { eventually } from '../../support/wait.js';
import type { Crash } from './hub.js';
import { Hub } from './hub.js';
import { HubClock } from './hub-clock.js';

/** How the hubs of a round are started, beside what the cluster gives them. */
export interface HubArguments {
  /** Go before the hub's program. */
  readonly node?: readonly string[];
  /** Of all hubs; wins over what the cluster gives. */
  readonly environment?: Environment;
  /** Whether hubs tell each other by Redis, which runs in any case. Default: yes. */
  readonly redis?: boolean;
}

const HUBS = 3;
const READY_MS = 60_000;

/**
 * Small limits, so that a short run meets them: little memory for the tail, sockets that fill soon, sockets that are found
 * dead soon, rejected changes that come again soon, and a stop that is over soon.
 */
const ENVIRONMENT: Environment = {
  LOG_LEVEL: 'warn',
  TAIL_BYTES: '400000',
  SOCKET_BUFFER_BYTES: '65536',
  PING_MS: '2000',
  DRAIN_MS: '3000',
  DATABASE_POOL: '6',
  RETRY_FIRST_MS: '200',
  RETRY_LONGEST_MS: '1500',
};

/** One hub's sockets fill with every larger change, so that its sessions wait for room all the time. */
const NARROW_HUB = 2;
const NARROW: Environment = { SOCKET_BUFFER_BYTES: '4096' };

/** Three hubs on one PostgreSQL and one Redis, every link through a proxy of the test's own. */
export class Cluster {
  private constructor(
    readonly postgres: PostgresServer,
    /** The database of the hubs, past the links. */
    readonly databaseUrl: string,
    readonly redis: RedisServer,
    readonly hubs: readonly Hub[],
  ) {}

  /** @param begin the position before the first change of the round */
  static async start(hubArguments: HubArguments = {}, begin = 0n): Promise<Cluster> {
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const databaseUrl = await postgres.createDatabase();
    const hubs: Hub[] = [];
    for (let n = 1; n <= HUBS; n += 1) {
      hubs.push(await hubOf(n, { postgres, redis, databaseUrl, hubArguments }));
    }
    const cluster = new Cluster(postgres, databaseUrl, redis, hubs);
    try {
      if (begin > 0n) await cluster.#beginAfter(begin);
      for (const hub of hubs) hub.start();
      await cluster.ready();
      return cluster;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  get crashes(): readonly Crash[] {
    return this.hubs.flatMap((hub) => hub.crashes);
  }

  /** The names of the consumers of which changes were rejected and will come again, or wait behind one that will. */
  async withWaitingRejections(): Promise<ReadonlySet<string>> {
    const rows = await adminQuery(
      this.databaseUrl,
      `select distinct consumer.name from rejection join consumer on consumer.id = rejection.consumer
       where rejection.state = 'WAITING'`,
    );
    return new Set(rows.map(({ name }) => String(name)));
  }

  /** Waits until every hub says that it is ready. */
  async ready(): Promise<void> {
    await Promise.all(
      this.hubs.map((hub) =>
        eventually(() => hub.ready(), { what: `${hub.name} to be ready`, timeoutMs: READY_MS }).catch(
          (error: unknown) => {
            throw new Error(`${hub.name} is not ready:\n${hub.output}`, { cause: error });
          },
        ),
      ),
    );
  }

  /** The log's id and its end. */
  async log(): Promise<{ readonly logId: string; readonly head: string }> {
    const { hub } = await ask<{ hub: { logId: string; head: string } }>(
      this.hubs[0]?.directUrl ?? '',
      '{ hub { logId head } }',
    );
    return hub;
  }

  /** Lets the log begin behind a position, as one that has been there for long. */
  async #beginAfter(position: bigint): Promise<void> {
    const [hub] = this.hubs;
    if (!hub) throw new Error('There is no hub.');
    hub.start();
    await eventually(() => hub.ready(), { what: 'the tables to be made', timeoutMs: READY_MS });
    await hub.end('SIGKILL');
    await adminQuery(
      this.databaseUrl,
      `update log_head set position = ${position}, earliest = ${position + 1n} where one = 1`,
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(this.hubs.map((hub) => hub.end('SIGKILL')));
    await Promise.all(
      this.hubs.flatMap(({ links }) =>
        Object.values(links).map((link: Hub['links']['client']) => link.dispose()),
      ),
    );
    for (const { clock } of this.hubs) clock.dispose();
    await this.redis.dispose();
    await this.postgres.dispose();
  }
}

async function hubOf(
  number: number,
  parts: {
    readonly postgres: PostgresServer;
    readonly redis: RedisServer;
    readonly databaseUrl: string;
    readonly hubArguments: HubArguments;
  },
): Promise<Hub> {
  const { postgres, redis, databaseUrl, hubArguments } = parts;
  const port = await freePort();
  const [database, signal, client] = await Promise.all(
    [postgres.port, redis.port, port].map((target) => startTcpProxy({ port: target })),
  );
  if (!database || !signal || !client) throw new Error('A link is missing.');
  const throughLink = new URL(databaseUrl);
  throughLink.port = String(database.port);
  const clock = new HubClock();
  const environment = {
    ...ENVIRONMENT,
    ...(number === NARROW_HUB ? NARROW : {}),
    ...clock.launch.environment,
    DATABASE_URL: throughLink.href,
    ...(hubArguments.redis === false ? {} : { REDIS_URL: `redis://127.0.0.1:${signal.port}` }),
    PORT: String(port),
    ...hubArguments.environment,
  };
  return new Hub(`hub ${number}`, { database, redis: signal, client }, clock, {
    environment,
    nodeArguments: [...clock.launch.nodeArguments, ...(hubArguments.node ?? [])],
  });
}
