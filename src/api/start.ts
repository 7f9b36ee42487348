import type { Start } from '../model/consumer.js';
import type { CursorCodec } from '../model/cursor.js';
import { badInput } from '../model/errors.js';

/** The arguments that say where to start. */
export interface StartArgs {
  readonly startAt?: 'EARLIEST' | 'LATEST' | 'CURSOR' | 'TIME' | null | undefined;
  readonly cursor?: string | null | undefined;
  /** Milliseconds since 1970. */
  readonly time?: number | null | undefined;
}

/**
 * Where to start. `place` is what stands before the arguments' names in errors.
 * @throws HubError BAD_USER_INPUT where cursor or time lacks, or stands there for nothing; INVALID_CURSOR
 */
export function parseStart(args: StartArgs, cursors: CursorCodec, place = ''): Start {
  const at = args.startAt ?? 'LATEST';
  const cursor = args.cursor ?? null;
  const time = args.time ?? null;
  if (cursor !== null && at !== 'CURSOR')
    throw badInput(`${place}cursor`, 'is given without startAt: CURSOR; add it');
  if (time !== null && at !== 'TIME')
    throw badInput(`${place}time`, 'is given without startAt: TIME; add it');
  if (at === 'CURSOR') {
    if (cursor === null) throw badInput(`${place}cursor`, 'is missing; startAt: CURSOR needs it');
    return { at, after: cursors.decode(cursor, `${place}cursor`) };
  }
  if (at === 'TIME') {
    if (time === null) throw badInput(`${place}time`, 'is missing; startAt: TIME needs it');
    return { at, time };
  }
  return { at };
}
