/** Promise 1: a publish that answered survives `kill -9` of the hub, and of PostgreSQL. */
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseKinds, postgres } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { startPostgres } from '../support/postgres-server.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { StatementCutter } from '../support/statement-cutter.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';
import { Dice, seeded } from './support/dice.js';
import { Load, send } from './support/load.js';
import { expectWellFormed, readLog } from './support/recorded.js';
import { expectNothingLost } from './support/verdict.js';

const CALLERS = 64;
const ROUNDS = 3;

describe.each(databaseKinds)(seeded('promise 1 on $name'), (kind) => {
  it('keeps every answered change, once, over kill -9 of a hub that 64 callers publish to', async () => {
    const database = await kind.create();
    const environment = { DATABASE_URL: database.url, PORT: String(await freePort()) };
    let hub = await spawnHub(environment);
    const { url } = hub;
    const dice = new Dice(1);
    const load = new Load({ callers: CALLERS, url: () => url, dice });
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await load.progress(dice.between(100, 600));
        await hub.process.kill('SIGKILL');
        hub = await spawnHub(environment);
      }
      await load.progress(100);
      await load.stop();
      // Otherwise no call was under way when the hub died, and the test would show nothing.
      expect(load.of('silence').length).toBeGreaterThan(0);
      await expectNothingLost(url, load);
    } finally {
      await load.stop();
      await hub.process.kill('SIGKILL');
      await database.drop();
    }
  }, 120_000);
});

describe(seeded('promise 1 where PostgreSQL fails'), () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  let hub: HubProcess;

  beforeAll(async () => {
    server = await startPostgres();
    proxy = await startTcpProxy({ port: server.port });
  }, 60_000);

  beforeEach(async () => {
    const url = new URL(await server.createDatabase());
    url.port = String(proxy.port);
    hub = await spawnHub({ DATABASE_URL: url.href });
  });

  afterEach(async () => {
    await hub.process.kill('SIGKILL');
  });

  afterAll(async () => {
    await proxy.dispose();
    await server.dispose();
  });

  it('keeps every answered change, once, over kill -9 of PostgreSQL', async () => {
    const dice = new Dice(2);
    const load = new Load({ callers: CALLERS, url: () => hub.url, dice });
    for (let round = 0; round < ROUNDS; round += 1) {
      await load.progress(dice.between(100, 600));
      await server.kill();
      await server.start();
    }
    await load.progress(100);
    await load.stop();
    expect(load.of('refused').length).toBeGreaterThan(0);
    expect(load.of('silence')).toEqual([]);
    await expectNothingLost(hub.url, load);
  }, 120_000);

  it('says of no change in the log that nothing was recorded, wherever the connection is cut', async () => {
    const dice = new Dice(3);
    const load = new Load({ callers: CALLERS, url: () => hub.url, dice });
    for (let round = 0; round < 60; round += 1) {
      await load.progress(dice.between(1, 40));
      await cutSomewhere(proxy, dice);
    }
    await load.progress(100);
    await load.stop();
    expect(load.of('refused').length).toBeGreaterThan(0);
    expect(load.of('silence')).toEqual([]);
    await expectNothingLost(hub.url, load);
  }, 120_000);
});

describe('promise 1 where the connection breaks exactly at the commit', () => {
  let database: OwnDatabase;
  let cutter: StatementCutter;
  let hub: HubProcess;

  beforeAll(async () => {
    database = await postgres.create();
    cutter = await StatementCutter.before(database.url);
    hub = await spawnHub({ DATABASE_URL: cutter.url });
  }, 60_000);

  afterAll(async () => {
    await hub.process.kill('SIGKILL');
    await cutter.dispose();
    await database.drop();
  });

  const recorded = async (id: string): Promise<boolean> =>
    (await readLog(hub.url)).some((change) => change.sourceId === id);

  it('answers as ever when the commit went through and only its answer was lost', async () => {
    cutter.cutNext('after');
    const came = await send(hub.url, changeOf('lost-answer'));
    expect(came).toMatchObject({ kind: 'answered', outcome: 'APPLIED' });
    expect(cutter.cuts).toBe(1);
    expect(await recorded('lost-answer')).toBe(true);
  });

  it('says that nothing was recorded when the commit did not go through, and then records it once', async () => {
    cutter.cutNext('before');
    const came = await send(hub.url, changeOf('lost-commit'));
    expect(came).toEqual({ kind: 'refused', code: 'LOG_UNAVAILABLE', unknown: false });
    expect(cutter.cuts).toBe(2);
    expect(await recorded('lost-commit')).toBe(false);
    expect(await send(hub.url, changeOf('lost-commit'))).toMatchObject({ outcome: 'APPLIED' });
    expect(await send(hub.url, changeOf('lost-commit'))).toMatchObject({ outcome: 'DUPLICATE' });
  });

  it('says that it does not know while it cannot ask, and finds the change when it is sent again', async () => {
    cutter.cutNext('after, and then everything');
    const came = await send(hub.url, changeOf('unknown'));
    expect(came).toEqual({ kind: 'refused', code: 'LOG_UNAVAILABLE', unknown: true });
    cutter.mend();
    const again = await eventually(
      async () => {
        const repeat = await send(hub.url, changeOf('unknown'));
        return repeat.kind === 'answered' && repeat;
      },
      { what: 'the database to be reached again' },
    );
    expect(again.outcome).toBe('DUPLICATE');
    const log = await readLog(hub.url);
    expect(log.filter((change) => change.sourceId === 'unknown')).toHaveLength(1);
    await expectWellFormed(hub.url, log);
  });

  it('takes for its own only what it wrote itself, though the same sourceId stands at the same place by then', async () => {
    const other = await spawnHub({ DATABASE_URL: database.url });
    const { cuts } = cutter;
    cutter.cutNext('before, and then everything');
    const lost = send(hub.url, changeOf('taken'));
    await eventually(() => cutter.cuts > cuts, { what: 'the commit to be cut' });
    // A source that does not wait sends it again through another hub, which takes the same place for it.
    expect(await send(other.url, changeOf('taken'))).toMatchObject({ outcome: 'APPLIED' });
    cutter.mend();
    expect(await lost).toMatchObject({ kind: 'refused', code: 'LOG_UNAVAILABLE', unknown: false });
    await other.process.kill('SIGKILL');
  });
});

const changeOf = (id: string): object => ({
  sourceId: id,
  collection: 'orders',
  key: id,
  data: { id },
});

/** Cuts what is open at a moment that is random within a commit: at once, or when only one direction still worked. */
async function cutSomewhere(proxy: TcpProxy, dice: Dice): Promise<void> {
  const direction = dice.pick(['none', 'toClient', 'toTarget'] as const);
  if (direction !== 'none') proxy.stall(direction);
  await sleep(dice.between(0, 12));
  proxy.cut(dice.pick(['reset', 'end'] as const));
  proxy.resume();
}
