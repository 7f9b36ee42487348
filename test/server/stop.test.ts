import { databaseKinds } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { startHub } from '../support/hub.js';
import { CHANGES, changesOf, follow, publish } from '../support/operations.js';
import { eventually } from '../support/wait.js';
import { ask } from '../support/client.js';
import { closedAfterEach } from '../api/support/cleanup.js';
import { RawSocket } from '../api/support/raw-socket.js';

const CALLERS = 16;

/** One source that publishes as fast as it is answered, until it is answered no more. */
async function publishUntilStopped(url: string, source: string, answered: Set<string>): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = `${source}-${n}`;
    try {
      await publish(url, [{ collection: 'load', key: id, sourceId: id, data: { n } }], { source });
    } catch {
      return;
    }
    answered.add(id);
  }
}

describe.each(databaseKinds)('SIGTERM to a hub on $name', (kind) => {
  let database: OwnDatabase;
  let hub: HubProcess;
  const kept = closedAfterEach();

  beforeEach(async () => {
    database = await kind.create();
    hub = await spawnHub({ DATABASE_URL: database.url });
  });
  afterEach(async () => {
    await hub.process.kill('SIGKILL');
    await database.drop();
  });

  it('under load answers what it accepted, tells subscribers 1001, and ends with exit code 0', async () => {
    const answered = new Set<string>();
    const consumer = kept(follow(hub.url, { consumer: 'watcher', startAt: 'EARLIEST' }));
    const raw = await RawSocket.greeted(hub.url);
    raw.send({ id: '1', type: 'subscribe', payload: { query: CHANGES } });
    const callers = Array.from({ length: CALLERS }, (_, i) =>
      publishUntilStopped(hub.url, `s${i}`, answered),
    );
    await eventually(() => answered.size > 10 * CALLERS && changesOf(consumer).length > 0, { what: 'load' });

    hub.process.signal('SIGTERM');
    expect(await hub.process.closed).toEqual({ code: 0, signal: null });
    await Promise.all(callers);
    expect(await raw.close()).toEqual({
      code: 1001,
      reason: expect.stringContaining('shutting down') as string,
    });

    const after = kept(await startHub({ DATABASE_URL: database.url }));
    const recorded = await recordedKeys(after.url);
    expect([...answered].filter((id) => !recorded.has(id))).toEqual([]);
    // Each caller may have had one more under way, whose answer its connection lost.
    expect(recorded.size).toBeLessThanOrEqual(answered.size + CALLERS);
    expect(await ask(after.url, '{ consumer(name: "watcher") { connected } }')).toEqual({
      consumer: { connected: false },
    });
  });

  it('is an orderly stop also while nothing happens, and twice is as once', async () => {
    hub.process.signal('SIGTERM');
    // Sent at once, the two would reach the process as one.
    await eventually(() => hub.process.output.includes('stopping'), {
      what: 'the stop to begin',
      intervalMs: 1,
    });
    hub.process.signal('SIGTERM');
    expect(await hub.process.closed).toEqual({ code: 0, signal: null });
    const lines = hub.process.output.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'made a new log',
      `tidemark is ready at ${hub.url}/graphql`,
      'stopping',
    ]);
  });
});

async function recordedKeys(url: string): Promise<Set<string>> {
  const keys = new Set<string>();
  for (let after: string | null = null, more = true; more;) {
    const { entities }: Entities = await ask(
      url,
      `query ($after: String) { entities(collection: "load", first: 1000, after: $after) {
        nodes { key } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    for (const { key } of entities.nodes) keys.add(key);
    more = entities.pageInfo.hasNextPage;
    after = entities.pageInfo.endCursor;
  }
  return keys;
}

interface Entities {
  readonly entities: {
    readonly nodes: readonly { readonly key: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
