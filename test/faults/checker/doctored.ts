/**
 * Histories with one thing wrong: each doctor breaks one invariant in a history in which nothing was. A doctor answers
 * whether it found a place to break; where it did not, the next history is tried.
 */
import type { Outcome } from '../history.js';
import type { Invariant } from './invariants.js';
import { fail } from './patient.js';
import type { Patient } from './patient.js';

export type Doctor = (patient: Patient) => boolean;

/** Does something to the first of a list; answers whether there was one. */
const first = <T>(list: readonly T[], change: (one: T) => unknown): boolean => {
  const [one] = list;
  if (one === undefined) return false;
  return change(one) !== false;
};

const ok = <T>(value: T): Outcome<T> => ({ kind: 'ok', value });
const takenOver = { kind: 'fail' as const, code: 'CONSUMER_TAKEN_OVER', retryable: false };

/** By invariant, and what was done. */
export const doctors: readonly (readonly [Invariant, string, Doctor])[] = [
  [
    'lost publish',
    'an answer that names the place of another change',
    (p) => first(p.applied(1), ({ results }) => results.forEach((result) => (result.cursor = p.end))),
  ],
  [
    'lost publish',
    'the newest change is gone from the log',
    (p) => p.model.answeredAt(p.model.end) < Infinity && p.toLog((log) => log.pop()),
  ],
  [
    'altered publish',
    'other data than was sent',
    (p) => p.toLog((log) => (log[0] = { ...(log[0] ?? fail()), after: { n: 99 } })),
  ],
  [
    'recorded though refused',
    'every try of a recorded change is said to have failed',
    (p) =>
      first(p.applied(1), ({ entry: { call } }) => {
        for (const entry of p.all('publish')) {
          if (entry.call === call) entry.outcome = { kind: 'fail', code: 'OVERLOADED', retryable: true };
        }
      }),
  ],
  [
    'recorded though refused',
    'a timeout said to have failed, whose change is in the log',
    (p) =>
      first(
        p
          .all('publish')
          .filter(
            ({ changes, source, outcome }) =>
              outcome.kind === 'unknown' &&
              changes.some(({ sourceId }) => p.model.byId.has(`${source}/${sourceId}`)),
          ),
        ({ call }) => {
          for (const entry of p.all('publish')) {
            if (entry.call === call)
              entry.outcome = { kind: 'fail', code: 'LOG_UNAVAILABLE', retryable: true };
          }
        },
      ),
  ],
  [
    'recorded though not sent',
    'a call is gone from the history',
    (p) =>
      first(p.applied(1), ({ entry: { call } }) => {
        const kept = p.entries.filter((entry) => entry.kind !== 'publish' || entry.call !== call);
        p.entries.splice(0, Infinity, ...kept);
      }),
  ],
  [
    'one id, one record',
    'a change stands in the log twice',
    (p) => p.toLog((log) => log.push({ ...(log[0] ?? fail()), cursor: p.end })),
  ],
  [
    'one id, one record',
    'a retry is answered APPLIED again',
    (p) => first(p.applied(1), ({ entry }) => p.entries.push(structuredClone(entry))),
  ],
  [
    'wrong outcome',
    'UNCHANGED, though the entity was never so',
    (p) =>
      first(p.applied(1), ({ entry, results }) => {
        const [change, result] = [entry.changes[0] ?? fail(), results[0] ?? fail()];
        entry.changes.push({
          ...change,
          sourceId: 'new',
          write: 'UPSERT',
          data: { n: 77 },
          expectedVersion: null,
        });
        results.push({ ...result, outcome: 'UNCHANGED', cursor: null });
      }),
  ],
  [
    'wrong outcome',
    'applied on another version than was expected',
    (p) =>
      first(p.applied(1), ({ entry }) => entry.changes.forEach((change) => (change.expectedVersion = 70))),
  ],
  [
    'order within a call',
    'a call is recorded backwards',
    (p) =>
      first(p.applied(2), ({ entry, results }) => {
        entry.changes.reverse();
        results.reverse();
      }),
  ],
  [
    'atomic or not at all',
    'a part of an atomic call is not in the log',
    (p) =>
      first(
        p.applied(1).filter(({ entry }) => entry.atomic),
        ({ entry: { call } }) => {
          for (const entry of p.all('publish')) {
            if (entry.call !== call) continue;
            const change = entry.changes[0] ?? fail();
            entry.changes.push({ ...change, sourceId: 'new', write: 'UPSERT', data: { n: 88 } });
          }
        },
      ),
  ],
  [
    'atomic or not at all',
    'an atomic call is applied and has a conflict',
    (p) =>
      first(
        p.applied(1).filter(({ entry }) => entry.atomic),
        ({ entry, results }) => {
          entry.changes.push({ ...(entry.changes[0] ?? fail()), sourceId: 'new' });
          results.push({ ...(results[0] ?? fail()), outcome: 'CONFLICT', cursor: null });
        },
      ),
  ],
  [
    'commit order',
    'a call was answered before another was sent, and stands behind it',
    (p) =>
      first(p.applied(1).reverse(), ({ entry }) => {
        entry.invokedAt = 1;
        entry.at = 1.5;
      }),
  ],
  ['positions without gaps', 'a change is gone from the log', (p) => p.toLog((log) => log.splice(3, 1))],
  [
    'one log',
    'a hub tells another change',
    (p) => first(p.final.hubs[1]?.log ?? [], (change) => (change.source = 'nobody')),
  ],
  ['one log', 'a hub lags behind', (p) => first(p.final.hubs, (hub) => (hub.head = p.beginning))],
  ['version chain', 'a version is left out', (p) => p.toLog((log) => (log[2] ?? fail()).version++)],
  [
    'before and after',
    'a change begins with what was never there',
    (p) => p.toLog((log) => ((log.at(-1) ?? fail()).before = { n: 99 })),
  ],
  [
    'before and after',
    'a field changed and is not named',
    (p) => p.toLog((log) => ((log[0] ?? fail()).changedFields = [])),
  ],
  [
    'time never back',
    'a clock that goes back',
    (p) => p.toLog((log) => ((log.at(-1) ?? fail()).recordedAt = '2001-01-01T00:00:00.000Z')),
  ],
  [
    'state is the fold of the log',
    'an entity in an older version',
    (p) => first(p.final.hubs[1]?.entities ?? [], (entity) => entity.version--),
  ],
  [
    'state is the fold of the log',
    'an entity that is missing',
    (p) => first(p.final.hubs, (hub) => hub.entities.pop() !== undefined),
  ],
  [
    'read your own writes',
    'a read that does not see the write',
    (p) =>
      first(
        p.all('read').filter(({ outcome }) => outcome.kind === 'ok' && outcome.value),
        (read) => {
          read.outcome = ok({ version: 0, cursor: p.beginning, data: {} });
        },
      ),
  ],
  [
    'copy equals state',
    'a copy that lacks an entity',
    (p) => first(p.final.copies, (copy) => copy.entities.pop() !== undefined),
  ],
  [
    'copy equals state',
    'a copy with a ghost',
    (p) =>
      first(p.final.copies, (copy) =>
        copy.entities.push({ collection: 'orders', key: 'ghost', version: 1, data: { n: 4 } }),
      ),
  ],
  [
    'copy equals state',
    'a copy of an entity that left, of a consumer that gets some changes only',
    (p) =>
      first(
        p.final.copies.filter(({ consumer }) => consumer === 'copy of some'),
        (copy) =>
          copy.entities.push({ collection: 'orders', key: 'ghost', version: 1, data: { paid: true } }),
      ),
  ],
  ...deliveries(),
  ...acknowledgements(),
];

