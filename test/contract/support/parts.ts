import { readConfig } from '../../../src/config/config.js';
import { Change } from '../../../src/model/change.js';
import type { ChangeRow } from '../../../src/model/change.js';
import type { MarkedPosition, Point } from '../../../src/model/cursor.js';
import type { HubError } from '../../../src/model/errors.js';
import type { Limits } from '../../../src/model/limits.js';

/** The limits of a hub that was told nothing, but for those given. */
export const limitsWith = (changed: Partial<Limits> = {}): Limits => ({
  ...readConfig({}).limits,
  ...changed,
});

/** A hash that tells its position, and has a mark of its own. */
const hashAt = (position: bigint): string => `${position}`.padStart(8, '0').padEnd(43, 'h');

/** The point of a log of such lines at a position. */
export const pointAt = (position: bigint): Point => ({ position, hash: hashAt(position) });

/** What a cursor without a mark says. */
export const unmarked = (position: bigint): MarkedPosition => ({ position, mark: null });

/** A line of the log: a CREATE of an entity of its own, but for the parts given. */
export const rowAt = (position: bigint, parts: Partial<ChangeRow> = {}): ChangeRow => ({
  position,
  previous: null,
  sourceId: `id-${position}`,
  collection: 'quakes',
  key: `q${position}`,
  version: 1,
  operation: 'CREATE',
  source: 'crm',
  after: '{"a":1}',
  undo: null,
  digest: `digest-${position}`,
  headers: null,
  salt: 'salt',
  payloadDigest: `payload-${position}`,
  hash: hashAt(position),
  occurredAt: 1_700_000_000_000,
  recordedAt: 1_700_000_000_000,
  ...parts,
});

export const changeAt = (position: bigint, parts: Partial<ChangeRow> = {}): Change =>
  new Change(rowAt(position, parts));

/** What a call throws, to be looked at whole; fails the test where it throws nothing. */
export function thrownBy(call: () => unknown): HubError {
  try {
    call();
  } catch (error) {
    return error as HubError;
  }
  throw new Error('nothing was thrown');
}

/** The same of a promise. */
export async function rejectionOf(promise: Promise<unknown>): Promise<HubError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (outcome === null) throw new Error('nothing was thrown');
  return outcome.error as HubError;
}
