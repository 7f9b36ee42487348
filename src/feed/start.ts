import type { Log } from '../log/log.js';
import type { Start, StartPoint } from '../model/consumer.js';
import type { MarkedPosition, Point } from '../model/cursor.js';
import type { Tail } from './tail.js';

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

/** See Feed.pointOf: most cursors are of changes that are still in memory. */
export async function pointOf(log: Log, tail: Tail, cursor: MarkedPosition, place: string): Promise<Point> {
  const there = tail.pointAt(cursor.position);
  if (there === null) return log.points.of(cursor, place);
  log.cursors.checkMark(cursor, there, place);
  return there;
}