function deliveries(): (readonly [Invariant, string, Doctor])[] {
  return [
    [
      'one position, one change',
      'other content than the log has',
      (p) => first(p.batches(1), (batch) => ((batch.changes[0] ?? fail()).after = { n: 9 })),
    ],
    [
      'not asked for',
      'a wrong scope',
      (p) =>
        first(p.batches(1), ({ changes: [change = fail()] }) => {
          change.scope = change.scope === 'LEFT' ? 'ENTERED' : 'LEFT';
        }),
    ],
    ['skipped', 'a change left out', (p) => first(p.batches(2), (batch) => void batch.changes.splice(0, 1))],
    ['skipped', 'a whole batch left out', (p) => first(p.batches(1), (batch) => (batch.changes = []))],
    ['out of order', 'a batch backwards', (p) => first(p.batches(2), (batch) => batch.changes.reverse())],
    [
      'out of order',
      'the same batch again in one session',
      (p) =>
        first(p.batches(1), (batch) => {
          p.entries.splice(p.entries.indexOf(batch), 0, structuredClone(batch));
        }),
    ],
    [
      'never delivered',
      'a change that no batch holds',
      (p) =>
        first(
          p.batches(1).filter(({ consumer }) => consumer === 'all'),
          ({ changes: [gone] }) => {
            for (const batch of p.all('batch')) {
              batch.changes = batch.changes.filter(({ cursor }) => cursor !== gone?.cursor);
            }
          },
        ),
    ],
    [
      'resumed too late',
      'a session that begins at the end',
      (p) => first(p.resumptions(), (one) => (one.cursor = p.end)),
    ],
    [
      'resumed too early',
      'a session that begins anew',
      (p) => first(p.resumptions(), (one) => (one.cursor = p.beginning)),
    ],
    [
      'past the window',
      'more out than the window holds',
      (p) => {
        for (const subscribe of p.all('subscribe')) subscribe.maxInFlight = 1;
        return p.batches(2).length > 0;
      },
    ],
    [
      'past the window',
      'a batch that is too large',
      (p) => {
        for (const subscribe of p.all('subscribe')) subscribe.batchSize = 1;
        return p.batches(2).length > 0;
      },
    ],
    [
      'delivered while paused',
      'a session brings changes though the consumer was paused before',
      (p) =>
        first(p.batches(1), ({ consumer }) => {
          const outcome = ok({ cursor: p.beginning });
          p.entries.splice(1, 0, { kind: 'pause', at: 0.5, invokedAt: 0.2, hub: 'a', consumer, outcome });
        }),
    ],
    [
      'one live session',
      'connections that never end',
      (p) => {
        const kept = p.entries.filter((entry) => entry.kind !== 'ended');
        p.entries.splice(0, Infinity, ...kept);
        p.final.at += 60_000;
        return true;
      },
    ],
    [
      'not drained',
      'a consumer that stays behind',
      (p) => first(p.final.consumers, (one) => (one.cursor = p.beginning)),
    ],
    ['not drained', 'a consumer that is gone', (p) => p.final.consumers.pop() !== undefined],
  ];
}

