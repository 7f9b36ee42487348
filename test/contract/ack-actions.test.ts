import { sessionId } from '../../src/ack/ack.js';
import type { Consumers, ConsumersOptions } from '../../src/ack/ack.js';
import { databaseKinds } from '../support/databases.js';
import { FakeTimers } from '../support/fake-timers.js';
import { eventually } from '../support/wait.js';
import { append, appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { connect, Stand } from './support/stand.js';
import type { Opened } from './support/stand.js';

/** What operators do has a place in the log's order, and every hub hears of it. */
describe.each(databaseKinds)('operator actions on $name', (kind) => {
  let stand: Stand;
  let hub: Consumers;
  let other: Consumers;
  let acted: number;
  let touched: string[];

  const open = (at: Opened, parts: Partial<ConsumersOptions> = {}): Consumers =>
    consumersOf(at, {
      onActed: () => void (acted += 1),
      onTouched: (name) => void touched.push(name),
      ...parts,
    });

  beforeEach(async () => {
    stand = await Stand.create(kind);
    [acted, touched] = [0, []];
    hub = open(stand);
    other = open(await stand.another());
    await appendKeys(stand.log, 100);
  });
  afterEach(() => stand.drop());

  const counted = async (): Promise<bigint> => (await stand.log.extent()).actions;
  const begin = async (at: Consumers, name: string): Promise<HeldSession> =>
    new HeldSession(await at.begin(name, null, after(0n)));
  const attach = async (at: Consumers, name: string): Promise<HeldSession> => {
    const session = await begin(at, name);
    at.attach(session, session.begun);
    return session;
  };

  it('are counted by the log; nothing else is, nor what was done to nobody', async () => {
    const session = await attach(hub, 'c');
    await hub.acknowledge('c', unmarked(1n), sessionId(session));
    await hub.create({ name: 'd', filter: {}, start: after(0n), maxAttempts: 5 });
    await hub.report();
    for (const act of [() => hub.delete('x'), () => hub.seek('x', after(0n)), () => hub.setPaused('x', true)])
      expect(await rejectionOf(act())).toMatchObject({ code: 'CONSUMER_NOT_FOUND' });
    expect([await counted(), acted]).toEqual([0n, 0]);
    await hub.seek('c', after(3n));
    expect([await counted(), acted]).toEqual([1n, 1]);
    await hub.setPaused('c', true);
    await hub.setPaused('c', false);
    expect([await counted(), acted]).toEqual([3n, 3]);
    await hub.delete('c');
    expect([await counted(), acted]).toEqual([4n, 4]);
    expect((await append(stand.log, [{ key: 'a' }])).actions).toBe(4n);
  });

  it('are known to a session of their own hub when they are answered', async () => {
    const session = await attach(hub, 'c');
    await hub.setPaused('c', true);
    expect(session.paused).toBe(true);
    await hub.seek('c', after(7n));
    expect([session.position, session.seeks]).toEqual([7n, 1n]);
    await hub.setPaused('c', false);
    expect(session.paused).toBe(false);
    await hub.delete('c');
    expect(session.ended).toMatchObject({ code: 'CONSUMER_DELETED' });
  });

  it.each<[string, (at: Consumers) => Promise<unknown>, string[]]>([
    ['a seek', (at) => at.seek('c', after(7n)), ['sought 7', 'revised 1', 'acknowledged 7']],
    ['a deletion', (at) => at.delete('c'), ['CONSUMER_DELETED']],
  ])(
    'of another hub are told to the session that they concern when the hub hears of them: %s',
    async (...args) => {
      const [, act, told] = args;
      const session = await attach(hub, 'c');
      const bystander = await attach(hub, 'd');
      await act(other);
      expect(session.told).toEqual([]);
      await hub.hear(await counted());
      expect(session.told.slice(0, told.length)).toEqual(told);
      expect(bystander.told).toEqual([]);
      const before = session.told.length;
      await hub.hear(1n);
      await hub.hear(0n);
      expect(session.told.length).toBe(before);
    },
  );

  it('that are heard are reported, with how far the session had sent by then', async () => {
    const session = await attach(hub, 'c');
    session.sent = 42n;
    session.inFlight = 3;
    const pausing = other.setPaused('c', true);
    await eventually(async () => (await counted()) === 1n, { what: 'the action to be recorded' });
    expect(await other.find('c')).toMatchObject({ sent: 0n, heard: 0n });
    await hub.hear(1n);
    expect(session.paused).toBe(true);
    expect(await other.find('c')).toMatchObject({ sent: 42n, heard: 1n, inFlight: 3 });
    expect(await pausing).toMatchObject({ paused: true, sent: 42n });
  });

  it('are known to a session that had begun before them and is attached after them', async () => {
    const begun = await hub.begin('c', null, after(0n));
    await hub.setPaused('c', true);
    const session = new HeldSession(begun);
    hub.attach(session, begun);
    expect(session.rechecks).toBe(1);
  });

  describe('are answered where another hub holds the session', () => {
    let timers: FakeTimers;
    let third: Consumers;

    beforeEach(async () => {
      timers = new FakeTimers();
      third = open(await stand.another(), { timers });
    });

    /** A pause at a hub without the session, which waits by now. */
    async function pause(): Promise<{ readonly answer: Promise<unknown>; answered: boolean }> {
      const answer = third.setPaused('c', true);
      const pausing = { answer, answered: false };
      void answer.then(() => (pausing.answered = true));
      await waits();
      return pausing;
    }
    /** The look whether it was heard is over, and the next one is planned. */
    const waits = (): Promise<true> => eventually(() => timers.pending === 3, { what: 'the next look' });

    it('once that hub has heard of them', async () => {
      const session = await attach(hub, 'c');
      session.sent = 20n;
      const pausing = await pause();
      for (let i = 0; i < 3; i += 1) {
        timers.advance(25);
        await waits();
      }
      // A report says what the hub has heard, not that it looked.
      await hub.report();
      expect(session.paused).toBe(true);
      timers.advance(25);
      await waits();
      expect(pausing.answered).toBe(false);
      session.sent = 133n;
      await hub.hear(1n);
      timers.advance(25);
      expect(await pausing.answer).toMatchObject({ paused: true, connected: true, sent: 133n, heard: 1n });
    });

    it.each<[string, (session: HeldSession) => Promise<unknown>]>([
      ['its session ended', (session) => hub.detach(session)],
      ['a newer session has begun', () => begin(other, 'c')],
      ['the consumer was deleted', () => other.delete('c')],
      [
        'its hub fell silent',
        () => stand.database.write('update consumer set reported_at = reported_at - 8000'),
      ],
    ])('also when %s', async (_what, happens) => {
      const session = await attach(hub, 'c');
      const pausing = await pause();
      expect(pausing.answered).toBe(false);
      await happens(session);
      timers.advance(25);
      expect(await pausing.answer).toMatchObject({ name: 'c', paused: true });
    });

    it('at once where no session is', async () => {
      await hub.detach(await attach(hub, 'c'));
      expect(await third.setPaused('c', true)).toMatchObject({ paused: true, connected: false });
      expect(timers.pending).toBe(2);
    });
  });

  it('tell a session to look again that began before them and was attached after they were heard', async () => {
    const early = await begin(hub, 'c');
    await other.seek('c', after(3n));
    const late = await begin(hub, 'd');
    await hub.hear(1n);
    hub.attach(early, early.begun);
    hub.attach(late, late.begun);
    expect([early.told, late.told]).toEqual([['recheck'], []]);
  });

  it('tell a session to look again that is attached while they are being heard', async () => {
    const session = await begin(hub, 'c');
    await attach(hub, 'd');
    await other.seek('c', after(3n));
    const hearing = hub.hear(1n);
    hub.attach(session, session.begun);
    await hearing;
    expect(session.told).toContain('recheck');
  });

  it('that are no longer all kept make a hub re-read every consumer that it holds', async () => {
    const sought = await attach(hub, 'c');
    const bystander = await attach(hub, 'd');
    const deleted = await attach(hub, 'e');
    await other.seek('c', after(3n));
    await other.delete('e');
    await stand.database.write('update log_head set actions = 20000');
    await other.create({ name: 'f', filter: {}, start: after(0n), maxAttempts: 5 });
    await other.seek('f', after(3n));
    const kept = await stand.database.read('select number from consumer_action');
    expect(kept.map(({ number }) => Number(number))).toEqual([20_001]);
    await hub.hear(20_001n);
    expect(sought.told).toContain('sought 3');
    expect(deleted.ended).toMatchObject({ code: 'CONSUMER_DELETED' });
    // It was re-read, and nothing had been done to it.
    expect(bystander.told).toContain('acknowledged 0');
    expect([bystander.ended, bystander.seeks]).toEqual([null, 0n]);
    expect(await other.find('c')).toMatchObject({ heard: 20_001n });
  });

  it('that could not be heard are heard when it is tried again', async () => {
    const database = await connect(stand.own.url);
    const cut = open({ database, log: stand.log, closing: stand.closing }, { onError: () => undefined });
    const session = await attach(hub, 'c');
    cut.attach(session, session.begun);
    await other.seek('c', after(3n));
    const read = jest
      .spyOn(database, 'read')
      .mockRejectedValueOnce(new Error('the database does not answer'));
    await expect(cut.hear(1n)).rejects.toThrow('the database does not answer');
    expect(session.seeks).toBe(0n);
    await cut.hear(1n);
    expect(session.seeks).toBe(1n);
    read.mockRestore();
    await database.close();
  });
});
