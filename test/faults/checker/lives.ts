/**
 * A small history, in which nothing is wrong, of a consumer that is deleted and made again, of one that is paused, of one in
 * whose name others reject what they must not, and of a snapshot; and doctors that break it.
 *
 * Places 1, 2 and 4 are of one key, 3 of another, 5 and 6 of a third. 1 and 2 are in the log when the snapshot is taken.
 */
import type { HistoryEntry, Unstamped } from '../history.js';
import type { Invariant } from './invariants.js';
import { fail } from './patient.js';
import type { OpenOf, Patient } from './patient.js';
import { call, cursor, entitiesOf, logOf, ok, publish, stamped, startOf, LOG_ID } from './small.js';

const log = logOf(['k1', 'k1', 'k2', 'k1', 'k3', 'k3']);
const [remade, steady, copying, absent] = ['remade', 'steady', 'copying', 'absent'];
const MEGABYTES = 1_024 * 1_024;

const refused = (code: string): { kind: 'fail'; code: string; retryable: boolean } => ({
  ...{ kind: 'fail', code, retryable: false },
});

export const livesHistory = (): HistoryEntry[] =>
  stamped([
    startOf(),
    ...[1, 2].map((place) => publish(log, place)),
    subscribe(copying, 1, { startAt: 'SNAPSHOT' }),
    ...batches(copying, 1, [[0]]),
    ...[3, 4].map((place) => publish(log, place)),
    ...batches(copying, 1, [[4, 2, 3, 4]]),
    { kind: 'memory', hub: 'a', bytes: 150 * MEGABYTES },
    ...remaking(),
    ...pausing(),
    ...rejecting(),
    ...[5, 6].map((place) => publish(log, place)),
    ...[copying, remade].flatMap((name, i) => batches(name, i === 0 ? 1 : 3, [[6, 5, 6]])),
    ...batches(steady, 4, [[2, 2], [4, 4], [6]]),
    finalOf(),
  ]);

/**
 * A snapshot that is taken again between two changes, while a deletion is under way: its second session begins behind all that
 * would tell whether it was taken before 4, which replaces 2, or after it.
 */
export function racedHistory(): HistoryEntry[] {
  const history = stamped([
    startOf(),
    ...[1, 2].map((place) => publish(log, place)),
    subscribe(copying, 1, { startAt: 'SNAPSHOT' }),
    ...[3, 4].map((place) => publish(log, place)),
    ...batches(copying, 1, [[0], [3, 3]]),
    { kind: 'delete', ...call, consumer: copying, outcome: ok({ cursor: cursor(0) }) },
    {
      kind: 'ended',
      consumer: copying,
      connection: 1,
      by: 'socket',
      code: null,
      closeCode: null,
      reason: '',
    },
    subscribe(copying, 2, { startAt: 'SNAPSHOT' }),
    ...batches(copying, 2, [[3], [4, 4]]),
    ...[5, 6].map((place) => publish(log, place)),
    ...batches(copying, 2, [[6, 5, 6]]),
    finalOf([copying]),
  ]);
  const subscribed = history.find(({ kind }) => kind === 'subscribe') ?? fail();
  return history.map((entry) => (entry.kind === 'delete' ? { ...entry, invokedAt: subscribed.at } : entry));
}

const remaking = (): Unstamped[] => [
  subscribe(remade, 2),
  ...batches(remade, 2, [[0], [3, 1, 2, 3]]),
  { kind: 'delete', ...call, consumer: remade, outcome: ok({ cursor: cursor(3) }) },
  {
    ...{ kind: 'create', ...call, consumer: remade, startAt: 'EARLIEST', filter: null, maxAttempts: 5 },
    outcome: ok({ cursor: cursor(0) }),
  },
  {
    ...{ kind: 'ended', consumer: remade, connection: 2, by: 'hub', code: 'CONSUMER_DELETED' },
    ...{ closeCode: null, reason: '' },
  },
  { ...acknowledge(remade, 2, 3), outcome: refused('CONSUMER_TAKEN_OVER') } as Unstamped,
  subscribe(remade, 3),
  ...batches(remade, 3, [[0]]),
];

const pausing = (): Unstamped[] => [
  { kind: 'pause', ...call, consumer: remade, outcome: ok({ cursor: cursor(0) }) },
  { kind: 'resume', ...call, consumer: remade, outcome: ok({ cursor: cursor(0) }) },
  ...batches(remade, 3, [[4, 1, 2, 3, 4]]),
];

/** The window holds one change, and the filter leaves 3, 5 and 6 out. */
const rejecting = (): Unstamped[] => [
  subscribe(steady, 4, { filter: { keys: ['k1'] }, maxInFlight: 1 }),
  ...batches(steady, 4, [[0], [1, 1]]),
  reject(absent, 1, 'never subscribed'),
  reject(steady, 3, 'left out'),
  reject(steady, 4, 'beyond the window'),
  reject(steady, 1, 'acknowledged'),
];

