/** The file of an embedded database: whether it can serve, and how long opening it waits for others. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type BetterSqlite3 from 'better-sqlite3';
import type { Timers } from '../model/clock.js';

/**
 * Up to 3.51.2 a checkpoint that raced a writer could lose acknowledged commits in WAL mode.
 * Source: https://sqlite.org/wal.html, "The WAL reset bug".
 */
const OLDEST_SQLITE = [3, 51, 3] as const;
/** How long a statement waits for another process that writes the same file, in milliseconds. */
export const BUSY_MS = 5_000;
/** How long opening waits for others that open the same file, and how often it looks, in milliseconds. */
export const OPEN_MS = 20_000;
const RETRY_MS = 20;
/** Codes of a file that cannot be trusted. */
export const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/;

/**
 * The driver would make the folder: a mistyped path would then begin an empty log where nobody looks for it.
 * @throws Error with one sentence where the file's folder does not exist
 */
export async function assertFolder(path: string): Promise<void> {
  const file = resolve(path);
  const folder = dirname(file);
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  throw new Error(
    `The folder ${folder} for the SQLite file ${file} does not exist; create it, or correct DATABASE_URL.`,
  );
}

/** How one waits for other connections to a file. */
interface Waiting {
  /** Milliseconds after which it is an error; Infinity: never. */
  readonly forMs: number;
  /** Told once, where it has to wait; default: nobody is told. */
  readonly onWait?: () => void;
}

/**
 * Retries until no other connection holds the file, without blocking this process, which may hold the other connection.
 * Turning the write-ahead log on does not wait for other connections by itself.
 * @throws what `work` throws; SQLITE_BUSY only when the time is over
 */
export async function untilFree(
  handle: BetterSqlite3.Database,
  timers: Timers,
  work: () => unknown,
  { forMs, onWait = () => undefined }: Waiting,
): Promise<void> {
  const end = timers.now() + forMs;
  handle.pragma('busy_timeout = 0');
  for (let attempt = 1; ; attempt += 1) {
    try {
      work();
      break;
    } catch (error) {
      const busy = codeOf(error).startsWith('SQLITE_BUSY');
      if (!busy || timers.now() > end) throw error;
      if (attempt === 1) onWait();
      await new Promise<void>((resolve) => void timers.after(RETRY_MS, resolve));
    }
  }
  handle.pragma(`busy_timeout = ${BUSY_MS}`);
}

/** What SQLite says of a file that it cannot open or read, in a sentence that names the file. */
export const throwAbout =
  (path: string) =>
  (error: unknown): never => {
    const code = codeOf(error);
    let says: string;
    if (code.startsWith('SQLITE_CANTOPEN'))
      says = `The SQLite file ${path} cannot be opened; check that it is a file which the hub may write, or correct DATABASE_URL.`;
    else if (DAMAGED.test(code))
      says = `The file ${path} is damaged, or no SQLite database; restore it from a backup.`;
    else throw error;
    throw new Error(says, { cause: error });
  };

export const sqliteVersion = (handle: BetterSqlite3.Database): string =>
  (handle.prepare('select sqlite_version() as version').get() as { version: string }).version;

/** @throws Error with one sentence where the bundled SQLite can lose commits */
export function assertVersion(handle: BetterSqlite3.Database): void {
  const version = sqliteVersion(handle);
  if (!isSafeVersion(version)) {
    throw new Error(
      `SQLite ${version} can lose acknowledged commits in WAL mode; install better-sqlite3 with SQLite ` +
        `${OLDEST_SQLITE.join('.')} or newer.`,
    );
  }
}

/** Whether a SQLite version is new enough to be trusted with a write-ahead log. */
export function isSafeVersion(version: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [i, least] of OLDEST_SQLITE.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/**
 * The code of SQLite's errors, empty for any other. Told by the code and not by the class: the driver's native part knows
 * one class a process, and a program may have loaded its module twice.
 */
export function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}
