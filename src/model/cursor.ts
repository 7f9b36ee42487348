import { HubError } from './errors.js';

/**
 * A cursor's text: base64url of one byte format, four bytes of the log's id, and the position as the fewest big-endian
 * bytes (none for 0). Opaque to clients, compact, bound to its log, and canonical: one place has one text.
 * The cursor of a change that comes again has a format of its own, with the attempt between log and position.
 */
export type Cursor = string & { readonly __brand: 'Cursor' };

/** A place in the log: the position of a change, or 0, the place before the first. */
export type Position = bigint;

/** The place before the first change. */
export const BEGINNING: Position = 0n;

/** One delivery of a change that comes again. */
export interface Attempt {
  /** 2, 3 … */
  readonly attempt: number;
  /** Tells deliveries of one change apart for good, also where attempts count from the start again. */
  readonly ticket: bigint;
}

/** What a cursor stands for. */
export interface Place {
  readonly position: Position;
  /** Null: the place itself. */
  readonly attempt: Attempt | null;
}

const FORMAT = '01';
const ATTEMPT_FORMAT = '02';
/** Sizes in hexadecimal digits, two a byte. */
const FORMAT_DIGITS = 2;
const LOG_DIGITS = 8;
const ATTEMPT_DIGITS = 4;
const TICKET_DIGITS = 12;
const MAX_POSITION_DIGITS = 16;
/** Positions are PostgreSQL's bigint. */
const MAX_POSITION = 2n ** 63n - 1n;

/** Writes and reads the cursors of one log. */
export class CursorCodec {
  readonly #log: string;

  /** `logId` is the log's UUID; its first four bytes go into every cursor. */
  constructor(readonly logId: string) {
    this.#log = logId.replaceAll('-', '').slice(0, LOG_DIGITS);
  }

  encode(position: Position): Cursor {
    return textOf(FORMAT + this.#log + digitsOf(position));
  }

  /** The cursor of a change that comes again, which settles this attempt and moves nothing. */
  encodeAttempt(position: Position, { attempt, ticket }: Attempt): Cursor {
    const tries = attempt.toString(16).padStart(ATTEMPT_DIGITS, '0');
    const number = ticket.toString(16).padStart(TICKET_DIGITS, '0');
    return textOf(ATTEMPT_FORMAT + this.#log + tries + number + digitsOf(position));
  }

  /**
   * The position that `text` stands for. `place` names the argument, for the error.
   * @throws HubError INVALID_CURSOR where it is not a cursor, or one of another log.
   */
  decode(text: string, place: string): Position {
    return this.decodePlace(text, place).position;
  }

  /**
   * The same, with the attempt where it is the cursor of a change that came again.
   * @throws HubError INVALID_CURSOR
   */
  decodePlace(text: string, place: string): Place {
    const bytes = Buffer.from(text, 'base64url');
    const hex = bytes.toString('hex');
    const format = hex.slice(0, FORMAT_DIGITS);
    const log = hex.slice(FORMAT_DIGITS, FORMAT_DIGITS + LOG_DIGITS);
    let rest = hex.slice(FORMAT_DIGITS + LOG_DIGITS);
    const known =
      format === FORMAT || (format === ATTEMPT_FORMAT && rest.length >= ATTEMPT_DIGITS + TICKET_DIGITS);
    if (!known || log.length < LOG_DIGITS || bytes.toString('base64url') !== text) throw noCursor(place);
    let attempt: Attempt | null = null;
    if (format === ATTEMPT_FORMAT) {
      const tries = Number.parseInt(rest.slice(0, ATTEMPT_DIGITS), 16);
      attempt = {
        attempt: tries,
        ticket: BigInt(`0x${rest.slice(ATTEMPT_DIGITS, ATTEMPT_DIGITS + TICKET_DIGITS)}`),
      };
      rest = rest.slice(ATTEMPT_DIGITS + TICKET_DIGITS);
    }
    if (rest.startsWith('00') || rest.length > MAX_POSITION_DIGITS) throw noCursor(place);
    if (log !== this.#log) throw this.#ofAnotherLog(place);
    const position = rest === '' ? BEGINNING : BigInt(`0x${rest}`);
    if (position > MAX_POSITION) throw noCursor(place);
    return { position, attempt };
  }

  #ofAnotherLog(place: string): HubError {
    return new HubError(
      'INVALID_CURSOR',
      `${place}: is a cursor of another log, as this one was restored or replaced; subscribe without it: a durable consumer ` +
        'goes on where this log knows it, anything else starts again with SNAPSHOT.',
      { path: place, logId: this.logId },
    );
  }
}

const textOf = (hex: string): Cursor => Buffer.from(hex, 'hex').toString('base64url') as Cursor;

/** The position as the fewest whole bytes; none for 0. */
function digitsOf(position: Position): string {
  if (position === BEGINNING) return '';
  const hex = position.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

const noCursor = (place: string): HubError =>
  new HubError('INVALID_CURSOR', `${place}: is not a cursor; send one back as the hub gave it.`, {
    path: place,
  });
