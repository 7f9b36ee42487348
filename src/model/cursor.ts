import { HubError } from './errors.js';

/**
 * A cursor's text: base64url of one byte format, four bytes of the log's id, and the position as the fewest big-endian
 * bytes (none for 0). Opaque to clients, compact, bound to its log, and canonical: one place has one text.
 */
export type Cursor = string & { readonly __brand: 'Cursor' };

/** A place in the log: the position of a change, or 0, the place before the first. */
export type Position = bigint;

/** The place before the first change. */
export const BEGINNING: Position = 0n;

const FORMAT = 1;
const LOG_BYTES = 4;
const HEADER_BYTES = 1 + LOG_BYTES;
/** Positions are PostgreSQL's bigint. */
const MAX_POSITION = 2n ** 63n - 1n;

/** Writes and reads the cursors of one log. */
export class CursorCodec {
  readonly #header: string;

  /** `logId` is the log's UUID; its first four bytes go into every cursor. */
  constructor(readonly logId: string) {
    this.#header = FORMAT.toString(16).padStart(2, '0') + logId.replaceAll('-', '').slice(0, LOG_BYTES * 2);
  }

  encode(position: Position): Cursor {
    const hex = position === 0n ? '' : position.toString(16);
    const bytes = hex.length % 2 === 0 ? hex : `0${hex}`;
    return Buffer.from(this.#header + bytes, 'hex').toString('base64url') as Cursor;
  }

  /**
   * The position that `text` stands for. `place` names the argument, for the error.
   * @throws HubError INVALID_CURSOR where it is not a cursor, or one of another log.
   */
  decode(text: string, place: string): Position {
    const bytes = Buffer.from(text, 'base64url');
    const hex = bytes.toString('hex');
    const digits = hex.slice(HEADER_BYTES * 2);
    const canonical = bytes.toString('base64url') === text && !digits.startsWith('00');
    if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT || !canonical || digits.length > 16) {
      throw new HubError('INVALID_CURSOR', `${place}: is not a cursor; send one back as the hub gave it.`, {
        path: place,
      });
    }
    if (!hex.startsWith(this.#header)) {
      throw new HubError(
        'INVALID_CURSOR',
        `${place}: is a cursor of another log; the hub was restored or replaced, so start again with a new consumer.`,
        { path: place, logId: this.logId },
      );
    }
    const position = digits === '' ? BEGINNING : BigInt(`0x${digits}`);
    if (position > MAX_POSITION) {
      throw new HubError('INVALID_CURSOR', `${place}: is not a cursor; send one back as the hub gave it.`, {
        path: place,
      });
    }
    return position;
  }
}