function acknowledgements(): (readonly [Invariant, string, Doctor])[] {
  return [
    [
      'cursor went back',
      'an answer older than the one before',
      (p) => {
        const sought = new Set(p.all('seek').map((seek) => seek.consumer));
        const late = p.acknowledged().filter(({ entry, answer }, i, all) => {
          const before = all.slice(0, i).find((other) => other.entry.consumer === entry.consumer);
          return (
            before && before.answer.cursor !== p.beginning && answer.cursor && !sought.has(entry.consumer)
          );
        });
        return first(late, ({ answer }) => (answer.cursor = p.beginning));
      },
    ],
    [
      'cursor ran ahead',
      'an answer beyond what was acknowledged',
      (p) => first(p.acknowledged(), ({ answer }) => (answer.cursor = p.end)),
    ],
    [
      'acknowledgement lost',
      'an answer behind what was acknowledged',
      (p) =>
        first(
          p.acknowledged().filter(({ entry }) => entry.cursor !== p.beginning),
          ({ answer }) => (answer.cursor = p.beginning),
        ),
    ],
    [
      'stale session',
      'a session that was taken over is heard',
      (p) =>
        first(
          p.all('acknowledge').filter(({ outcome }) => outcome.kind === 'fail'),
          (entry) => (entry.outcome = ok({ cursor: entry.cursor })),
        ),
    ],
    [
      'refused for nothing',
      'the only session is told that it was taken over',
      (p) => {
        const alone = p.acknowledged().filter(({ entry }) => {
          const rivals = p
            .all('subscribe')
            .filter((one) => one.consumer === entry.consumer && one.at < entry.at);
          return rivals.length === 1 && p.all('seek').every((seek) => seek.consumer !== entry.consumer);
        });
        return first(alone, ({ entry }) => (entry.outcome = takenOver));
      },
    ],
    [
      'refused for nothing',
      'what was received is said to be ahead',
      (p) =>
        first(
          p
            .acknowledged()
            .filter(({ entry }) => p.all('seek').every((seek) => seek.consumer !== entry.consumer)),
          ({ entry }) => (entry.outcome = { ...takenOver, code: 'CURSOR_AHEAD' }),
        ),
    ],
  ];
}
