import type { Consumers } from '../../src/ack/ack.js';
import { postgres } from '../support/databases.js';
import { clientOf } from '../support/postgres-database.js';
import { present } from '../support/present.js';
import { eventually } from '../support/wait.js';
import { append, appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { unmarked } from './support/parts.js';
import { Stand } from './support/stand.js';

/** On PostgreSQL a statement that waited for a row gets its new version, and everything else as it was when it began. */
describe('acknowledgements that wait for a lock', () => {
  let stand: Stand;
  let hub: Consumers;
  let other: Consumers;

  beforeEach(async () => {
    stand = await Stand.create(postgres);
    hub = consumersOf(stand);
    other = consumersOf(await stand.another());
    await appendKeys(stand.log, 3);
    for (const name of ['a', 'c']) {
      const session = new HeldSession(await hub.begin(name, null, after(0n)));
      hub.attach(session, session.begun);
    }
  });
  afterEach(() => stand.drop());

  it('answer what another hub acknowledged meanwhile with the hash of its change', async () => {
    const client = clientOf(stand.own.url);
    await client.connect();
    await client.query('begin');
    await client.query(`update consumer set paused = paused where name = 'a'`);
    const waiting = Promise.all(['a', 'c'].map((name) => hub.acknowledge(name, unmarked(3n), null)));
    const isWaiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    await eventually(async () => (await stand.database.read(isWaiting)).length > 0, {
      what: 'the group to wait',
    });
    const { changes } = await append(stand.log, [{ key: 'later' }]);
    const moved = await other.acknowledge('c', unmarked(4n), null);
    await client.query('commit');
    await client.end();
    const [, c] = await waiting;
    const { hash } = present(changes[0]);
    expect([moved, c]).toMatchObject([
      { position: 4n, hash },
      { position: 4n, hash },
    ]);
  });
});
