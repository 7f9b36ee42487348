import type { Consumers } from '../../src/ack/ack.js';
import { databaseKinds } from '../support/databases.js';
import { FakeTimers } from '../support/fake-timers.js';
import { eventually } from '../support/wait.js';
import { appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { Stand } from './support/stand.js';
import { unmarked } from './support/parts.js';

const POLL_MS = 250;

/** A session whose window is full hears of acknowledgements at other hubs though nobody tells its hub. */
describe.each(databaseKinds)('full sessions on $name', (kind) => {
  let stand: Stand;
  let timers: FakeTimers;
  let hub: Consumers;
  let other: Consumers;
  let failures: unknown[];

  beforeEach(async () => {
    stand = await Stand.create(kind);
    [timers, failures] = [new FakeTimers(), []];
    hub = consumersOf(stand, { timers, pollMs: POLL_MS, onError: (error) => failures.push(error) });
    other = consumersOf(await stand.another());
    await appendKeys(stand.log, 10);
  });
  afterEach(() => stand.drop());

  const attach = async (name: string): Promise<HeldSession> => {
    const session = new HeldSession(await hub.begin(name, null, after(0n)));
    hub.attach(session, session.begun);
    return session;
  };
  const heard = (sessions: readonly HeldSession[]): number =>
    sessions.filter(({ acknowledgements }) => acknowledgements.length > 0).length;

  it('hear with the next poll, all others with the report of their hub', async () => {
    const [full, free] = [await attach('full'), await attach('free')];
    full.isFull = true;
    await other.acknowledge('full', unmarked(7n), null);
    await other.acknowledge('free', unmarked(8n), null);
    timers.advance(POLL_MS);
    await eventually(() => heard([full]) === 1, { what: 'the full session to hear' });
    expect([full.acknowledgements, free.acknowledgements]).toEqual([[7n], []]);
    await hub.report();
    expect(free.acknowledgements).toEqual([8n]);
  });

  it('take turns where there are more of them than one poll reads', async () => {
    const sessions: HeldSession[] = [];
    for (let i = 0; i < 300; i += 1) sessions.push(await attach(`c${i}`));
    for (const session of sessions) session.isFull = true;
    timers.advance(POLL_MS);
    await eventually(() => heard(sessions) > 0, { what: 'the first look' });
    expect(heard(sessions)).toBe(256);
    timers.advance(POLL_MS);
    await eventually(() => heard(sessions) === 300, { what: 'the second look' });
  });

  it('cost nothing where there is none', async () => {
    await attach('free');
    await stand.database.write('alter table consumer rename to gone');
    timers.advance(POLL_MS);
    await hub.close();
    expect(failures).toEqual([]);
  });
});
