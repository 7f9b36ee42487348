/** Checks the log of a database without running a hub, also while hubs run on it. */
import type { Config } from './config/config.js';
import { Log, logTables } from './log/log.js';
import { systemTimers } from './model/clock.js';
import type { Damage } from './model/damage.js';
import { openDatabase, whereIs } from './platform/platform.js';

export interface LogReport {
  /** What keeps the log, and where, for people; without user name and password. */
  readonly database: string;
  readonly logId: string;
  /** Changes that were checked. */
  readonly changes: number;
  /** The cursor of the last change that was checked and is right. */
  readonly through: string;
  /** Null: the log is whole. */
  readonly damage: Damage | null;
}

export interface VerifyLogOptions {
  /** A cursor of the log: only what comes after it is checked; default: all. */
  readonly after?: string | null;
  /** Told how many positions were checked so far, and up to which it goes. */
  readonly onProgress?: (at: bigint, end: bigint) => void;
}

/** One statement may look at the whole log, in milliseconds. */
const STATEMENT_MS = 24 * 3_600_000;

/**
 * Checks the log that a database holds against its chain of hashes, and the newest states against the log; reads only.
 * @throws HubError INVALID_CURSOR, CURSOR_AHEAD; LOG_UNAVAILABLE
 * @throws Error where the database does not answer, or holds no log of this version
 */
export async function verifyLog(
  config: Config,
  { after = null, onProgress }: VerifyLogOptions = {},
): Promise<LogReport> {
  const database = await openDatabase(config.databaseUrl, [logTables], {
    poolSize: config.poolSize,
    timers: systemTimers,
    onLost: () => undefined,
    queryMs: STATEMENT_MS,
    mustExist: true,
  });
  try {
    if (await database.hasPendingMigrations())
      throw new Error(`${whereIs(database)} holds no log of this version; start a hub on it first.`);
    const log = await Log.open(database, systemTimers);
    const start =
      after === null ? null : await log.points.of(log.cursors.decode(after, '--after'), '--after');
    const { changes, through, damage } = await log.verify({
      ...(start === null ? {} : { after: start.position }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const cursor = log.cursors.encode(await log.points.at(through));
    return { database: whereIs(database), logId: log.id, changes, through: cursor, damage };
  } finally {
    await database.close();
  }
}
