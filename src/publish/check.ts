import { hash } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { HubError, badInput } from '../model/errors.js';
import type { Write } from '../model/change.js';
import { canonicalJson, isObject } from '../model/json.js';
import type { Json, JsonObject } from '../model/json.js';
import { findDefect } from '../model/json-check.js';
import type { Limits } from '../model/limits.js';
import { checkKey, checkName } from '../model/names.js';
import type { Intent } from './decide.js';

/** One change as a source sends it; the API has checked its types, nothing else. */
export interface ChangeInput {
  readonly collection: string;
  readonly key: string;
  readonly write: Write;
  readonly data?: unknown;
  readonly sourceId?: string | null | undefined;
  readonly expectedVersion?: number | null | undefined;
  /** Milliseconds since 1970. */
  readonly occurredAt?: number | null | undefined;
  readonly headers?: unknown;
}

export interface PublishCall {
  readonly source: string;
  readonly changes: readonly ChangeInput[];
  readonly atomic: boolean;
}

/** A change that may be recorded as it is. */
export interface CheckedChange extends Intent {
  readonly source: string;
  readonly collection: string;
  readonly key: string;
  readonly sourceId: string;
  /** Whether the source gave it: only then can it have been recorded before. */
  readonly sourceIdGiven: boolean;
  readonly digest: string;
  /** Null: as recordedAt. */
  readonly occurredAt: number | null;
  /** JSON text. */
  readonly headers: string | null;
  /** Bytes of data and headers as JSON text: what the change weighs while it waits. */
  readonly bytes: number;
}

export interface CheckedCall {
  readonly atomic: boolean;
  readonly changes: readonly CheckedChange[];
}

/**
 * Checks a call that came from outside, whole, before anything of it is recorded.
 * @throws HubError BAD_USER_INPUT, PAYLOAD_TOO_LARGE or TOO_MANY_CHANGES; details.index says which change, details.path
 *   which value.
 */
export function checkCall(call: PublishCall, limits: Limits): CheckedCall {
  const source = checkName(call.source, 'source', limits);
  if (call.changes.length === 0) throw badInput('changes', 'is empty; send at least one change');
  if (call.changes.length > limits.changesPerCall) {
    throw new HubError(
      'TOO_MANY_CHANGES',
      `changes: holds ${call.changes.length} changes; send ${limits.changesPerCall} at most in one call.`,
      { path: 'changes', limit: limits.changesPerCall },
    );
  }
  return {
    atomic: call.atomic,
    changes: call.changes.map((change, index) => checkAt(change, index, source, limits)),
  };
}

function checkAt(input: ChangeInput, index: number, source: string, limits: Limits): CheckedChange {
  try {
    return checkChange(input, `changes[${index}]`, source, limits);
  } catch (error) {
    throw atIndex(error, index);
  }
}

function checkChange(input: ChangeInput, place: string, source: string, limits: Limits): CheckedChange {
  const collection = checkName(input.collection, `${place}.collection`, limits);
  const key = checkKey(input.key, `${place}.key`, limits);
  const sourceId = checkSourceId(input.sourceId, `${place}.sourceId`, limits);
  const expectedVersion = checkVersion(input.expectedVersion, `${place}.expectedVersion`);
  const { write } = input;
  const checked = checkData(input, place, limits);
  const headers = checkHeaders(input.headers, `${place}.headers`, limits);
  const data = checked.value;
  return {
    ...{ source, collection, key, write, data, expectedVersion },
    sourceId: sourceId ?? uuidv7(),
    sourceIdGiven: sourceId !== null,
    digest: digestOf(collection, key, write, data),
    occurredAt: input.occurredAt ?? null,
    headers: headers.text,
    bytes: checked.bytes + headers.bytes,
  };
}

const checkSourceId = (id: string | null | undefined, place: string, limits: Limits): string | null =>
  id === null || id === undefined ? null : checkKey(id, place, limits);

function checkVersion(version: number | null | undefined, place: string): number | null {
  if (version === null || version === undefined) return null;
  if (version < 0) throw badInput(place, 'is below 0; give the version that you read, or 0 for "not live"');
  return version;
}

/** A JSON object, or nothing, with its text and size. */
interface CheckedObject {
  readonly value: JsonObject | null;
  readonly text: string | null;
  readonly bytes: number;
}

const NOTHING: CheckedObject = { value: null, text: null, bytes: 0 };

function checkData({ write, data }: ChangeInput, place: string, limits: Limits): CheckedObject {
  const inPlace = `${place}.data`;
  const given = data !== undefined && data !== null;
  if (write === 'DELETE') {
    if (given) throw badInput(inPlace, 'is not allowed with DELETE; leave it out');
    return NOTHING;
  }
  if (!given) throw badInput(inPlace, `is missing; ${write} needs an object`);
  return checkObject(data, inPlace, limits);
}

const checkHeaders = (headers: unknown, place: string, limits: Limits): CheckedObject =>
  headers === undefined || headers === null ? NOTHING : checkObject(headers, place, limits);

function checkObject(value: unknown, place: string, limits: Limits): CheckedObject {
  if (!isObject(value as Json)) throw badInput(place, 'is not a JSON object; send one');
  const object = value as JsonObject;
  const defect = findDefect(object, limits.dataDepth);
  if (defect) throw badInput(place + defect.path, defect.sentence);
  const text = JSON.stringify(object);
  return { value: object, text, bytes: checkSize(text, place, limits) };
}

/**
 * Answers the bytes of a JSON text.
 * @throws HubError PAYLOAD_TOO_LARGE where it is larger than one change may be
 */
export function checkSize(text: string, place: string, limits: Limits): number {
  const bytes = Buffer.byteLength(text);
  if (bytes <= limits.dataBytes) return bytes;
  throw new HubError(
    'PAYLOAD_TOO_LARGE',
    `${place}: has ${bytes} bytes as JSON; ${limits.dataBytes} are allowed, so split the entity or leave fields out.`,
    { path: place, limit: limits.dataBytes },
  );
}

/** A call that would record or answer more than it may; `index` is the change that exceeds it. */
export const callTooLarge = (index: number, limit: number): HubError =>
  new HubError(
    'PAYLOAD_TOO_LARGE',
    `changes[${index}]: with this change the call records or answers more than ${limit} bytes (entities before and ` +
      'after, and headers); send fewer changes in one call.',
    { path: `changes[${index}]`, index, limit },
  );

/** Says which change of a call an error speaks of. */
export const atIndex = (error: unknown, index: number): unknown =>
  error instanceof HubError ? new HubError(error.code, error.message, { ...error.details, index }) : error;

const digestOf = (collection: string, key: string, write: Write, data: JsonObject | null): string =>
  hash('sha256', canonicalJson([collection, key, write, data]), 'base64url');
