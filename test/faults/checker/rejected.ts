/**
 * A small history of rejections in which nothing is wrong, and doctors that break it. Places 1, 2 and 4 are of one key, 5 and
 * 6 of another: 1 is rejected once, and 2 waits behind it; 5 dies at its second attempt, 6 dies behind it, and 5 is redriven.
 */
import { CursorCodec } from '../../../src/model/cursor.js';
import type { ChangeRecord, HistoryEntry, Unstamped } from '../history.js';
import type { Invariant } from './invariants.js';
import { fail } from './patient.js';
import type { OpenOf, Patient } from './patient.js';

const LOG_ID = '51c40a7e-0000-4000-8000-000000000000';
const KEYS = ['k1', 'k1', 'k2', 'k1', 'k3', 'k3'];
const codec = new CursorCodec(LOG_ID);
const cursor = (place: number): string => codec.encode(BigInt(place));
const again = (place: number, attempt: number, ticket: number): string =>
  codec.encodeAttempt(BigInt(place), { attempt, ticket: BigInt(ticket) });
const ok = <T>(value: T): { kind: 'ok'; value: T } => ({ kind: 'ok', value });

const log: ChangeRecord[] = KEYS.map((key, i) => {
  const version = KEYS.slice(0, i + 1).filter((one) => one === key).length;
  return {
    ...{ cursor: cursor(i + 1), id: `id ${i + 1}`, collection: 'orders', key, version, source: 'crm' },
    operation: version === 1 ? 'CREATE' : 'UPDATE',
    before: version === 1 ? null : { version: version - 1 },
    after: { version },
    changedFields: ['version'],
    recordedAt: '2024-01-01T00:00:00.000Z',
  };
});

/** Entries get their times in the order in which they stand here. */
export function rejectedHistory(): HistoryEntry[] {
  const entries = [...beginning(), ...firstKey(), ...secondKey(), finalOf()];
  return entries.map((entry, i) => ({
    ...entry,
    at: i * 10,
    ...('invokedAt' in entry ? { invokedAt: i * 10 - 5 } : {}),
  }));
}

const call = { hub: 'a', invokedAt: 0 };
const consumer = 'c';

function beginning(): Unstamped[] {
  return [
    { kind: 'start', seed: 0, logId: LOG_ID, head: cursor(0), hubs: ['a'] },
    ...log.map(({ collection, key, id, after, cursor: at, version, operation }, i): Unstamped => ({
      ...{ kind: 'publish', ...call, producer: 'p', source: 'crm', call: i, atomic: false },
      changes: [{ collection, key, id, write: 'UPSERT', data: after, expectedVersion: null }],
      outcome: ok({ cursor: at, results: [{ outcome: 'APPLIED' as const, cursor: at, version, operation }] }),
    })),
    subscribe(1),
    batch(1, [], cursor(0)),
  ];
}

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
  batch(2, [5], again(5, 2, 10), 2),
  acknowledge(2, again(5, 2, 10), 2, 6),
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
    head: cursor(6),
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

function finalOf(): Unstamped {
  const entities = ['k1', 'k2', 'k3'].map((key) => {
    const newest = log.findLast((change) => change.key === key) ?? fail();
    const { collection, version, after, cursor: at } = newest;
    return { collection, key, version, data: after ?? {}, cursor: at };
  });
  const letter = { id: 'letter 6', change: cursor(6), attempts: 0, nextAttemptAt: null, dead: true };
  return {
    kind: 'final',
    hubs: [{ hub: 'a', logId: LOG_ID, head: cursor(6), changeCount: 6, log, entities }],
    consumers: [{ name: consumer, cursor: cursor(6), lag: 0, deadLetters: [letter], maxAttempts: 2 }],
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
];

const letterOf = (p: Patient): OpenOf<'final'>['consumers'][number]['deadLetters'][number] =>
  p.final.consumers[0]?.deadLetters[0] ?? fail();
