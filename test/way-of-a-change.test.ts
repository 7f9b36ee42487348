import { spawnHub } from './support/hub-process.js';
import type { HubProcess } from './support/hub-process.js';
import { databaseKinds } from './support/databases.js';
import type { OwnDatabase } from './support/databases.js';
import { acknowledge, changesOf, follow, publish } from './support/operations.js';
import { eventually } from './support/wait.js';

/** The way of a change, from a source's mutation to a consumer's acknowledged cursor, over a crash. */
describe.each(databaseKinds)('the way of a change on $name', (kind) => {
  let database: OwnDatabase;
  let hub: HubProcess;

  beforeAll(async () => {
    database = await kind.create();
    hub = await spawnHub({ DATABASE_URL: database.url });
  });

  afterAll(async () => {
    await hub.process.kill('SIGKILL');
    await database.drop();
  });

  it('leads from publish through a crash to an acknowledged cursor', async () => {
    const before = follow(hub.url, { consumer: 'warehouse', startAt: 'EARLIEST' });
    const [first] = await before.received(1);
    expect(first?.changes.changes).toEqual([]);

    const created = await publish(hub.url, [
      { collection: 'quakes', key: 'q1', sourceId: 'r1', data: { magnitude: 4.7 } },
    ]);
    expect(created.results[0]?.outcome).toBe('APPLIED');
    const [, delivered] = await before.received(2);
    expect(delivered?.changes.changes).toEqual([created.results[0]?.change]);
    const acknowledged = await acknowledge(hub.url, 'warehouse', delivered?.changes.cursor ?? '');
    expect(acknowledged).toMatchObject({ cursor: created.cursor, lag: 0, inFlight: 0, connected: true });

    const updated = await publish(hub.url, [
      { collection: 'quakes', key: 'q1', sourceId: 'r2', write: 'PATCH', data: { magnitude: 4.9, felt: 3 } },
    ]);
    await before.received(3);
    await hub.process.kill('SIGKILL');
    await before.close();

    hub = await spawnHub({ DATABASE_URL: database.url });
    const repeated = await publish(hub.url, [
      { collection: 'quakes', key: 'q1', sourceId: 'r2', write: 'PATCH', data: { magnitude: 4.9, felt: 3 } },
    ]);
    expect(repeated.results[0]).toEqual({ ...updated.results[0], outcome: 'DUPLICATE' });

    const after = follow(hub.url, { consumer: 'warehouse' });
    await eventually(() => changesOf(after).length > 0, { what: 'the change that was not acknowledged' });
    expect(changesOf(after)).toEqual([updated.results[0]?.change]);
    expect(changesOf(after)[0]).toMatchObject({
      operation: 'UPDATE',
      version: 2,
      before: { magnitude: 4.7 },
      after: { magnitude: 4.9, felt: 3 },
      changedFields: ['magnitude', 'felt'],
    });
    await after.close();
  });
});
