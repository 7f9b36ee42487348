import type { Consumers } from '../../src/ack/ack.js';
import type { ChangeFilter } from '../../src/model/filter.js';
import { silent } from '../../src/model/telemetry.js';
import { databaseKinds } from '../support/databases.js';
import { appendKeys } from './support/append.js';
import { after, consumersOf, HeldSession, sentTo } from './support/consumers.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { Stand } from './support/stand.js';
import type { Opened } from './support/stand.js';

describe.each(databaseKinds)('consumers on $name', (kind) => {
  let stand: Stand;
  let hub: Consumers;
  let other: Consumers;
  let touched: string[];
  let groups: number[];

  const open = (at: Opened): Consumers =>
    consumersOf(at, {
      telemetry: { ...silent, acknowledged: (count) => void groups.push(count) },
      onTouched: (name) => void touched.push(name),
    });

  beforeEach(async () => {
    stand = await Stand.create(kind);
    [touched, groups] = [[], []];
    hub = open(stand);
    other = open(await stand.another());
    await appendKeys(stand.log, 100);
  });
  afterEach(() => stand.drop());

  const create = (name: string, position = 0n, filter: ChangeFilter = {}): Promise<unknown> =>
    hub.create({ name, filter, start: after(position), maxAttempts: 5 });

  const createSent = async (name: string): Promise<void> => {
    await create(name);
    await sentTo(hub, name, 100n);
  };

  /** Begins a session at a hub, and keeps it there. */
  async function attach(
    at: Consumers,
    name: string,
    filter: ChangeFilter | null = null,
  ): Promise<HeldSession> {
    const begun = await at.begin(name, filter, after(0n));
    const session = new HeldSession(begun);
    at.attach(session, begun);
    return session;
  }

  it('are made once, found, listed by name and deleted once', async () => {
    await create('b', 40n, { keys: ['k1'] });
    await create('A');
    await create('ä');
    expect(await hub.find('b')).toMatchObject({
      ...{ name: 'b', position: 40n, lag: 60, filter: { keys: ['k1'] }, maxAttempts: 5 },
      ...{ inFlight: 0, connected: false, paused: false, acknowledgedAt: null },
    });
    expect((await other.list()).map(({ name }) => name)).toEqual(['A', 'b', 'ä']);
    expect(await rejectionOf(create('b'))).toMatchObject({ code: 'CONSUMER_EXISTS' });
    expect(await other.delete('b')).toMatchObject({ name: 'b', position: 40n });
    expect(await hub.find('b')).toBeNull();
    expect(await rejectionOf(hub.delete('b'))).toMatchObject({ code: 'CONSUMER_NOT_FOUND' });
    expect(await rejectionOf(hub.acknowledge('b', unmarked(1n), null))).toMatchObject({
      code: 'CONSUMER_NOT_FOUND',
    });
  });

  it('only move forward, at whichever hub they are acknowledged for', async () => {
    await createSent('c');
    expect(await hub.acknowledge('c', unmarked(10n), null)).toMatchObject({ position: 10n, lag: 90 });
    const at = (await hub.find('c'))?.acknowledgedAt;
    expect(at).not.toBeNull();
    expect(await other.acknowledge('c', unmarked(5n), null)).toMatchObject({
      position: 10n,
      lag: 90,
      acknowledgedAt: at,
    });
    expect(await other.acknowledge('c', unmarked(0n), null)).toMatchObject({ position: 10n });
    expect(await other.acknowledge('c', unmarked(100n), null)).toMatchObject({ position: 100n, lag: 0 });
    const places = [3n, 50n, 100n, 7n, 99n];
    await createSent('d');
    await Promise.all(
      places.map((place, i) => (i % 2 === 0 ? hub : other).acknowledge('d', unmarked(place), null)),
    );
    expect(await hub.find('d')).toMatchObject({ position: 100n });
  });

  it('are moved in groups: many acknowledgements at once are few writes', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
    await Promise.all(names.map((name) => createSent(name)));
    await Promise.all(
      names.flatMap((name, i) =>
        [10n, BigInt(i + 1), 5n].map((place) => hub.acknowledge(name, unmarked(place), null)),
      ),
    );
    expect(groups.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(groups.length).toBeLessThanOrEqual(3);
    for (const [i, name] of names.entries()) {
      expect((await other.find(name))?.position).toBe(BigInt(Math.max(10, i + 1)));
    }
  });

  it('are not moved beyond the end of the log, and a valid acknowledgement beside that counts', async () => {
    await createSent('c');
    await createSent('d');
    const [valid, ahead, alone, unknown] = await Promise.allSettled([
      ...[
        hub.acknowledge('c', unmarked(7n), null),
        hub.acknowledge('c', unmarked(101n), null),
        hub.acknowledge('d', unmarked(9n), null),
      ],
      hub.acknowledge('nobody', unmarked(3n), null),
    ]);
    expect(valid).toMatchObject({ status: 'fulfilled', value: { position: 7n } });
    expect(ahead).toMatchObject({
      status: 'rejected',
      reason: { code: 'CURSOR_AHEAD', details: { path: 'cursor' } },
    });
    expect(alone).toMatchObject({ status: 'fulfilled', value: { position: 9n } });
    expect(unknown).toMatchObject({ status: 'rejected', reason: { code: 'CONSUMER_NOT_FOUND' } });
    expect(await other.find('c')).toMatchObject({ position: 7n });
    expect(await rejectionOf(other.acknowledge('d', unmarked(2n ** 63n - 1n), null))).toMatchObject({
      code: 'CURSOR_AHEAD',
    });
    expect(await other.find('d')).toMatchObject({ position: 9n });
  });

  it('with a session at this hub are not moved beyond what was sent', async () => {
    const session = await attach(hub, 'c');
    session.sent = 20n;
    session.inFlight = 3;
    expect(await rejectionOf(hub.acknowledge('c', unmarked(21n), null))).toMatchObject({
      code: 'CURSOR_AHEAD',
    });
    expect(await hub.acknowledge('c', unmarked(20n), null)).toMatchObject({
      position: 20n,
      inFlight: 3,
      connected: true,
    });
    expect(session.acknowledgements).toEqual([20n]);
    // Another hub cannot know what was sent.
    expect(await other.acknowledge('c', unmarked(21n), null)).toMatchObject({ position: 21n });
    expect(session.acknowledgements).toEqual([20n]);
    await hub.touched('c');
    expect(session.acknowledgements.at(-1)).toBe(21n);
    expect(touched).toContain('c');
  });

  it('are made by their first session, and a later one keeps or replaces the filter', async () => {
    await attach(hub, 'c', { keys: ['k1'] });
    expect(await hub.find('c')).toMatchObject({ position: 0n, filter: { keys: ['k1'] }, connected: true });
    await hub.acknowledge('c', unmarked(30n), null);
    await attach(other, 'c');
    expect(await hub.find('c')).toMatchObject({ position: 30n, filter: { keys: ['k1'] } });
    await attach(other, 'c', { keys: ['k2'] });
    expect(await hub.find('c')).toMatchObject({ position: 30n, filter: { keys: ['k2'] } });
  });

  it('are made once where two hubs begin their first session at once', async () => {
    const sessions = await Promise.all([hub, other, hub, other].map((at) => attach(at, 'c')));
    expect(new Set(sessions.map(({ epoch }) => epoch)).size).toBe(4);
    await hub.report();
    await other.report();
    const alive = sessions.filter(({ ended }) => ended === null);
    expect(alive.map(({ epoch }) => epoch)).toEqual([4n]);
  });

  it('are taken over by a newer session, at the same hub at once', async () => {
    const older = await attach(hub, 'c');
    const newer = await attach(hub, 'c');
    expect(older.ended).toMatchObject({ code: 'CONSUMER_TAKEN_OVER', details: { consumer: 'c' } });
    expect(newer.ended).toBeNull();
    // A session that was begun first and is attached last has lost all the same.
    const late = new HeldSession(older.begun);
    hub.attach(late, late.begun);
    expect(late.ended).toMatchObject({ code: 'CONSUMER_TAKEN_OVER' });
    expect(newer.ended).toBeNull();
    await hub.detach(older);
    expect(await hub.find('c')).toMatchObject({ connected: true });
  });

  it.each<[string, (at: Consumers) => Promise<void>]>([
    ['when it is told', (at) => at.touched('c')],
    ['by its own report, when nobody told', (at) => at.report()],
  ])('are taken over by a session of another hub: the older hub hears %s', async (_what, hear) => {
    const older = await attach(hub, 'c');
    const bystander = await attach(hub, 'd');
    const newer = await attach(other, 'c');
    await hear(hub);
    expect(older.ended).toMatchObject({ code: 'CONSUMER_TAKEN_OVER' });
    expect([newer.ended, bystander.ended]).toEqual([null, null]);
    await hub.detach(older);
    await other.report();
    expect(newer.ended).toBeNull();
    expect(await hub.find('c')).toMatchObject({ connected: true });
  });

  it('that are deleted end their session, at this hub or another', async () => {
    const here = await attach(hub, 'c');
    await hub.delete('c');
    expect(here.ended).toMatchObject({ code: 'CONSUMER_DELETED', details: { consumer: 'c' } });
    const there = await attach(hub, 'd');
    await other.delete('d');
    await hub.report();
    expect(there.ended).toMatchObject({ code: 'CONSUMER_DELETED' });
  });

  it('report how many changes are in flight, and hear where they were acknowledged elsewhere', async () => {
    const session = await attach(hub, 'c');
    session.inFlight = 7;
    await hub.report();
    expect(await other.find('c')).toMatchObject({ inFlight: 7, connected: true });
    await other.acknowledge('c', unmarked(50n), null);
    await hub.report();
    expect(session.acknowledgements.at(-1)).toBe(50n);
  });

  it('are no longer connected once their session ended, or once their hub fell silent', async () => {
    const session = await attach(hub, 'c');
    await hub.detach(session);
    expect(await other.find('c')).toMatchObject({ connected: false, inFlight: 0 });
    await attach(hub, 'd');
    expect(await other.find('d')).toMatchObject({ connected: true });
    // The hub dies, and eight seconds go by.
    await hub.close();
    await stand.database.write("update consumer set reported_at = reported_at - 8000 where name = 'd'");
    expect(await other.find('d')).toMatchObject({ connected: false });
  });
});
