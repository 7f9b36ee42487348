/**
 * The chain of hashes over the log. Every change carries a SHA-256 hash over the hash of the change before it, its own
 * columns and a digest of its payload, so the hash of the newest change depends on every change there is: a row that was
 * altered, left out, put in or moved no longer fits, nor does any row after it.
 *
 * The payload (after, undo, headers, and the digest that tells repeats, which is made of the data) is part of it by a salted
 * digest that the row keeps. So a payload could be erased together with its salt: what is left would still prove the chain,
 * and tell nothing of the payload. Nothing erases payloads yet.
 *
 * docs/architecture.md defines the bytes; they can be computed without this program.
 */
import { hash, randomFillSync } from 'node:crypto';
import type { ChangeRow } from '../model/change.js';

/** What takes the place of a hash before the first change: 32 zero bytes. */
export const GENESIS_HASH = Buffer.alloc(32).toString('base64url');

/** A change that has no place in the chain yet. */
export type UnsealedRow = Omit<ChangeRow, 'hash' | 'salt' | 'payloadDigest'>;

/**
 * Puts a change behind another one into the chain, with a new salt.
 * @param before the hash of the change at the position before; GENESIS_HASH for the first
 */
export function seal(change: UnsealedRow, before: string): ChangeRow {
  const salt = newSalt();
  const payloadDigest = payloadDigestOf({ ...change, salt });
  return { ...change, salt, payloadDigest, hash: hashOf({ ...change, payloadDigest }, before) };
}

/**
 * The hash that a change has behind another one.
 * @param before the hash of the change at the position before; GENESIS_HASH for the first
 * @returns 32 bytes in base64url
 */
export function hashOf(change: Omit<ChangeRow, 'hash' | 'salt'>, before: string): string {
  form.clear();
  form.bytes(before);
  form.integer(change.position);
  form.integer(change.previous ?? 0n);
  form.integer(change.version);
  form.integer(change.occurredAt);
  form.integer(change.recordedAt);
  form.text(change.sourceId);
  form.text(change.source);
  form.text(change.collection);
  form.text(change.key);
  form.text(change.operation);
  form.bytes(change.payloadDigest);
  return form.sha256();
}

/** What a change's payload digest is made of. */
type Payload = Pick<ChangeRow, 'salt' | 'after' | 'undo' | 'headers' | 'digest'>;

/** The salted digest of a change's payload, 32 bytes in base64url. */
export function payloadDigestOf({ salt, after, undo, headers, digest }: Payload): string {
  form.clear();
  form.text(salt);
  form.text(after);
  form.text(undo);
  form.text(headers);
  form.text(digest);
  return form.sha256();
}

const SALT_BYTES = 16;
/** Asking the operating system for random bytes costs more than a hash, so they are fetched for many salts at once. */
const salts = Buffer.alloc(256 * SALT_BYTES);
let saltsUsed = salts.length;

function newSalt(): string {
  if (saltsUsed === salts.length) {
    randomFillSync(salts);
    saltsUsed = 0;
  }
  saltsUsed += SALT_BYTES;
  return salts.toString('base64url', saltsUsed - SALT_BYTES, saltsUsed);
}

/** Stands for the length of a text that is null. */
const NULL_LENGTH = 0xffff_ffff;
/** UTF-8 needs at most so many bytes for each unit of UTF-16. */
const MAX_BYTES_A_UNIT = 3;

/** The canonical form of values, one after another, in a buffer that is used again and again. */
class CanonicalForm {
  #buffer = Buffer.allocUnsafe(4_096);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  /** Bytes that are given in base64url; their number is fixed, so no length stands before them. */
  bytes(base64url: string): void {
    this.#reserve(base64url.length);
    this.#length += this.#buffer.write(base64url, this.#length, 'base64url');
  }

  /** Eight bytes, big-endian, two's complement. */
  integer(value: bigint | number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeBigInt64BE(BigInt(value), this.#length);
  }

  /** Four bytes with the length in bytes, big-endian, and the text in UTF-8; NULL_LENGTH alone for null. */
  text(value: string | null): void {
    this.#reserve(4 + MAX_BYTES_A_UNIT * (value?.length ?? 0));
    const start = this.#length + 4;
    const length = value === null ? 0 : this.#buffer.write(value, start, 'utf8');
    this.#buffer.writeUInt32BE(value === null ? NULL_LENGTH : length, this.#length);
    this.#length = start + length;
  }

  sha256(): string {
    return hash('sha256', this.#buffer.subarray(0, this.#length), 'base64url');
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

const form = new CanonicalForm();
