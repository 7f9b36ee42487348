import { HubError } from './errors.js';

/**
 * A cursor's text: base64url of one byte format, four bytes of the log's id, and the position as the fewest big-endian
 * bytes (none for 0). Opaque to clients, compact, bound to its log, and canonical: one position has one text.
 * The cursor of a redelivery has a format of its own, with consumer, attempt and ticket between log and position.
 */
export type Cursor = string & { readonly __brand: 'Cursor' };

/** The position of a change in the log, 1 for the first; 0 is before the first. */
export type Position = bigint;

/** Before the first change. */
export const BEGINNING: Position = 0n;

/** One redelivery of a rejected change, or of one that waited behind a rejected change. */
export interface Attempt {
  /** The id of the consumer that it is delivered to; see `ConsumerState.id`. */
  readonly consumer: bigint;
  /** 2, 3 … */
  readonly attempt: number;
  /**
   * Tells the redeliveries of one change to one consumer apart, also where attempts count from 2 again: the consumer's
   * revision when the attempt was planned.
   */
  readonly ticket: bigint;
}

/** What a cursor stands for. */
export interface CursorContent {
  readonly position: Position;
  /** Null: the cursor stands for the position itself. */
  readonly attempt: Attempt | null;
}

const FORMAT = '01';
const ATTEMPT_FORMAT = '02';
/** Sizes in hexadecimal digits, two a byte. */
const FORMAT_DIGITS = 2;
const LOG_DIGITS = 8;
const CONSUMER_DIGITS = 12;
const ATTEMPT_DIGITS = 4;
const TICKET_DIGITS = 12;
/** What stands between log and position in the cursor of an attempt. */
const ATTEMPT_PART_DIGITS = CONSUMER_DIGITS + ATTEMPT_DIGITS + TICKET_DIGITS;
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

  /** The cursor of a redelivery: it settles this attempt of this consumer and moves no cursor. */
  encodeAttempt(position: Position, { consumer, attempt, ticket }: Attempt): Cursor {
    const part =
      hexOf(consumer, CONSUMER_DIGITS) + hexOf(attempt, ATTEMPT_DIGITS) + hexOf(ticket, TICKET_DIGITS);
    return textOf(ATTEMPT_FORMAT + this.#log + part + digitsOf(position));
  }

  /**
   * The position that `text` stands for. `place` names the argument, for the error.
   * @throws HubError INVALID_CURSOR where it is not a cursor, or one of another log.
   */
  decode(text: string, place: string): Position {
    return this.decodeContent(text, place).position;
  }

  /**
   * The same, with the attempt where it is the cursor of a redelivery.
   * @throws HubError INVALID_CURSOR
   */
  decodeContent(text: string, place: string): CursorContent {
    const bytes = Buffer.from(text, 'base64url');
    const hex = bytes.toString('hex');
    const format = hex.slice(0, FORMAT_DIGITS);
    const log = hex.slice(FORMAT_DIGITS, FORMAT_DIGITS + LOG_DIGITS);
    let rest = hex.slice(FORMAT_DIGITS + LOG_DIGITS);
    const known = format === FORMAT || (format === ATTEMPT_FORMAT && rest.length >= ATTEMPT_PART_DIGITS);
    if (!known || log.length < LOG_DIGITS || bytes.toString('base64url') !== text) throw noCursor(place);
    let attempt: Attempt | null = null;
    if (format === ATTEMPT_FORMAT) {
      attempt = attemptOf(rest);
      rest = rest.slice(ATTEMPT_PART_DIGITS);
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
      `${place}: is a cursor of another log, since this log was restored or replaced; subscribe without it: a durable ` +
        'consumer resumes after the cursor that this log holds for it, any other subscription starts again with SNAPSHOT.',
      { path: place, logId: this.logId },
    );
  }
}

const textOf = (hex: string): Cursor => Buffer.from(hex, 'hex').toString('base64url') as Cursor;

const hexOf = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Reads the part of a cursor that says which attempt it is. */
function attemptOf(digits: string): Attempt {
  const afterConsumer = CONSUMER_DIGITS + ATTEMPT_DIGITS;
  return {
    consumer: BigInt(`0x${digits.slice(0, CONSUMER_DIGITS)}`),
    attempt: Number.parseInt(digits.slice(CONSUMER_DIGITS, afterConsumer), 16),
    ticket: BigInt(`0x${digits.slice(afterConsumer, ATTEMPT_PART_DIGITS)}`),
  };
}

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
