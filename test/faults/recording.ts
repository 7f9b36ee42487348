/** Recording a history, and keeping it in a file. */
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Fail, History, HistoryEntry, JsonObject, Milliseconds, Unknown, Unstamped } from './history.js';

/** Appends to a history, and gives each entry its time. */
export class Recorder {
  readonly entries: HistoryEntry[] = [];

  /** Now, on the history's clock. */
  now(): Milliseconds {
    return performance.now();
  }

  add(entry: Unstamped): void {
    this.entries.push({ at: this.now(), ...entry });
  }
}

/**
 * What an answer that holds errors means. Only an error that promises that nothing was done is `fail`; an error that nobody
 * foresaw (INTERNAL_SERVER_ERROR, or none of ours at all) promises nothing.
 */
export function refusal(extensions: JsonObject | undefined): Fail | Unknown {
  const code = extensions?.code;
  if (typeof code !== 'string' || code === 'INTERNAL_SERVER_ERROR') {
    return { kind: 'unknown', why: `error ${String(code)}` };
  }
  if (extensions?.unknown === true) return { kind: 'unknown', why: `${code}, unknown` };
  return { kind: 'fail', code, retryable: extensions?.retryable === true };
}

/** Saves a history, one entry a line. */
export function saveHistory(history: History, path: string): void {
  writeFileSync(path, '');
  for (const entry of history) appendFileSync(path, `${JSON.stringify(entry)}\n`);
}

/** Reads a history that was saved. */
export function loadHistory(path: string): HistoryEntry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as HistoryEntry);
}

/** Longer strings are recorded as their length and hash, in characters. */
const LONGEST = 200;

/**
 * Data as it is recorded: a string longer than 200 characters stands as its length and the start of its SHA-256, so that a
 * history of large changes fits into memory and equal data stays equal.
 */
export function shrunk<T>(value: T): T {
  return shrink(value) as T;
}

function shrink(value: unknown): unknown {
  if (typeof value === 'string') {
    if (value.length <= LONGEST) return value;
    return `${value.length} characters, sha256 ${createHash('sha256').update(value).digest('hex').slice(0, 24)}`;
  }
  if (Array.isArray(value)) return value.map(shrink);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shrink(field)]));
}
