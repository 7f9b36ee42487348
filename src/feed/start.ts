import type { Log } from '../log/log.js';
import type { Start, StartPoint } from '../model/consumer.js';
import type { Point } from '../model/cursor.js';

/**
 * Where a subscription or consumer starts.
 * @param place what errors name where it starts after a cursor
 * @throws HubError INVALID_CURSOR, CURSOR_EXPIRED, CURSOR_AHEAD, LOG_UNAVAILABLE
 */
export async function startPointOf(log: Log, start: Start, place = 'cursor'): Promise<StartPoint> {
  const after = (point: Point): StartPoint => ({ ...point, snapshotUntil: null, notBefore: null });
  if (start.at === 'CURSOR') return after(await log.points.startOf(start.after, place));
  if (start.at === 'TIME') return log.points.startAtTime(start.time);
  const { earliest, head, headHash } = await log.extent();
  if (start.at === 'LATEST') return after({ position: head, hash: headHash });
  const beginning = after(await log.points.at(earliest - 1n));
  return start.at === 'SNAPSHOT' ? { ...beginning, snapshotUntil: head } : beginning;
}
