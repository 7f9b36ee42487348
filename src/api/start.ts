import type { Start } from '../model/consumer.js';
import type { CursorCodec } from '../model/cursor.js';
import { badInput } from '../model/errors.js';

/** The arguments that say where to start. */
export interface StartArgs {
  readonly startAt?: 'EARLIEST' | 'LATEST' | 'SNAPSHOT' | 'CURSOR' | 'TIME' | null | undefined;
  readonly cursor?: string | null | undefined;
  /** Milliseconds since 1970. */
  readonly time?: number | null | undefined;
}

/**
 * Where to start.
 * @param place what stands before the arguments' names in errors
 * @param name the argument that says the way, in errors
 * @throws HubError BAD_USER_INPUT where cursor or time lacks, or stands there for nothing; INVALID_CURSOR
 */
export function parseStart(args: StartArgs, cursors: CursorCodec, place = '', name = 'startAt'): Start {
  const at = args.startAt ?? 'LATEST';
  const cursor = onlyWith('CURSOR', at, args.cursor, `${place}cursor`, name);
  const time = onlyWith('TIME', at, args.time, `${place}time`, name);
  if (at === 'CURSOR' && cursor !== null) return { at, after: cursors.decode(cursor, `${place}cursor`) };
  if (at === 'TIME' && time !== null) return { at, time };
  return { at: at === 'EARLIEST' || at === 'SNAPSHOT' ? at : 'LATEST' };
}

/** The value that goes with one way to start: it must be there with that way, and with no other. */
function onlyWith<T>(
  way: string,
  at: string,
  value: T | null | undefined,
  place: string,
  name: string,
): T | null {
  const given = value ?? null;
  if (given === null && at === way) throw badInput(place, `is missing; ${name}: ${way} needs it`);
  if (given !== null && at !== way) throw badInput(place, `is given without ${name}: ${way}; add it`);
  return given;
}
