import type { Consumers } from '../../src/ack/ack.js';
import { sessionId } from '../../src/ack/ack.js';
import { HubError } from '../../src/model/errors.js';
import { noNotes } from '../../src/model/notes.js';
import { asBigint } from '../../src/platform/platform.js';
import { Retry } from '../../src/retry/retry.js';
import { View } from '../../src/view/view.js';
import { databaseKinds } from '../support/databases.js';
import { append } from './support/append.js';
import { after, consumersOf, HeldSession } from './support/consumers.js';
import { rejectionOf, unmarked } from './support/parts.js';
import { BECOMES, type Event, type State } from './support/rejection-states.js';
import { Stand } from './support/stand.js';

const STATES = Object.keys(BECOMES) as State[];
/** Two changes of one key, and others. */
const EARLIER = 1n;
const SUBJECT = 2n;
const OTHER = 3n;
const LATER = 4n;
const KEYS = ['k', 'k', 'other', 'k'];

const view = View.of();
const NOTHING = { lost: null, claimed: [] };
const heldAs = (position: bigint) => ({ position, collection: 'quakes', key: 'k', scope: 'WITHIN' }) as const;

describe.each(databaseKinds)('a change that a consumer rejected, on $name,', (kind) => {
  let stand: Stand;
  let consumers: Consumers;
  let retry: Retry;
  let session: HeldSession;
  let claims = 0;

  beforeAll(async () => {
    stand = await Stand.create(kind);
    await append(
      stand.log,
      KEYS.map((key) => ({ key })),
    );
  });
  beforeEach(async () => {
    consumers = consumersOf(stand);
    retry = new Retry({
      database: stand.database,
      consumers,
      backoff: { firstMs: 1, longestMs: 1 },
      log: stand.log,
      pointOf: (cursor, place) => stand.log.points.of(cursor, place),
      notes: noNotes,
      chance: () => 0,
    });
    await begin();
  });
  afterEach(async () => {
    await consumers.delete('c').catch(() => undefined);
    await consumers.close();
  });
  afterAll(() => stand.drop());

  async function begin(): Promise<void> {
    const begun = await consumers.begin('c', null, after(0n));
    session = new HeldSession(begun);
    consumers.attach(session, begun);
  }

  interface Found {
    readonly state: State;
    readonly ticket: bigint;
    readonly attempt: number;
  }

  /** What the database holds of a change; `gone` where it holds nothing. */
  async function find(position: bigint): Promise<Found | null> {
    const [row] = await stand.database.read(
      'select state, ticket, next_attempt, next_attempt_at, out_epoch from rejection where consumer = $1 and position = $2',
      [session.id, position],
    );
    if (!row) return null;
    const isOut = row.out_epoch !== null && asBigint(row.out_epoch) === session.epoch;
    const waiting = isOut ? 'OUT' : row.next_attempt_at === null ? 'HELD' : 'DUE';
    return {
      state: row.state === 'WAITING' ? waiting : (row.state as State),
      ticket: asBigint(row.ticket),
      attempt: Number(row.next_attempt),
    };
  }
  const stateOf = async (position: bigint): Promise<State | 'gone'> =>
    (await find(position))?.state ?? 'gone';

  const reject = (position: bigint, ticket: bigint | null = null, attempt = 2): ReturnType<Retry['reject']> =>
    retry.reject('c', {
      content: {
        ...unmarked(position),
        attempt: ticket === null ? null : { consumer: session.id, attempt, ticket },
      },
      reason: 'it cannot be processed',
      retryInSeconds: 0,
      session: sessionId(session),
      view,
    });
  const settleWith = (
    position: bigint,
    ticket: bigint,
    consumer = session.id,
  ): ReturnType<Retry['acknowledge']> =>
    retry.acknowledge(
      'c',
      { ...unmarked(position), attempt: { consumer, attempt: 2, ticket } },
      sessionId(session),
    );
  const attempts = (most: number): Promise<unknown> =>
    stand.database.write('update consumer set max_attempts = $2 where name = $1', ['c', most]);
  const claim = (number = (claims += 1)): ReturnType<Retry['holding']['claim']> =>
    retry.holding.claim(session, number, 100);
  /** Takes a change out where it is due; no other change of its key is due then. */
  const takeOut = async (position: bigint): Promise<void> => {
    if ((await stateOf(position)) === 'DUE') await claim();
  };
  const lastAttempt = async (position: bigint): Promise<void> => {
    await takeOut(position);
    await attempts(1);
    await reject(position);
    await attempts(1_000);
  };
  const settle = async (position: bigint): Promise<void> => {
    await takeOut(position);
    await settleWith(position, (await find(position))?.ticket ?? 0n);
  };
  const letter = (position: bigint): string => stand.log.ids.deadLetter({ consumer: session.id, position });

  /** Brings the subject into a state; the earlier change of its key is settled by then, unless the subject is held. */
  const INTO: Readonly<Record<State, () => Promise<void>>> = {
    HELD: async () => {
      await attempts(1_000);
      await reject(EARLIER);
      expect(await retry.holding.hold(session, [heldAs(SUBJECT)])).toEqual(new Set([SUBJECT]));
    },
    DUE: async () => {
      await INTO.HELD();
      await settle(EARLIER);
    },
    OUT: async () => {
      await INTO.DUE();
      await claim();
    },
    DEAD: async () => {
      await INTO.OUT();
      await lastAttempt(SUBJECT);
    },
    SETTLED: async () => {
      await INTO.OUT();
      await settle(SUBJECT);
    },
  };

  const HAPPENS: Readonly<Record<Event, () => Promise<unknown>>> = {
    claim,
    'reject, attempts left': () => reject(SUBJECT),
    'reject, the last attempt': async () => {
      await attempts(1);
      await reject(SUBJECT);
    },
    'settle with the current ticket': async () => settleWith(SUBJECT, (await find(SUBJECT))?.ticket ?? 0n),
    'settle with an older ticket': async () =>
      settleWith(SUBJECT, ((await find(SUBJECT))?.ticket ?? 0n) - 1n),
    'the earlier change is settled': () => settle(EARLIER),
    'the earlier change dies': async () => {
      await takeOut(EARLIER);
      await attempts(1);
      await reject(EARLIER);
    },
    redrive: () => retry.redrive('c', null),
    discard: () => retry.discard('c', [letter(SUBJECT)]),
    seek: () => consumers.seek('c', after(0n)),
    'the session is lost, another claims': async () => {
      await begin();
      await claim();
    },
  };

  describe.each(STATES)('where it is %s', (state) => {
    it.each(Object.entries(BECOMES[state]) as [Event, State | 'gone'][])(
      'on "%s" is %s',
      async (event, next) => {
        await INTO[state]();
        expect(await stateOf(SUBJECT)).toBe(state);
        await HAPPENS[event]().catch((error: unknown) => {
          // An event that cannot be in this state is refused, if it is not passed over.
          if (!(error instanceof HubError && error.code === 'BAD_USER_INPUT')) throw error;
        });
        expect(await stateOf(SUBJECT)).toBe(next);
      },
    );
  });

  it('is due at once when it is first rejected, and waits behind an earlier one that is redriven', async () => {
    await reject(SUBJECT);
    expect(await stateOf(SUBJECT)).toBe('DUE');
    await attempts(1);
    await reject(EARLIER);
    expect([await stateOf(EARLIER), await stateOf(SUBJECT)]).toEqual(['DEAD', 'DEAD']);
    expect(await retry.redrive('c', [letter(SUBJECT)])).toBe(1);
    expect([await stateOf(EARLIER), await stateOf(SUBJECT)]).toEqual(['DEAD', 'DUE']);
    expect(await retry.redrive('c', null)).toBe(1);
    expect([await stateOf(EARLIER), await stateOf(SUBJECT)]).toEqual(['DUE', 'HELD']);
    expect(await retry.redrive('c', null)).toBe(0);
  });

  it.each<[string, () => Promise<unknown>, State]>([
    ['is settled', () => settle(EARLIER), 'OUT'],
    ['dies', () => lastAttempt(EARLIER), 'DEAD'],
  ])('that is out while an earlier one is redriven, and that one %s', async (_what, happens, next) => {
    await attempts(1);
    await reject(EARLIER);
    await attempts(1_000);
    await reject(SUBJECT);
    await claim();
    expect(await retry.redrive('c', [letter(EARLIER)])).toBe(1);
    expect([await stateOf(EARLIER), await stateOf(SUBJECT)]).toEqual(['DUE', 'OUT']);
    await happens();
    expect(await stateOf(SUBJECT)).toBe(next);
  });

  it('that was sent before its session heard of the earlier one is held when it hears', async () => {
    await reject(EARLIER);
    const { unheard } = await retry.holding.outlook(session, NOTHING);
    expect(unheard).toEqual([{ position: EARLIER, collection: 'quakes', key: 'k' }]);
    for (const cause of unheard) {
      for (const position of [SUBJECT, LATER])
        await retry.holding.holdSent(session, cause, [heldAs(position)]);
      await retry.holding.heard(session, cause);
    }
    expect([await stateOf(SUBJECT), await stateOf(LATER)]).toEqual(['HELD', 'HELD']);
    expect(await retry.holding.outlook(session, NOTHING)).toMatchObject({
      unheard: [],
      waits: true,
      last: LATER,
    });
    await settle(EARLIER);
    await settle(SUBJECT);
    expect([await stateOf(SUBJECT), await stateOf(LATER)]).toEqual(['SETTLED', 'DUE']);
  });

  it('is gone once it is settled and the cursor has passed it', async () => {
    await INTO.SETTLED();
    await consumers.acknowledge('c', unmarked(2n), sessionId(session));
    await retry.discard('c', []);
    expect(await stateOf(SUBJECT)).toBe('gone');
  });

  it('comes with attempt 2 first, then 3, and from 2 again once it is redriven, never with the same ticket', async () => {
    await INTO.HELD();
    await settle(EARLIER);
    const seen: { readonly attempt: number; readonly ticket: bigint }[] = [];
    const next = async (): Promise<void> => {
      const [due, ...more] = await claim();
      expect([due?.position, more]).toEqual([SUBJECT, []]);
      seen.push({ attempt: due?.attempt ?? 0, ticket: due?.ticket ?? 0n });
    };
    await next();
    for (let i = 0; i < 3; i += 1) {
      await reject(SUBJECT, seen.at(-1)?.ticket, seen.at(-1)?.attempt);
      await next();
    }
    await attempts(1);
    await reject(SUBJECT);
    expect(await stateOf(SUBJECT)).toBe('DEAD');
    await attempts(1_000);
    await retry.redrive('c', null);
    await next();
    await reject(SUBJECT);
    await next();
    await consumers.seek('c', after(0n));
    session.sent = 100n;
    await reject(SUBJECT);
    await next();
    expect(seen.map(({ attempt }) => attempt)).toEqual([2, 3, 4, 5, 2, 3, 2]);
    expect(new Set(seen.map(({ ticket }) => ticket)).size).toBe(seen.length);
  });

  it('that a lost session had comes to the next one as the same attempt', async () => {
    await INTO.OUT();
    const before = await find(SUBJECT);
    const lost = session;
    await begin();
    expect(await claim()).toEqual([
      expect.objectContaining({ attempt: before?.attempt, ticket: before?.ticket }),
    ]);
    expect(await rejectionOf(retry.holding.claim(lost, 1, 1))).toMatchObject({
      code: 'CONSUMER_TAKEN_OVER',
    });
  });

  it('is due again once the session gives up a claim whose answer was lost, as the same attempt with the same ticket', async () => {
    await reject(SUBJECT);
    const [lost] = await claim(1);
    expect(lost).toBeDefined();
    expect(await retry.holding.outlook(session, NOTHING)).toMatchObject({ dueIn: null, out: 1 });
    expect(await retry.holding.outlook(session, { ...NOTHING, lost: 1 })).toMatchObject({ out: 0 });
    expect(await claim(2)).toEqual([lost]);
    expect(await claim(3)).toEqual([]);
  });

  it('stays out where a later claim is given up', async () => {
    await reject(SUBJECT);
    const [sent] = await claim(1);
    expect(sent).toMatchObject({ position: SUBJECT });
    await reject(OTHER);
    const [lost] = await claim(2);
    expect(lost).toMatchObject({ position: OTHER });
    expect(await retry.holding.outlook(session, { ...NOTHING, lost: 2 })).toMatchObject({ out: 1 });
    expect(await claim(3)).toEqual([lost]);
  });

  it('that was claimed and not sent may be sent while it is the first of its key, and else is out to nobody', async () => {
    await INTO.DUE();
    await claim();
    const unsent = { ...NOTHING, claimed: [SUBJECT] };
    expect(await retry.holding.outlook(session, unsent)).toMatchObject({ claimed: [SUBJECT], out: 1 });
    // The earlier change of its key is rejected and redriven, and so waits before it.
    await stand.database.write("update rejection set state = 'DEAD' where consumer = $1 and position = $2", [
      session.id,
      EARLIER,
    ]);
    await retry.redrive('c', [letter(EARLIER)]);
    expect(await retry.holding.outlook(session, unsent)).toMatchObject({ claimed: [], out: 0 });
    expect(await stateOf(SUBJECT)).toBe('HELD');
    expect((await claim()).map(({ position }) => position)).toEqual([EARLIER]);
    await settle(EARLIER);
    expect((await claim()).map(({ position }) => position)).toEqual([SUBJECT]);
  });

  it('counts once where it is rejected twice in one attempt', async () => {
    await INTO.OUT();
    const ticket = (await find(SUBJECT))?.ticket ?? 0n;
    expect(await reject(SUBJECT, ticket)).toMatchObject({ attempts: 1 });
    const again = await reject(SUBJECT, ticket);
    expect([again.attempts, (await find(SUBJECT))?.attempt]).toEqual([1, 3]);
    await claim();
    expect(await reject(SUBJECT, ticket)).toMatchObject({ attempts: 1 });
    expect(await stateOf(SUBJECT)).toBe('OUT');
  });

  it('is not settled or rejected by the cursor of another consumer', async () => {
    await INTO.OUT();
    const { ticket } = (await find(SUBJECT)) ?? { ticket: 0n };
    expect(await rejectionOf(settleWith(SUBJECT, ticket, session.id + 1n))).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { path: 'cursor' },
    });
    const content = { ...unmarked(SUBJECT), attempt: { consumer: session.id + 1n, attempt: 2, ticket } };
    const parts = { reason: 'x', retryInSeconds: null, session: null, view };
    expect(await rejectionOf(retry.reject('c', { content, ...parts }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { path: 'change' },
    });
    expect(await find(SUBJECT)).toMatchObject({ state: 'OUT', ticket });
  });

  it('goes with its consumer: rows, dead letters and their ids', async () => {
    await INTO.DEAD();
    await reject(LATER);
    const [old, id] = [session.id, letter(SUBJECT)];
    expect(await retry.dead(old, 0n, 10)).toHaveLength(1);
    await consumers.delete('c');
    const [row] = await stand.database.read('select count(*) as n from rejection where consumer = $1', [old]);
    expect(Number(row?.n)).toBe(0);
    expect([await retry.dead(old, 0n, 10), await retry.counts()]).toEqual([[], []]);
    await begin();
    await INTO.DEAD();
    for (const refused of [() => retry.redrive('c', [letter(SUBJECT), id]), () => retry.discard('c', [id])])
      expect(await rejectionOf(refused())).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await stateOf(SUBJECT)).toBe('DEAD');
  });
});
