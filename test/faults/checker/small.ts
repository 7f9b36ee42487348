/** What small histories are written with: a log of a few changes, and entries about them. */
import { CursorCodec } from '../../../src/model/cursor.js';
import type { ChangeRecord, EntityRecord, HistoryEntry, Unstamped } from '../history.js';
import { fail } from './patient.js';
import { pointAt } from '../../contract/support/parts.js';

export const LOG_ID = '51c40a7e-0000-4000-8000-000000000000';
const codec = new CursorCodec(LOG_ID);

/** The cursor of a place in the log. */
export const cursor = (place: number): string => codec.encode(pointAt(BigInt(place)));
/** The cursor of a change that comes again. */
export const again = (place: number, attempt: number, ticket: number): string =>
  codec.encodeAttempt(pointAt(BigInt(place)), { consumer: 1n, attempt, ticket: BigInt(ticket) });
export const ok = <T>(value: T): { kind: 'ok'; value: T } => ({ kind: 'ok', value });
/** What every call has; `stamped` sets the moment. */
export const call = { hub: 'a', invokedAt: 0 };

/** A log of changes of these keys, each a new version. */
export const logOf = (keys: readonly string[]): ChangeRecord[] =>
  keys.map((key, i) => {
    const version = keys.slice(0, i + 1).filter((one) => one === key).length;
    return {
      ...{
        cursor: cursor(i + 1),
        sourceId: `id ${i + 1}`,
        collection: 'orders',
        key,
        version,
        source: 'crm',
      },
      operation: version === 1 ? 'CREATE' : 'UPDATE',
      before: version === 1 ? null : { version: version - 1 },
      after: { version },
      changedFields: ['version'],
      recordedAt: '2024-01-01T00:00:00.000Z',
    };
  });

/** Entries with their times, in the order in which they stand; each call was sent a moment before. */
export const stamped = (entries: readonly Unstamped[]): HistoryEntry[] =>
  entries.map((entry, i) => ({
    ...entry,
    at: i * 10,
    ...('invokedAt' in entry ? { invokedAt: i * 10 - 5 } : {}),
  }));

export const startOf = (): Unstamped => ({
  ...{ kind: 'start', seed: 0, logId: LOG_ID, head: cursor(0), hubs: ['a'] },
});

/** A change of the log is published. */
export function publish(log: readonly ChangeRecord[], place: number): Unstamped {
  const { collection, key, sourceId, after, cursor: at, version, operation } = log[place - 1] ?? fail();
  return {
    ...{ kind: 'publish', ...call, producer: 'p', source: 'crm', call: place, atomic: false },
    changes: [{ collection, key, sourceId, write: 'UPSERT', data: after, expectedVersion: null }],
    outcome: ok({ cursor: at, results: [{ outcome: 'APPLIED' as const, cursor: at, version, operation }] }),
  };
}

/** The entities of a log, none of which is ever deleted. */
export function entitiesOf(log: readonly ChangeRecord[]): (EntityRecord & { cursor: string })[] {
  return [...new Set(log.map(({ key }) => key))].map((key) => {
    const newest = log.findLast((change) => change.key === key) ?? fail();
    const { collection, version, after, cursor: at } = newest;
    return { collection, key, version, data: after ?? {}, cursor: at };
  });
}
