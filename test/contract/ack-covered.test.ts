import type { Consumers } from '../../src/ack/ack.js';
import { databaseKinds } from '../support/databases.js';
import { appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { Stand } from './support/stand.js';
import { unmarked } from './support/parts.js';

/** A cursor moves over what the filter leaves out, with the report of the session that passed it. */
describe.each(databaseKinds)('cursors of consumers with filters on $name', (kind) => {
  let stand: Stand;
  let hub: Consumers;
  let other: Consumers;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    hub = consumersOf(stand);
    other = consumersOf(await stand.another());
    await appendKeys(stand.log, 100);
  });
  afterEach(() => stand.drop());

  const attach = async (at: Consumers, covered: bigint): Promise<HeldSession> => {
    const session = new HeldSession(await at.begin('c', null, after(0n)));
    at.attach(session, session.begun);
    session.covered = covered;
    return session;
  };

  it('move with the report, as far as the session has covered, and nobody is said to have acknowledged', async () => {
    await attach(hub, 60n);
    expect(await hub.find('c')).toMatchObject({ position: 0n, lag: 40 });
    await hub.report();
    expect(await other.find('c')).toMatchObject({ position: 60n, lag: 40, acknowledgedAt: null });
  });

  it('never move back, nor does a report undo an acknowledgement', async () => {
    const session = await attach(hub, 60n);
    await hub.report();
    session.covered = 0n;
    await hub.report();
    expect(await other.find('c')).toMatchObject({ position: 60n });
    await other.acknowledge('c', unmarked(80n), null);
    session.covered = 70n;
    await hub.report();
    expect(await other.find('c')).toMatchObject({ position: 80n });
    expect(session.acknowledgements.at(-1)).toBe(80n);
  });

  it('move when the session ends', async () => {
    const session = await attach(hub, 60n);
    await hub.detach(session);
    expect(await other.find('c')).toMatchObject({ position: 60n, connected: false });
  });

  it.each<[string, (session: HeldSession) => Promise<void>]>([
    ['a report', () => hub.report()],
    ['an end', (session) => hub.detach(session)],
  ])('do not move by %s of a session that was taken over', async (_what, tells) => {
    const older = await attach(hub, 60n);
    await attach(other, 0n);
    await tells(older);
    expect(await other.find('c')).toMatchObject({ position: 0n });
  });

  it.each<[string, (session: HeldSession) => Promise<void>]>([
    ['a report', () => hub.report()],
    ['an end', (session) => hub.detach(session)],
  ])('do not move by %s of what was passed before a seek', async (_what, tells) => {
    const session = await attach(hub, 60n);
    await other.seek('c', after(5n));
    await tells(session);
    expect(await other.find('c')).toMatchObject({ position: 5n });
  });

  it("do not move beyond the log's end", async () => {
    const session = await attach(hub, 101n);
    await hub.report();
    await hub.detach(session);
    expect(await other.find('c')).toMatchObject({ position: 0n });
  });

  it('take an acknowledgement of what they have passed, though it was not sent', async () => {
    const session = await attach(hub, 60n);
    session.sent = 0n;
    await hub.report();
    expect(await hub.acknowledge('c', unmarked(50n), null)).toMatchObject({ position: 60n });
    await hub.detach(session);
    expect(await other.acknowledge('c', unmarked(50n), null)).toMatchObject({ position: 60n });
  });
});
