import { sessionId } from '../../src/ack/ack.js';
import type { Consumers } from '../../src/ack/ack.js';
import type { ConsumerRecord } from '../../src/ack/ack.js';
import { databaseKinds } from '../support/databases.js';
import { append } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { unmarked } from './support/parts.js';
import { present } from '../support/present.js';
import { Stand } from './support/stand.js';

const START = 1_700_000_000_000;

/** What operators are told of a consumer's session, and of the age of what it has yet to acknowledge. */
describe.each(databaseKinds)('the session and the age of what is open, on $name', (kind) => {
  let stand: Stand;
  let hub: Consumers;
  let other: Consumers;

  beforeEach(async () => {
    stand = await Stand.create(kind);
    hub = consumersOf(stand, { hubName: () => 'one:4000' });
    other = consumersOf(await stand.another(), { hubName: () => 'two:4000' });
    await append(
      stand.log,
      [0, 1, 2, 3].map((n) => ({ key: `k${n}`, recordedAt: START + n * 1_000 })),
    );
  });
  afterEach(() => stand.drop());

  const attach = async (at: Consumers): Promise<HeldSession> => {
    const session = new HeldSession(await at.begin('c', null, after(0n), '10.0.0.7'));
    at.attach(session, session.begun);
    return session;
  };
  const found = async (at: Consumers): Promise<ConsumerRecord> => present((await at.find('c')) ?? undefined);
  /** When the oldest open change was recorded, by its age; null: there is none. */
  const openSince = async (at: Consumers): Promise<number | null> => {
    const { lagSeconds, now } = await found(at);
    return lagSeconds === 0 ? null : Math.round(now - lagSeconds * 1_000);
  };

  it('name the hub and the peer since it began, and its state as of the last report', async () => {
    await hub.create({ name: 'c', filter: {}, start: after(0n), maxAttempts: 5 });
    expect((await found(other)).session).toBeNull();
    const session = await attach(hub);
    session.phase = 'WAITING';
    const { session: told, now } = await found(hub);
    expect(told).toEqual({
      ...{ id: sessionId(session), hub: 'one:4000', remoteAddress: '10.0.0.7', state: 'WAITING' },
      since: expect.any(Number) as number,
    });
    expect(present(told ?? undefined).since).toBeLessThanOrEqual(now);
    expect((await found(other)).session).toMatchObject({ hub: 'one:4000', state: 'CATCHING_UP' });
    await hub.report();
    expect((await found(other)).session).toEqual(told);
    const newer = await attach(other);
    expect((await found(hub)).session).toMatchObject({
      ...{ id: sessionId(newer), hub: 'two:4000', state: 'CATCHING_UP' },
    });
    await other.detach(newer);
    expect((await found(hub)).session).toBeNull();
  });

  it('are of the first change after the cursor where nobody is connected', async () => {
    await hub.create({ name: 'c', filter: { keys: ['none'] }, start: after(1n), maxAttempts: 5 });
    expect(await openSince(other)).toBe(START + 1_000);
    await hub.seek('c', after(4n));
    expect(await openSince(other)).toBeNull();
  });

  it('are of the oldest change in flight at the hub of the session, elsewhere after its report', async () => {
    const session = await attach(hub);
    session.covered = 2n;
    session.openSince = START + 2_000;
    expect(await openSince(hub)).toBe(START + 2_000);
    expect(await openSince(other)).toBe(START);
    await hub.report();
    expect(await openSince(other)).toBe(START + 2_000);
  });

  it('are none where the session has covered the whole log, and of what it has not read otherwise', async () => {
    const session = await attach(hub);
    session.covered = 3n;
    expect(await openSince(hub)).toBe(START);
    session.covered = 4n;
    expect(await openSince(hub)).toBeNull();
    await hub.report();
    expect(await openSince(other)).toBeNull();
  });

  it('are never negative, whatever the clocks say', async () => {
    await append(stand.log, [{ key: 'k', recordedAt: START * 2 }]);
    await attach(hub);
    await hub.acknowledge('c', unmarked(4n), null);
    expect((await found(other)).lagSeconds).toBe(0);
  });
});
