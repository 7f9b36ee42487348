/**
 * A small history of rejections in which nothing is wrong, and doctors that break it. Places 1, 2 and 4 are of one key, 5 and
 * 6 of another: 1 is rejected once, and 2 waits behind it; 5 dies at its second attempt, 6 dies behind it, and 5 is redriven
 * before 7, of the same key, is published.
 */
import type { HistoryEntry, Unstamped } from '../history.js';
import type { Invariant } from './invariants.js';
import { fail } from './patient.js';
import type { OpenEntry, OpenOf, Patient } from './patient.js';
import { again, call, cursor, entitiesOf, logOf, ok, publish, stamped, startOf, LOG_ID } from './small.js';

const log = logOf(['k1', 'k1', 'k2', 'k1', 'k3', 'k3', 'k3']);
/** Published before anything else; the rest is published later. */
const EARLY = [1, 2, 3, 4, 5, 6];
const consumer = 'c';

export const rejectedHistory = (): HistoryEntry[] =>
  stamped([...beginning(), ...firstKey(), ...secondKey(), finalOf()]);

/** The same, but that 5 and 6 are redriven together, and 5 dies once more: 6, which waits behind it, dies with it unsent. */
export function diedAgainHistory(): HistoryEntry[] {
  const entries = [...beginning(), ...firstKey(), ...secondKey(), finalOf()];
  const redrive = entries.findIndex(({ kind }) => kind === 'redrive');
  const settled = entries.findIndex(
    (entry) => entry.kind === 'acknowledge' && entry.cursor === again(5, 2, 10),
  );
  entries.splice(
    settled,
    1,
    reject(5, 2, { attempts: 1, dead: false }),
    batch(2, [5], again(5, 3, 11), 3),
    reject(5, 3, { attempts: 2, dead: true }),
  );
  entries.splice(redrive, 1, {
    ...{ kind: 'redrive', ...call, consumer, ids: ['letter 5', 'letter 6'] },
    outcome: ok({ count: 2 }),
  });
  return stamped(entries.map((entry) => (entry.kind === 'final' ? withLetter(entry) : entry)));
}

/** The same up to the death of 5 and 6; then 7 comes, as nothing waits behind a dead letter, and 6 is rejected, which is dead. */
export function deadAlreadyHistory(): HistoryEntry[] {
  const dying = secondKey();
  return stamped([
    ...beginning(),
    ...firstKey(),
    ...dying.slice(
      0,
      dying.findIndex(({ kind }) => kind === 'ended'),
    ),
    publish(log, 7),
    batch(1, [7], cursor(7)),
    reject(6, 1, { attempts: 0, dead: true }),
    acknowledge(1, cursor(7), 1, 7),
    ...[finalOf()].map(withLetter),
  ]);
}

function withLetter(final: Extract<Unstamped, { kind: 'final' }>): Unstamped {
  const letter = { id: 'letter 5', change: cursor(5), attempts: 2, nextAttemptAt: null, dead: true };
  return {
    ...final,
    consumers: final.consumers.map((one) => ({ ...one, deadLetters: [letter, ...one.deadLetters] })),
  };
}

const beginning = (): Unstamped[] => [
  startOf(),
  ...EARLY.map((place) => publish(log, place)),
  subscribe(1),
  batch(1, [], cursor(0)),
];

const firstKey = (): Unstamped[] => [
  batch(1, [1, 2, 3], cursor(3)),
  reject(1, 1, { attempts: 1, dead: false }),
  acknowledge(1, cursor(3), 1, 3),
  batch(1, [1], again(1, 2, 7), 2),
  acknowledge(1, again(1, 2, 7), 2, 3),
  batch(1, [2], again(2, 2, 8), 2),
  acknowledge(1, again(2, 2, 8), 2, 3),
];

const secondKey = (): Unstamped[] => [
  batch(1, [4, 5, 6], cursor(6)),
  reject(5, 1, { attempts: 1, dead: false }),
  acknowledge(1, cursor(6), 1, 6),
  batch(1, [5], again(5, 2, 9), 2),
  reject(5, 2, { attempts: 2, dead: true }),
  { kind: 'ended', consumer, connection: 1, by: 'socket', code: null, closeCode: null, reason: '' },
  subscribe(2),
  batch(2, [], cursor(6)),
  { kind: 'redrive', ...call, consumer, ids: ['letter 5'], outcome: ok({ count: 1 }) },
  publish(log, 7),
  batch(2, [5], again(5, 2, 10), 2),
  acknowledge(2, again(5, 2, 10), 2, 6),
  batch(2, [7], cursor(7)),
  acknowledge(2, cursor(7), 1, 7),
];

const subscribe = (connection: number): Unstamped => ({
  ...{ kind: 'subscribe', consumer, connection, hub: 'a', startAt: 'EARLIEST', filter: null },
  ...{ batchSize: 10, maxInFlight: 10 },
});

const batch = (connection: number, places: readonly number[], at: string, attempt = 1): Unstamped => ({
  ...{
    kind: 'batch',
    consumer,
    connection,
    session: `${connection}.0`,
    cursor: at,
    attempt,
    head: cursor(7),
  },
  changes: places.map((place) => ({ ...(log[place - 1] ?? fail()), scope: 'WITHIN' as const })),
});

const acknowledge = (connection: number, at: string, attempt: number, answered: number): Unstamped => ({
  ...{ kind: 'acknowledge', ...call, consumer, connection, cursor: at, session: `${connection}.0`, attempt },
  outcome: ok({ cursor: cursor(answered) }),
});

