import { isDeepStrictEqual } from 'node:util';
import { CursorCodec } from '../../../src/model/cursor.js';
import { ask } from '../../support/client.js';

/** A line of the log as these tests look at it. */
export interface Recorded {
  readonly cursor: string;
  readonly sourceId: string;
  readonly collection: string;
  readonly key: string;
  readonly version: number;
  readonly source: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly recordedAt: string;
}

interface LogPage {
  readonly changes: {
    readonly nodes: readonly Recorded[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const PAGE = `query ($after: Cursor) {
  changes(first: 1000, after: $after) {
    nodes { cursor sourceId collection key version source before after recordedAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** Everything that the log holds, in its order. */
export async function readLog(url: string): Promise<Recorded[]> {
  const log: Recorded[] = [];
  let after: string | null = null;
  for (;;) {
    const { changes }: LogPage = await ask<LogPage>(url, PAGE, { after });
    log.push(...changes.nodes);
    if (!changes.pageInfo.hasNextPage) return log;
    after = changes.pageInfo.endCursor;
  }
}

/** Reads the places out of this log's cursors, which clients cannot. */
export async function positionsOf(url: string): Promise<(cursor: string) => number> {
  const { hub } = await ask<{ hub: { logId: string } }>(url, '{ hub { logId } }');
  const codec = new CursorCodec(hub.logId);
  return (cursor) => Number(codec.decode(cursor, 'cursor').position);
}

/** Positions 1, 2, 3 …, times that never go back, one record a sourceId, and each entity's versions in a row. */
export async function expectWellFormed(url: string, log: readonly Recorded[]): Promise<void> {
  const positionOf = await positionsOf(url);
  expect(log.map((change) => positionOf(change.cursor))).toEqual(log.map((_change, i) => i + 1));
  const times = log.map((change) => change.recordedAt);
  expect(times).toEqual([...times].sort());
  expect(new Set(log.map((change) => `${change.source} ${change.sourceId}`)).size).toBe(log.length);
  expect(brokenChains(log)).toEqual([]);
}

/** Changes that do not follow the one before of their entity, in version or in content. */
function brokenChains(log: readonly Recorded[]): Recorded[] {
  const newest = new Map<string, Recorded>();
  return log.filter((change) => {
    const entity = `${change.collection} ${change.key}`;
    const previous = newest.get(entity);
    newest.set(entity, change);
    const follows = change.version === (previous?.version ?? 0) + 1;
    return !follows || !isDeepStrictEqual(change.before, previous?.after ?? null);
  });
}
