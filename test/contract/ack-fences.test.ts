import { sessionId } from '../../src/ack/ack.js';
import type { Consumers } from '../../src/ack/ack.js';
import { databaseKinds } from '../support/databases.js';
import { appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { Stand } from './support/stand.js';

/** A session is told apart from all others, for good: which consumer, which of its sessions, how often it was sought. */
describe.each(databaseKinds)('sessions of consumers on $name', (kind) => {
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

  const create = (name: string): ReturnType<Consumers['create']> =>
    hub.create({ name, filter: {}, start: after(0n), maxAttempts: 5 });
  const begin = async (at: Consumers, name: string): Promise<HeldSession> =>
    new HeldSession(await at.begin(name, null, after(0n)));
  const attach = (at: Consumers, session: HeldSession): HeldSession => {
    at.attach(session, session.begun);
    return session;
  };

  it('are of consumers whose ids are never given twice', async () => {
    const first = await create('c');
    await hub.delete('c');
    const second = await create('c');
    await hub.delete('c');
    const third = await create('d');
    const { id: fourth } = await hub.begin('c', null, after(0n));
    const ids = [first.id, second.id, third.id, fourth];
    expect(new Set(ids).size).toBe(4);
    expect(ids).toEqual([...ids].sort((a, b) => Number(a - b)));
  });

  it('acknowledge with their id while they own the consumer, wherever', async () => {
    const session = attach(hub, await begin(hub, 'c'));
    expect(await hub.acknowledge('c', unmarked(10n), sessionId(session))).toMatchObject({ position: 10n });
    expect(await other.acknowledge('c', unmarked(20n), sessionId(session))).toMatchObject({ position: 20n });
  });

  it('acknowledge nothing once another took over', async () => {
    const older = await begin(hub, 'c');
    await begin(other, 'c');
    for (const at of [hub, other]) {
      expect(await rejectionOf(at.acknowledge('c', unmarked(10n), sessionId(older)))).toMatchObject({
        code: 'CONSUMER_TAKEN_OVER',
      });
    }
    expect(await hub.find('c')).toMatchObject({ position: 0n, acknowledgedAt: null });
  });

  it('acknowledge nothing of a later consumer of the same name, though both count the same', async () => {
    const older = await begin(hub, 'c');
    await hub.delete('c');
    expect(await rejectionOf(hub.acknowledge('c', unmarked(10n), sessionId(older)))).toMatchObject({
      code: 'CONSUMER_NOT_FOUND',
    });
    const newer = await begin(hub, 'c');
    expect([newer.epoch, newer.seeks]).toEqual([older.epoch, older.seeks]);
    expect(await rejectionOf(hub.acknowledge('c', unmarked(10n), sessionId(older)))).toMatchObject({
      code: 'CONSUMER_TAKEN_OVER',
    });
    expect(await hub.find('c')).toMatchObject({ position: 0n });
  });

  it('acknowledge nothing of what they sent before a seek, and what they sent after it', async () => {
    const session = attach(hub, await begin(hub, 'c'));
    const before = sessionId(session);
    await other.seek('c', after(5n));
    for (const at of [hub, other])
      expect(await at.acknowledge('c', unmarked(50n), before)).toMatchObject({ position: 5n });
    await hub.touched('c');
    expect(session.told).toContain('sought 5');
    session.sent = 60n;
    expect(sessionId(session)).not.toBe(before);
    expect(await hub.acknowledge('c', unmarked(60n), sessionId(session))).toMatchObject({ position: 60n });
  });

  it('may be left out where what is acknowledged is not to be fenced', async () => {
    await begin(hub, 'c');
    await begin(other, 'c');
    expect(await hub.acknowledge('c', unmarked(10n), null)).toMatchObject({ position: 10n });
  });

  it.each(['', 'c', '1.1', '1.1.1.1', '1.1.-1', ' 1.1.1', '1.1.1\n', '1.1.x', '1.1.1234567890123456789'])(
    'have ids that %j is not',
    async (text) => {
      await create('c');
      expect(await rejectionOf(hub.acknowledge('c', unmarked(1n), text))).toMatchObject({
        code: 'BAD_USER_INPUT',
        details: { path: 'session' },
      });
    },
  );

  describe('end with CONSUMER_DELETED where the consumer was deleted and created again elsewhere', () => {
    it.each<[string, (at: Consumers) => Promise<void>]>([
      ['when their hub is told', (at) => at.touched('c')],
      ['by the report', (at) => at.report()],
      ['by the action', (at) => at.hear(1n)],
    ])('%s', async (_what, hear) => {
      const older = attach(hub, await begin(hub, 'c'));
      await other.delete('c');
      const newer = attach(other, await begin(other, 'c'));
      expect(newer.epoch).toBe(older.epoch);
      await hear(hub);
      expect(older.ended).toMatchObject({ code: 'CONSUMER_DELETED', details: { consumer: 'c' } });
      await hub.detach(older);
      await other.report();
      expect(newer.ended).toBeNull();
      expect(await hub.find('c')).toMatchObject({ connected: true });
    });

    it('when the later session is attached at their own hub', async () => {
      const older = attach(hub, await begin(hub, 'c'));
      await other.delete('c');
      const newer = attach(hub, await begin(hub, 'c'));
      expect(older.ended).toMatchObject({ code: 'CONSUMER_DELETED' });
      expect(newer.ended).toBeNull();
    });

    it('when they are attached after it', async () => {
      const older = await begin(hub, 'c');
      await other.delete('c');
      // The later consumer has had fewer sessions.
      await begin(hub, 'd');
      const newer = attach(hub, await begin(hub, 'c'));
      attach(hub, older);
      expect(older.ended).toMatchObject({ code: 'CONSUMER_DELETED' });
      expect(newer.ended).toBeNull();
      expect(hub.sessionOf(newer.begun)).toBe(newer);
    });
  });

  it('end with CONSUMER_TAKEN_OVER where a newer one is attached at their hub, in whichever order', async () => {
    const [first, second, third] = [await begin(hub, 'c'), await begin(hub, 'c'), await begin(hub, 'c')];
    attach(hub, second);
    attach(hub, first);
    expect([first.ended, second.ended]).toMatchObject([{ code: 'CONSUMER_TAKEN_OVER' }, null]);
    attach(hub, third);
    expect(second.ended).toMatchObject({ code: 'CONSUMER_TAKEN_OVER' });
    expect(third.ended).toBeNull();
  });

  it('that are deleted at their own hub end at once; a session of an earlier consumer is not meant', async () => {
    const session = attach(hub, await begin(hub, 'c'));
    await hub.delete('c');
    expect(session.told).toEqual(['CONSUMER_DELETED']);
  });
});
