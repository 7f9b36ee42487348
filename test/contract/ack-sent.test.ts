import { sessionId } from '../../src/ack/ack.js';
import type { Consumers } from '../../src/ack/ack.js';
import { databaseKinds } from '../support/databases.js';
import { appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession, sentTo } from './support/consumers.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { Stand } from './support/stand.js';

/** What was never sent to a consumer is not acknowledged, and what was sent at some time always may be. */
describe.each(databaseKinds)('acknowledgements of what was sent, on $name', (kind) => {
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

  const create = (position: bigint): ReturnType<Consumers['create']> =>
    hub.create({ name: 'c', filter: {}, start: after(position), maxAttempts: 5 });
  const attach = async (at: Consumers): Promise<HeldSession> => {
    const session = new HeldSession(await at.begin('c', null, after(0n)));
    session.sent = session.begun.position;
    at.attach(session, session.begun);
    return session;
  };
  /** Moves to `furthest`, unless it is refused one position further. */
  async function expectBound(at: Consumers, furthest: bigint, session: string | null = null): Promise<void> {
    const before = (await hub.find('c'))?.position;
    const ahead = at.acknowledge('c', unmarked(furthest + 1n), session);
    expect(await rejectionOf(ahead)).toMatchObject({ code: 'CURSOR_AHEAD', details: { path: 'cursor' } });
    expect(await hub.find('c')).toMatchObject({ position: before });
    expect(await at.acknowledge('c', unmarked(furthest), session)).toMatchObject({ position: furthest });
  }
  const dies = (): Promise<unknown> =>
    stand.database.write("update consumer set reported_at = reported_at - 8000 where name = 'c'");

  it('go no further than its start where it never had a session, and at that are no error', async () => {
    await create(40n);
    await expectBound(hub, 40n);
    expect(await other.acknowledge('c', unmarked(7n), null)).toMatchObject({ position: 40n });
  });

  it('go as far as its last session had sent when it ended, at any hub', async () => {
    await create(0n);
    await sentTo(hub, 'c', 30n);
    await sentTo(other, 'c', 20n);
    await expectBound(hub, 30n);
  });

  it('go with the id of a session that ended as far as that', async () => {
    const session = await attach(hub);
    session.sent = 30n;
    await hub.detach(session);
    await expectBound(other, 30n, sessionId(session));
  });

  it("go up to the log's end at another hub while a session is connected, whatever was reported", async () => {
    await attach(hub);
    expect(await other.acknowledge('c', unmarked(60n), null)).toMatchObject({ position: 60n });
    expect(await rejectionOf(other.acknowledge('c', unmarked(101n), null))).toMatchObject({
      code: 'CURSOR_AHEAD',
    });
  });

  it("go up to the log's end once a hub died, which may have sent more than it reported", async () => {
    const session = await attach(hub);
    session.sent = 10n;
    await hub.report();
    await dies();
    expect(await other.acknowledge('c', unmarked(60n), null)).toMatchObject({ position: 60n });
  });

  it('go up to where the log ended when the next session began after a hub died', async () => {
    await attach(hub);
    await dies();
    const next = await attach(other);
    await appendKeys(stand.log, 1);
    await expectBound(other, 100n);
    await other.detach(next);
    expect(await rejectionOf(hub.acknowledge('c', unmarked(101n), null))).toMatchObject({
      code: 'CURSOR_AHEAD',
    });
  });

  it('count without session what was sent before a seek that the hub had not reported', async () => {
    const session = await attach(hub);
    session.sent = 50n;
    await hub.seek('c', after(5n));
    session.furthest = 50n;
    expect(session.sent).toBe(5n);
    await hub.detach(session);
    await expectBound(other, 50n);
  });

  it('count without session what an earlier session sent, where the present one has not come so far', async () => {
    await sentTo(other, 'c', 50n);
    const session = await attach(hub);
    session.sent = 10n;
    expect(await rejectionOf(hub.acknowledge('c', unmarked(11n), sessionId(session)))).toMatchObject({
      code: 'CURSOR_AHEAD',
    });
    await expectBound(hub, 50n);
  });

  it('count what a session that was taken over had sent, once it has ended', async () => {
    const older = await attach(hub);
    await other.detach(await attach(other));
    await appendKeys(stand.log, 10);
    older.sent = 105n;
    await hub.report();
    await hub.detach(older);
    await expectBound(other, 105n);
  });
});
