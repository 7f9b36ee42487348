import Sqlite from 'better-sqlite3';
import { isSafeVersion } from '../../src/platform/sqlite-file.js';

describe('a SQLite version', () => {
  it.each(['3.51.3', '3.51.4', '3.51.10', '3.52.0', '3.52', '3.100.0', '4.0.0', '4'])(
    '%s is trusted with a write-ahead log',
    (version) => {
      expect(isSafeVersion(version)).toBe(true);
    },
  );

  it.each(['3.51.2', '3.51.0', '3.51', '3.50.9', '3.9.99', '3.5.3', '2.99.99', '3', '', 'unknown'])(
    '%s is not',
    (version) => {
      expect(isSafeVersion(version)).toBe(false);
    },
  );

  it('that the hub brings along is trusted', () => {
    const handle = new Sqlite(':memory:');
    const { version } = handle.prepare('select sqlite_version() as version').get() as { version: string };
    handle.close();
    expect(isSafeVersion(version)).toBe(true);
  });
});
