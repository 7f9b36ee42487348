import { MARK_CHARACTERS, markOf } from './cursor.js';
import type { Point, Position } from './cursor.js';

/**
 * The ids of everything that has one, as clients get and send them: a client's cache holds objects by their ids, so an id names
 * one object among those of all types and all hubs, and one object has one id.
 *
 * An id's text is base64url of one byte that tells the type, and of what finds the object. Opaque to clients, compact,
 * URL-safe and canonical. The type's bytes differ from the formats of cursors (see CursorCodec): no id is a cursor, and no
 * cursor an id. The first four bytes of the log's id follow the type, since positions and the numbers of consumers start again
 * in another log; the id of a conflict has its UUID alone.
 */

/** What an id names. What it names need not be there. */
export type NodeRef = ChangeRef | EntityRef | ConsumerRef | DeadLetterRef | ConflictRef;

/** A change, by its position. */
export interface ChangeRef {
  readonly type: 'Change';
  readonly position: Position;
  /** The first bytes of its hash, as in a cursor: tells it from another change at its position after a restore; see markOf. */
  readonly mark: string;
}

/** An entity, by collection and key. */
export interface EntityRef {
  readonly type: 'Entity';
  readonly collection: string;
  readonly key: string;
}

/** A consumer, by its number, so that one that is deleted and created again is another one; see ConsumerState.id. */
export interface ConsumerRef {
  readonly type: 'Consumer';
  readonly consumer: bigint;
}

/** A change that a consumer rejected. */
export interface DeadLetterRef {
  readonly type: 'DeadLetter';
  readonly consumer: bigint;
  readonly position: Position;
}

/** A change that was refused, by the UUID of the refusal. */
export interface ConflictRef {
  readonly type: 'Conflict';
  readonly uuid: string;
}

/** The byte that begins an id; cursors begin with 1 to 4. */
const TYPES = { Change: 0x10, Entity: 0x11, Consumer: 0x12, DeadLetter: 0x13, Conflict: 0x14 } as const;
const LOG_BYTES = 4;
/** Four characters of base64url are three bytes. */
const MARK_BYTES = (MARK_CHARACTERS / 4) * 3;
const UUID_BYTES = 16;
/** Positions and the numbers of consumers are PostgreSQL's bigint. */
const MAX_NUMBER = 2n ** 63n - 1n;
const MAX_NUMBER_BYTES = 8;

/** Writes and reads the ids of one log. */
export class IdCodec {
  readonly #log: Buffer;

  /** `logId` is the log's UUID. */
  constructor(logId: string) {
    this.#log = bytesOfUuid(logId).subarray(0, LOG_BYTES);
  }

  change(point: Point): string {
    return this.#text(TYPES.Change, Buffer.from(markOf(point), 'base64url'), bytesOf(point.position));
  }

  entity({ collection, key }: Pick<EntityRef, 'collection' | 'key'>): string {
    return this.#text(TYPES.Entity, Buffer.from(`${collection}\0${key}`));
  }

  /** `consumer` is its number; see ConsumerState.id. */
  consumer(consumer: bigint): string {
    return this.#text(TYPES.Consumer, bytesOf(consumer));
  }

  deadLetter({ consumer, position }: Pick<DeadLetterRef, 'consumer' | 'position'>): string {
    const number = bytesOf(consumer);
    return this.#text(TYPES.DeadLetter, Buffer.from([number.length]), number, bytesOf(position));
  }

  /** `uuid` is the refusal's; see Conflict.id. */
  conflict(uuid: string): string {
    return Buffer.concat([Buffer.from([TYPES.Conflict]), bytesOfUuid(uuid)]).toString('base64url');
  }

  /**
   * What an id names; null where the text is no id of this log. What is answered can be looked up as it is: numbers from 1 to
   * 2^63 - 1, and texts of well-formed Unicode without U+0000.
   */
  decode(text: string): NodeRef | null {
    const bytes = Buffer.from(text, 'base64url');
    // Buffer passes over what is not base64url.
    if (bytes.toString('base64url') !== text) return null;
    const [type] = bytes;
    if (type === TYPES.Conflict) return conflictOf(bytes.subarray(1));
    if (!bytes.subarray(1, 1 + LOG_BYTES).equals(this.#log)) return null;
    const rest = bytes.subarray(1 + LOG_BYTES);
    if (type === TYPES.Change) return changeOf(rest);
    if (type === TYPES.Entity) return entityOf(rest);
    if (type === TYPES.Consumer) return consumerOf(rest);
    return type === TYPES.DeadLetter ? deadLetterOf(rest) : null;
  }

  #text(type: number, ...parts: readonly Buffer[]): string {
    return Buffer.concat([Buffer.from([type]), this.#log, ...parts]).toString('base64url');
  }
}

function changeOf(bytes: Buffer): ChangeRef | null {
  const position = numberOf(bytes.subarray(MARK_BYTES));
  if (position === null) return null;
  return { type: 'Change', position, mark: bytes.toString('base64url', 0, MARK_BYTES) };
}

function entityOf(bytes: Buffer): EntityRef | null {
  const text = bytes.toString();
  const [collection = '', key = '', ...more] = text.split('\0');
  // Bytes that are not UTF-8 read as other text, whose bytes are others.
  const isText = more.length === 0 && Buffer.from(text).equals(bytes);
  return isText && collection !== '' && key !== '' ? { type: 'Entity', collection, key } : null;
}

function consumerOf(bytes: Buffer): ConsumerRef | null {
  const consumer = numberOf(bytes);
  return consumer === null ? null : { type: 'Consumer', consumer };
}

function deadLetterOf(bytes: Buffer): DeadLetterRef | null {
  const [length = 0] = bytes;
  const consumer = numberOf(bytes.subarray(1, 1 + length));
  const position = numberOf(bytes.subarray(1 + length));
  return consumer === null || position === null ? null : { type: 'DeadLetter', consumer, position };
}

function conflictOf(bytes: Buffer): ConflictRef | null {
  if (bytes.length !== UUID_BYTES) return null;
  const uuid = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { type: 'Conflict', uuid };
}

const bytesOfUuid = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** A number above 0 as the fewest big-endian bytes. */
function bytesOf(number: bigint): Buffer {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** The number above 0 that the fewest bytes stand for; null where they stand for none. */
function numberOf(bytes: Buffer): bigint | null {
  if (bytes.length === 0 || bytes.length > MAX_NUMBER_BYTES || bytes[0] === 0) return null;
  const number = BigInt(`0x${bytes.toString('hex')}`);
  return number > MAX_NUMBER ? null : number;
}
