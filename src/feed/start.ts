import type { Log } from '../log/log.js';
import type { Start, StartPoint } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';

/** See Feed.startPoint. */
export async function startPointOf(log: Log, start: Start, prefix: string): Promise<StartPoint> {
  const after = (position: Position): StartPoint => ({ position, snapshotUntil: null, notBefore: null });
  if (start.at === 'CURSOR') return after(await log.checkStart(start.after, `${prefix}cursor`));
  if (start.at === 'TIME') return log.startAtTime(start.time);
  const { earliest, head } = await log.extent();
  if (start.at === 'SNAPSHOT') return { position: earliest - 1n, snapshotUntil: head, notBefore: null };
  return after(start.at === 'EARLIEST' ? earliest - 1n : head);
}