const reject = (place: number, attempt: number, is: { attempts: number; dead: boolean }): Unstamped => ({
  ...{ kind: 'reject', ...call, consumer, connection: 1, change: cursor(place), attempt, reason: 'no' },
  ...{ retryInSeconds: null, session: '1.0' },
  outcome: ok({ id: `letter ${place}`, change: cursor(place), nextAttemptAt: null, ...is }),
});

function finalOf(): Extract<Unstamped, { kind: 'final' }> {
  const letter = { id: 'letter 6', change: cursor(6), attempts: 0, nextAttemptAt: null, dead: true };
  const [end, changeCount] = [cursor(log.length), log.length];
  return {
    kind: 'final',
    hubs: [{ hub: 'a', logId: LOG_ID, head: end, changeCount, log, entities: entitiesOf(log) }],
    consumers: [{ name: consumer, cursor: end, lag: 0, deadLetters: [letter], maxAttempts: 2 }],
    copies: [],
  };
}

type Removable = OpenOf<'batch' | 'acknowledge' | 'redrive' | 'reject'>;

function remove(p: Patient, isGone: (entry: Removable) => boolean): void {
  const kept = p.entries.filter(
    (entry) =>
      !['batch', 'acknowledge', 'redrive', 'reject'].includes(entry.kind) || !isGone(entry as Removable),
  );
  p.entries.splice(0, Infinity, ...kept);
}

/** What comes again in this history, and what settles it, is of attempt 2. */
const isAgain =
  (place: number) =>
  (entry: Removable): boolean =>
    'cursor' in entry && [7, 8, 9, 10].some((ticket) => entry.cursor === again(place, 2, ticket));

export const rejectionDoctors: readonly (readonly [Invariant, string, (patient: Patient) => unknown])[] = [
  [
    'wrong attempt',
    'an attempt is left out',
    (p) =>
      p
        .all('batch')
        .filter(isAgain(1))
        .forEach((one) => (one.attempt = 3)),
  ],
  [
    'wrong attempt',
    'an attempt comes twice',
    (p) => {
      const place = p.entries.findIndex((entry) => entry.kind === 'batch' && isAgain(2)(entry));
      const twice = p.entries[place] ?? fail();
      p.entries.splice(place + 1, 0, { ...twice, at: twice.at + 1 });
    },
  ],
  [
    'wrong attempt',
    'an attempt comes that nothing led to, since the change did not wait',
    (p) =>
      p
        .all('batch')
        .filter(isAgain(5))
        .forEach((one) => (one.attempt = 3)),
  ],
  [
    'wrong attempt',
    'a change that comes again is not alone',
    (p) =>
      p
        .all('batch')
        .filter(isAgain(1))
        .forEach((one) => one.changes.push(one.changes[0] ?? fail())),
  ],
  [
    'wrong attempt',
    'more attempts are counted than came',
    (p) => {
      const [{ outcome } = fail()] = p.all('reject');
      if (outcome.kind === 'ok') outcome.value.attempts = 4;
    },
  ],
  [
    'overtaken key',
    'a new session brings the next change of a rejected key',
    (p) => {
      const place = p.entries.findIndex((entry) => entry.kind === 'reject');
      const at = (p.entries[place]?.at ?? 0) + 1;
      const brought = [subscribe(3), batch(3, [], cursor(0)), batch(3, [2], cursor(2))];
      p.entries.splice(place + 1, 0, ...brought.map((entry, i) => ({ ...entry, at: at + i }) as never));
    },
  ],
  [
    'wrong dead letter',
    'a change is alive after its last attempt',
    (p) => {
      const outcome = p.all('reject').at(-1)?.outcome;
      if (outcome?.kind === 'ok') outcome.value.dead = false;
    },
  ],
  [
    'wrong dead letter',
    'a dead letter is listed nowhere',
    (p) => remove(p, (entry) => entry.kind === 'redrive' || isAgain(5)(entry)),
  ],
  [
    'wrong dead letter',
    'a letter that never died',
    (p) => p.final.consumers[0]?.deadLetters.push({ ...letterOf(p), change: cursor(3) }),
  ],
  [
    'dead and alive',
    'it comes again, and nobody redrove it',
    (p) => remove(p, ({ kind }) => kind === 'redrive'),
  ],
  [
    'neither here nor there',
    'a rejected change never comes again',
    (p) => remove(p, (entry) => isAgain(1)(entry)),
  ],
  [
    'neither here nor there',
    'a change that was sent behind a rejected one never comes again',
    (p) => remove(p, (entry) => isAgain(2)(entry)),
  ],
  ['redrive lost', 'what was redriven does not come', (p) => remove(p, (entry) => isAgain(5)(entry))],
  [
    'refused for nothing',
    'what the session holds open is said not to have been sent',
    (p) =>
      ((p.all('reject')[0] ?? fail()).outcome = { kind: 'fail', code: 'BAD_USER_INPUT', retryable: false }),
  ],
  [
    'redrive overtaken',
    'what was published since comes before what was redriven',
    (p) => {
      const seventh = p.all('batch').find((one) => one.cursor === cursor(7)) ?? fail();
      const redrive = p.all('redrive')[0] ?? fail();
      seventh.at = redrive.at + 15;
    },
  ],
  [
    'foreign cursor taken',
    "another consumer's cursor settles a change, which never comes",
    (p) => {
      const own = p.all('batch').find(isAgain(1)) ?? fail();
      const settled = p.all('acknowledge').find(isAgain(1)) ?? fail();
      Object.assign(own, { consumer: 'another', connection: 99 });
      Object.assign(settled, {
        foreign: 'another',
        connection: 0,
        session: null,
      } satisfies Partial<OpenEntry>);
    },
  ],
];

const letterOf = (p: Patient): OpenOf<'final'>['consumers'][number]['deadLetters'][number] =>
  p.final.consumers[0]?.deadLetters[0] ?? fail();
