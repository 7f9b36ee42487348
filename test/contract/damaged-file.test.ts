/** A SQLite file that was damaged while nobody had it open: what SQLite can notice is refused, and never taken for a new log. */
import { readdirSync } from 'node:fs';
import { open, stat, truncate } from 'node:fs/promises';
import { ackTables } from '../../src/ack/ack.js';
import { Log, logTables } from '../../src/log/log.js';
import type { ChangeRow } from '../../src/model/change.js';
import { systemTimers } from '../../src/model/clock.js';
import { openDatabase } from '../../src/platform/platform.js';
import { sqlite } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { append } from './support/append.js';
import { rejectionOf } from './support/parts.js';

const PAGE_BYTES = 4_096;
const CHANGES = 500;
const ATTEMPTS = 10;

const openFiles = (): number => readdirSync('/dev/fd').length;

const overwrite = async (file: string, from: number, bytes: number): Promise<void> => {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  await handle.close();
};

const atStart = (file: string): string =>
  `The file ${file} is damaged, or no SQLite database; restore it from a backup.`;
const atRead = (): RegExp => /^The database file is damaged.*; restore it from a backup/;

const DAMAGES: readonly (readonly [
  string,
  (file: string) => Promise<void>,
  (file: string) => string | RegExp,
])[] = [
  [
    'its second half is gone',
    async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
    atStart,
  ],
  ['its first page is overwritten', (file) => overwrite(file, 0, PAGE_BYTES), atStart],
  [
    'all pages but the first are overwritten',
    async (file) => overwrite(file, PAGE_BYTES, (await stat(file)).size - PAGE_BYTES),
    atStart,
  ],
  [
    'every tenth page is overwritten',
    async (file) => {
      for (let page = 9; page * PAGE_BYTES < (await stat(file)).size; page += 10)
        await overwrite(file, page * PAGE_BYTES, PAGE_BYTES);
    },
    atRead,
  ],
];

describe.each(DAMAGES)('a SQLite file of which %s', (_what, damage, says) => {
  let own: OwnDatabase;

  beforeEach(async () => {
    own = await sqlite.create();
  });
  afterEach(() => own.drop());

  /** Opens the log, does something with it, and closes it. */
  const withLog = async <T>(work: (log: Log) => Promise<T>): Promise<T> => {
    const options = { poolSize: 1, onLost: () => undefined, timers: systemTimers };
    const database = await openDatabase(own.url, [logTables, ackTables], options);
    try {
      await database.migrate();
      return await work(await Log.open(database, systemTimers));
    } finally {
      await database.close();
    }
  };
  const read = (): Promise<readonly ChangeRow[]> =>
    withLog(async (log) => (await log.changes({ after: 0n, limit: CHANGES * 2 })).rows);

  it('is refused, by a sentence that says so', async () => {
    const rows = Array.from({ length: CHANGES }, (_none, n) => ({
      ...{ key: `k${n}`, after: JSON.stringify({ text: 'x'.repeat(500) }) },
    }));
    await withLog((log) => append(log, rows));
    expect(await read()).toHaveLength(CHANGES);
    const file = own.url.replace('sqlite:', '');
    await damage(file);
    const refusal = await rejectionOf(read());
    expect(refusal.message).toMatch(says(file));
    expect(String(refusal.cause)).toMatch(
      /SqliteError: (database disk image is malformed|file is not a database)/,
    );
  });

  it('is not kept open by those that it refuses', async () => {
    await withLog((log) => append(log, [{ key: 'k' }]));
    await damage(own.url.replace('sqlite:', ''));
    await read().catch(() => undefined);
    const before = openFiles();
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) await read().catch(() => undefined);
    expect(openFiles()).toBeLessThan(before + ATTEMPTS);
  });
});
