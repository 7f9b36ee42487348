import { isHalted } from '../../support/process-table.js';
import { adminQuery } from '../../support/postgres-database.js';
import { describeExit } from '../../support/process.js';
import { eventually } from '../../support/wait.js';
import { last } from './fault.js';
import type { FaultKind, World } from './fault.js';
import type { Hub } from './hub.js';

const hubNames = ({ cluster }: World): string[] => cluster.hubs.map((hub) => hub.name);
const itself = (target: string): string[] => [target];

export function hubNamed({ cluster }: World, name: string): Hub {
  const hub = cluster.hubs.find((one) => one.name === name);
  if (!hub) throw new Error(`There is no ${name}.`);
  return hub;
}

/** The hub, once it has a process: one that was ended is started again soon. */
async function runningHub(world: World, name: string): Promise<Hub> {
  const hub = hubNamed(world, name);
  await eventually(() => hub.pid, { what: `${name} to run` });
  return hub;
}

const killHub: FaultKind = {
  name: 'kill hub',
  lasts: [100, 3_000],
  targets: hubNames,
  needs: itself,
  strike: async (world, { target, ms }) => {
    const hub = await runningHub(world, target);
    const exit = await hub.end('SIGKILL');
    await last(ms);
    hub.start();
    return exit?.signal === 'SIGKILL' ? 'the process ended by SIGKILL' : null;
  },
};

const restartHub: FaultKind = {
  name: 'restart hub',
  lasts: [0, 500],
  targets: hubNames,
  needs: itself,
  strike: async (world, { target, ms }) => {
    const hub = await runningHub(world, target);
    const exit = await hub.end('SIGTERM');
    await last(ms);
    hub.start();
    return exit && `the process ended by ${describeExit(exit)}`;
  },
};

const freezeHub: FaultKind = {
  name: 'freeze hub',
  lasts: [1_000, 12_000],
  targets: hubNames,
  needs: itself,
  strike: async (world, { target, ms }) => {
    const hub = await runningHub(world, target);
    const { pid } = hub;
    hub.signal('SIGSTOP');
    await last(ms);
    const halted = pid !== null && (await isHalted(pid));
    hub.signal('SIGCONT');
    return halted ? 'the process stood still' : null;
  },
};

/** The clock of a hub's machine jumps an hour ahead or back, and returns. */
const jumpHubClock: FaultKind = {
  name: 'jump hub clock',
  lasts: [500, 5_000],
  targets: hubNames,
  needs: (target) => [`the clock of ${target}`],
  strike: async (world, { target, ms, roll }) => {
    const { clock } = hubNamed(world, target);
    clock.jump((roll < 0.5 ? 1 : -1) * 3_600_000);
    await last(ms, () => clock.wasRead);
    const { wasRead } = clock;
    clock.jump(0);
    return wasRead ? 'the hub read a wrong time' : null;
  },
};

const database: Pick<FaultKind, 'targets' | 'needs'> = { targets: () => ['PostgreSQL'], needs: itself };

/** The server ends, one way or the other, and is started again on its data. */
const endDatabase = (name: string, end: (world: World) => Promise<void>): FaultKind => ({
  ...database,
  name,
  lasts: [100, 3_000],
  strike: async (world, { ms }) => {
    const { postgres } = world.cluster;
    const before = postgres.pid;
    await end(world);
    const down = !postgres.running;
    await last(ms);
    await postgres.start();
    return down && postgres.pid !== before
      ? `process ${String(before)} became ${String(postgres.pid)}`
      : null;
  },
});

const terminateConnections: FaultKind = {
  ...database,
  name: 'terminate database connections',
  lasts: [0, 0],
  strike: async ({ cluster }) => {
    const gone = await eventually(
      async () => {
        const rows = await adminQuery(
          cluster.postgres.url(),
          `select count(pg_terminate_backend(pid)) as gone from pg_stat_activity where application_name = 'tidemark'`,
        );
        return Number(rows[0]?.gone ?? 0);
      },
      { what: 'a connection to terminate' },
    ).catch(() => 0);
    return gone > 0 ? `${gone} connections terminated` : null;
  },
};

const redis: Pick<FaultKind, 'targets' | 'needs'> = { targets: () => ['Redis'], needs: itself };

const killRedis: FaultKind = {
  ...redis,
  name: 'kill Redis',
  lasts: [100, 6_000],
  strike: async ({ cluster }, { ms }) => {
    const before = cluster.redis.pid;
    await cluster.redis.kill();
    await last(ms);
    await cluster.redis.start();
    return before === cluster.redis.pid
      ? null
      : `process ${String(before)} became ${String(cluster.redis.pid)}`;
  },
};

const freezeRedis: FaultKind = {
  ...redis,
  name: 'freeze Redis',
  lasts: [500, 8_000],
  strike: async ({ cluster }, { ms }) => {
    cluster.redis.signal('SIGSTOP');
    await last(ms);
    const { pid } = cluster.redis;
    const halted = pid !== undefined && (await isHalted(pid));
    cluster.redis.signal('SIGCONT');
    return halted ? 'the process stood still' : null;
  },
};

const flushRedis: FaultKind = {
  ...redis,
  name: 'flush Redis',
  lasts: [0, 0],
  strike: async ({ gossip }) => {
    const gone = await whenUp(() => gossip.flush());
    return gone > 0 ? `${gone} keys gone` : null;
  },
};

const cutListeners: FaultKind = {
  ...redis,
  name: 'cut Redis subscribers',
  lasts: [0, 0],
  strike: async ({ gossip }) => {
    // Hubs that have just lost Redis subscribe again soon.
    const cut = await eventually(() => gossip.cutListeners(), { what: 'a subscriber to cut' }).catch(() => 0);
    return cut > 0 ? `${cut} subscribers cut` : null;
  },
};

/** What is told to Redis reaches it only once the bench's own connection is back. */
export const whenUp = async (tell: () => Promise<number>): Promise<number> => {
  const { count } = await eventually(async () => ({ count: await tell() }), { what: 'Redis to be told' });
  return count;
};

/** Faults of whole servers. */
export const serverFaults: readonly FaultKind[] = [
  killHub,
  restartHub,
  freezeHub,
  jumpHubClock,
  endDatabase('kill database', ({ cluster }) => cluster.postgres.kill()),
  endDatabase('stop database at once', ({ cluster }) => cluster.postgres.stop('immediate')),
  terminateConnections,
  killRedis,
  freezeRedis,
  flushRedis,
  cutListeners,
];
