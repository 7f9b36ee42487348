import { HubError } from './errors.js';

/**
 * A cursor's text: base64url of one byte format, four bytes of the log's id, six bytes of the hash of the change at its
 * position (the mark), and the position as the fewest big-endian bytes (none for 0). Opaque to clients, compact, and
 * canonical: one position of a log has one text. The mark tells a place in the log from the same position in a log that was
 * restored and went on otherwise, also where no hub ran meanwhile.
 * The cursor of a redelivery has a format of its own, with consumer, attempt and ticket between mark and position.
 * Formats 1 and 2 are the same without a mark; they are read and no longer written.
 */
export type Cursor = string & { readonly __brand: 'Cursor' };

/** The position of a change in the log, 1 for the first; 0 is before the first. */
export type Position = bigint;

/** A position with the hash of the change there (`ChangeRow.hash`): what a cursor is written from. */
export interface Point {
  readonly position: Position;
  /** What comes before the first change has a hash too; see the log's GENESIS_HASH. */
  readonly hash: string;
}

/** The point at which a change is. */
export const pointOf = ({ position, hash }: Point): Point => ({ position, hash });

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

/** What a cursor says. Only the log can tell whether the mark is that of its own change there; see Points.of in the log. */
export interface CursorContent {
  readonly position: Position;
  /** Null: the cursor has none. */
  readonly mark: string | null;
  /** Null: the cursor stands for the position itself. */
  readonly attempt: Attempt | null;
}

/** Where a cursor claims to be in a log. */
export type MarkedPosition = Pick<CursorContent, 'position' | 'mark'>;

const FORMAT = '03';
const ATTEMPT_FORMAT = '04';
const UNMARKED_FORMAT = '01';
const UNMARKED_ATTEMPT_FORMAT = '02';
const FORMATS = [FORMAT, ATTEMPT_FORMAT, UNMARKED_FORMAT, UNMARKED_ATTEMPT_FORMAT];
/** Sizes in hexadecimal digits, two a byte. */
const FORMAT_DIGITS = 2;
const LOG_DIGITS = 8;
const MARK_DIGITS = 12;
const CONSUMER_DIGITS = 12;
const ATTEMPT_DIGITS = 4;
const TICKET_DIGITS = 12;
const MAX_POSITION_DIGITS = 16;
/** Characters of a hash in base64url that make its mark: eight are six bytes. */
export const MARK_CHARACTERS = 8;
/** Positions are PostgreSQL's bigint. */
const MAX_POSITION = 2n ** 63n - 1n;

/** Writes and reads the cursors of one log. */
export class CursorCodec {
  readonly #log: string;

  /** `logId` is the log's UUID; its first four bytes go into every cursor. */
  constructor(readonly logId: string) {
    this.#log = logId.replaceAll('-', '').slice(0, LOG_DIGITS);
  }

  encode(point: Point): Cursor {
    return textOf(FORMAT + this.#log + markDigitsOf(point) + digitsOf(point.position));
  }

  /** The cursor of a redelivery: it settles this attempt of this consumer and moves no cursor. */
  encodeAttempt(point: Point, { consumer, attempt, ticket }: Attempt): Cursor {
    const part =
      hexOf(consumer, CONSUMER_DIGITS) + hexOf(attempt, ATTEMPT_DIGITS) + hexOf(ticket, TICKET_DIGITS);
    return textOf(ATTEMPT_FORMAT + this.#log + markDigitsOf(point) + part + digitsOf(point.position));
  }

  /**
   * What `text` says. `place` names the argument, for the error.
   * @throws HubError INVALID_CURSOR where it is not a cursor, or one of another log
   */
  decode(text: string, place: string): CursorContent {
    const bytes = Buffer.from(text, 'base64url');
    const digits = new Digits(bytes.toString('hex'));
    const format = digits.take(FORMAT_DIGITS);
    const log = digits.take(LOG_DIGITS);
    const isMarked = format === FORMAT || format === ATTEMPT_FORMAT;
    const isAttempt = format === ATTEMPT_FORMAT || format === UNMARKED_ATTEMPT_FORMAT;
    const mark = isMarked ? Buffer.from(digits.take(MARK_DIGITS), 'hex').toString('base64url') : null;
    const attempt = isAttempt ? attemptOf(digits) : null;
    const { rest } = digits;
    const whole = FORMATS.includes(format) && !digits.lacked && bytes.toString('base64url') === text;
    if (!whole || rest.startsWith('00') || rest.length > MAX_POSITION_DIGITS) throw noCursor(place);
    if (log !== this.#log) throw this.ofAnotherLog(place);
    const position = rest === '' ? BEGINNING : BigInt(`0x${rest}`);
    if (position > MAX_POSITION) throw noCursor(place);
    return { position, mark, attempt };
  }

  /**
   * A cursor is of this log as far as anybody knows.
   * @param there the point of this log at the cursor's position
   * @throws HubError INVALID_CURSOR where the log has another change there
   */
  checkMark({ mark }: MarkedPosition, there: Point, place: string): void {
    if (mark !== null && mark !== markOf(there)) throw this.ofAnotherLog(place);
  }

  /** The refusal of a cursor of another log, or of a part of this one that was lost. */
  ofAnotherLog(place: string): HubError {
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

/** The mark of a point: the first bytes of its hash, in base64url. */
export const markOf = ({ hash }: Pick<Point, 'hash'>): string => hash.slice(0, MARK_CHARACTERS);

const markDigitsOf = (point: Point): string => Buffer.from(markOf(point), 'base64url').toString('hex');

/** Hexadecimal digits that are read from the left. */
class Digits {
  /** Whether more were asked for than there are. */
  lacked = false;

  constructor(public rest: string) {}

  take(count: number): string {
    const taken = this.rest.slice(0, count);
    this.lacked ||= taken.length < count;
    this.rest = this.rest.slice(count);
    return taken;
  }
}

/** Reads the part of a cursor that says which attempt it is. */
const attemptOf = (digits: Digits): Attempt => ({
  consumer: BigInt(`0x0${digits.take(CONSUMER_DIGITS)}`),
  attempt: Number.parseInt(`0${digits.take(ATTEMPT_DIGITS)}`, 16),
  ticket: BigInt(`0x0${digits.take(TICKET_DIGITS)}`),
});

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
