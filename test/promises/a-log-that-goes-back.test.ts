/**
 * A log whose end is lost while hubs run, as by a failover to a copy that lags or by a restored backup: changes that were
 * answered, delivered and acknowledged are gone, and others take their places. Nobody must take the one for the other.
 */
import { ask, post } from '../support/client.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { ACKNOWLEDGE, acknowledge, changesOf, follow, publish } from '../support/operations.js';
import { startPostgres } from '../support/postgres-server.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { eventually } from '../support/wait.js';

const COPIED = ['a', 'b', 'c'];
const LOST = ['d', 'e', 'f'];
const OTHERS = ['g', 'h', 'i', 'j'];

describe('a log that goes back to what a copy held', () => {
  let server: PostgresServer;
  let database: string;
  let cursor: string;
  let logId: string;
  const hubs: HubProcess[] = [];

  const hub = async (): Promise<HubProcess> => {
    const started = await spawnHub({ DATABASE_URL: database });
    hubs.push(started);
    return started;
  };
  /** A hub finds its database again after a moment, when that was away. */
  const send = (to: HubProcess, keys: readonly string[]): Promise<unknown> => {
    const changes = keys.map((key) => ({ collection: 'orders', key, data: { key } }));
    return eventually(() => publish(to.url, changes), { what: 'the hub to record' });
  };
  const logIdAt = async ({ url }: HubProcess): Promise<string> =>
    (await ask<{ hub: { logId: string } }>(url, '{ hub { logId } }')).hub.logId;
  /** How a hub ends that finds its log replaced. */
  const end = async (one: HubProcess): Promise<unknown> => {
    const { code } = await one.process.exited;
    return {
      code,
      said: one.process.output.includes(`no longer holds the log that this hub served (log id ${logId})`),
    };
  };
  const ENDED = { code: 1, said: true };

  beforeEach(async () => {
    server = await startPostgres();
    database = await server.createDatabase();
  }, 60_000);
  afterEach(async () => {
    for (const one of hubs.splice(0)) await one.process.kill('SIGKILL');
    await server.dispose();
  });

  /** A consumer has acknowledged what the copy holds, was sent what it does not, and has acknowledged a part of that. */
  const loseTheEnd = async (here: HubProcess, whileDown: () => void = () => undefined): Promise<void> => {
    logId = await logIdAt(here);
    await send(here, COPIED);
    const before = follow(here.url, { consumer: 'erp', startAt: 'EARLIEST' });
    await acknowledge(here.url, 'erp', await cursorOf(before, COPIED));
    await before.close();
    await server.stop();
    await server.backUp();
    await server.start();
    await send(here, LOST);
    const reader = follow(here.url, { consumer: 'erp' });
    cursor = await cursorOf(reader, LOST);
    await acknowledge(here.url, 'erp', cursor);
    await reader.close();
    await server.kill();
    whileDown();
    await server.restore();
    await server.start();
  };

  /** A hub that is started anew serves the log as it is; what was said of the lost one is refused. */
  const goesOn = async (): Promise<void> => {
    const anew = await hub();
    expect(await logIdAt(anew)).not.toBe(logId);
    const refused = { errors: [{ extensions: { code: 'INVALID_CURSOR' } }] };
    expect(await post(anew.url, ACKNOWLEDGE, { consumer: 'erp', cursor })).toMatchObject(refused);
    const from = 'query ($cursor: Cursor) { changes(after: $cursor) { nodes { key } } }';
    expect(await post(anew.url, from, { cursor })).toMatchObject(refused);
    await send(anew, OTHERS);
    const reader = follow(anew.url, { consumer: 'erp' });
    await cursorOf(reader, OTHERS);
    await reader.close();
  };

  it('ends every hub, whatever was lost; consumers go on after what the log knows of them', async () => {
    const [here, there] = [await hub(), await hub()];
    await loseTheEnd(here);
    expect([await end(here), await end(there)]).toEqual([ENDED, ENDED]);
    await goesOn();
  }, 120_000);

  it('is noticed by a hub that slept, though the log has grown past its place by then', async () => {
    const here = await hub();
    await loseTheEnd(here, () => {
      here.process.signal('SIGSTOP');
    });
    const awake = await hub();
    expect(await logIdAt(awake)).toBe(logId);
    await send(awake, ['x', 'y', 'z', 'g', 'h', 'i', 'j']);
    here.process.signal('SIGCONT');
    // Also the one that saw nothing but the copy: cursors that it gave look like those of the lost end.
    expect([await end(here), await end(awake)]).toEqual([ENDED, ENDED]);
  }, 120_000);
});

/** Waits until just these came, in this order; answers the cursor of the last. */
async function cursorOf(reader: ReturnType<typeof follow>, keys: readonly string[]): Promise<string> {
  await eventually(() => changesOf(reader).length >= keys.length, { what: 'the changes to be delivered' });
  expect(changesOf(reader).map((change) => change.key)).toEqual(keys);
  return changesOf(reader).at(-1)?.cursor ?? '';
}