const subscribe = (name: string, connection: number, more: Partial<OpenOf<'subscribe'>> = {}): Unstamped => ({
  ...{ kind: 'subscribe', consumer: name, connection, hub: 'a', startAt: 'EARLIEST', filter: null },
  ...{ batchSize: 10, maxInFlight: 10, ...more },
});

/** Batches, each its cursor and the places that it brings, and acknowledged at once. */
const batches = (name: string, connection: number, list: readonly (readonly number[])[]): Unstamped[] =>
  list.flatMap(([end = 0, ...places]): Unstamped[] => [
    {
      ...{ kind: 'batch', consumer: name, connection, session: `session ${connection}`, cursor: cursor(end) },
      ...{ attempt: 1, head: cursor(end) },
      changes: places.map((place) => ({ ...(log[place - 1] ?? fail()), scope: 'WITHIN' as const })),
    },
    acknowledge(name, connection, end),
  ]);

const acknowledge = (name: string, connection: number, place: number): Unstamped => ({
  ...{ kind: 'acknowledge', ...call, consumer: name, connection, cursor: cursor(place) },
  ...{ session: `session ${connection}`, attempt: 1, outcome: ok({ cursor: cursor(place) }) },
});

const reject = (name: string, place: number, probe: NonNullable<OpenOf<'reject'>['probe']>): Unstamped => ({
  ...{ kind: 'reject', ...call, consumer: name, connection: 0, probe, change: cursor(place), attempt: 1 },
  ...{ reason: probe, retryInSeconds: null, session: null, outcome: refused('BAD_USER_INPUT') },
});

function finalOf(names = [remade, steady, copying]): Unstamped {
  const end = cursor(log.length);
  return {
    kind: 'final',
    hubs: [{ hub: 'a', logId: LOG_ID, head: end, changeCount: log.length, log, entities: entitiesOf(log) }],
    consumers: names.map((name) => ({
      ...{ name, cursor: end, lag: 0, deadLetters: [], maxAttempts: 5 },
    })),
    copies: [],
  };
}

/** A reject that must be refused is taken. */
function take(p: Patient, probe: OpenOf<'reject'>['probe']): void {
  const entry = p.all('reject').find((one) => one.probe === probe) ?? fail();
  const letter = { id: 'letter', change: entry.change, attempts: 1, nextAttemptAt: null, dead: false };
  entry.outcome = ok(letter);
}

const late = (p: Patient): OpenOf<'acknowledge'> =>
  p.all('acknowledge').find(({ outcome }) => outcome.kind === 'fail') ?? fail();
const ended = (p: Patient): OpenOf<'ended'> => p.all('ended')[0] ?? fail();
const ofSnapshot = (p: Patient): OpenOf<'batch'> =>
  p.all('batch').find(({ consumer, changes }) => consumer === copying && changes.length > 0) ?? fail();

export const livesDoctors: readonly (readonly [Invariant, string, (patient: Patient) => unknown])[] = [
  [
    'session used again',
    'the new consumer counts its sessions from the start',
    (p) => {
      for (const one of p.all('batch')) if (one.connection === 3) one.session = 'session 2';
    },
  ],
  [
    'session outlived its consumer',
    'the session of a deleted consumer never ends',
    (p) => {
      p.entries.splice(p.entries.indexOf(ended(p)), 1);
      p.final.at += 60_000;
    },
  ],
  [
    'session outlived its consumer',
    'the session of a deleted consumer is told that it was taken over',
    (p) => (ended(p).code = 'CONSUMER_TAKEN_OVER'),
  ],
  [
    'deleted session heard',
    'a late acknowledgement is taken',
    (p) => (late(p).outcome = ok({ cursor: cursor(3) })),
  ],
  [
    'deleted session heard',
    'a late acknowledgement is refused for another reason',
    (p) => (late(p).outcome = refused('CURSOR_AHEAD')),
  ],
  [
    'delivered while paused',
    'a session that had begun before brings what was published after the pause',
    (p) => {
      const resume = p.all('resume')[0] ?? fail();
      resume.invokedAt = resume.at = p.final.at - 1;
    },
  ],
  ['memory without bound', 'a hub grows', (p) => ((p.all('memory')[0] ?? fail()).bytes = 4_000 * MEGABYTES)],
  ['wrong reject taken', 'of a consumer that never subscribed', (p) => take(p, 'never subscribed')],
  ['wrong reject taken', 'of a change that the filter leaves out', (p) => take(p, 'left out')],
  ['wrong reject taken', 'of a change beyond the window', (p) => take(p, 'beyond the window')],
  ['wrong reject taken', 'of an acknowledged change', (p) => take(p, 'acknowledged')],
  [
    'wrong reject taken',
    'refused for another reason',
    (p) => ((p.all('reject')[1] ?? fail()).outcome = refused('CONSUMER_NOT_FOUND')),
  ],
  [
    'skipped',
    'a snapshot passes over what changed since it was taken',
    (p) => void ofSnapshot(p).changes.shift(),
  ],
  [
    'not asked for',
    'a snapshot brings what was not the newest when it was taken',
    (p) => void ofSnapshot(p).changes.unshift({ ...(log[0] ?? fail()), scope: 'WITHIN' } as never),
  ],
];
