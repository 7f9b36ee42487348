import {
  ConfigError,
  helpText,
  OPTIONS,
  readCommand,
  readConfig,
  UsageError,
} from '../../src/config/config.js';
import type { OptionName } from '../../src/config/config.js';
import { RULES } from '../../src/config/contradictions.js';
import { thrownBy } from '../contract/support/parts.js';

/** Values that each option refuses; every option is here, or the last test says which is missing. */
const BAD: Readonly<Record<OptionName, readonly string[]>> = {
  HOST: [],
  PORT: ['x', '-1', '65536', '1.5', '80 81', '0x50', '1e3', '9'.repeat(16)],
  ALLOWED_ORIGINS: [
    ...['*', 'null', 'app.example.com', 'https://', 'https://*.example.com', 'https://a.example/path'],
    ...['https://user@a.example', 'https://a.example,', 'https://a.example https://b.example', 'https://a:x'],
  ],
  DATABASE_URL: [
    'tidemark.db',
    'sqlite:',
    'sqlite::memory:',
    'mysql://host/db',
    'postgres://',
    '/tmp/a.db',
    ...['', '1st', 'pg_own', 'information_schema', 'a-b', 'a"b', 'a b', 'é', 'x'.repeat(64)].map(
      (schema) => `postgres://host/db?schema=${schema}`,
    ),
  ],
  REDIS_URL: [
    ...['localhost:6379', 'http://localhost', 'redis://', 'redis', 'redis://a:1,b:2', 'redis+magic://h/m'],
    ...[
      'redis+sentinel://h:26379',
      'redis+sentinel:///m',
      'redis+sentinel://h/m/x',
      'redis+sentinel://h/m?a=b',
    ],
    ...['redis+sentinel://%zz@h/m', 'redis+cluster://', 'redis+cluster://h:7000/1', 'redis+cluster://h:x'],
    ...[
      'redis+cluster://h:70000',
      'redis+cluster://a,,b',
      'redis+cluster://h:7000?a=b',
      'redis+cluster://[::1',
    ],
  ],
  LOG_LEVEL: ['loud', 'INFO', 'warning'],
  MAX_BODY_BYTES: ['1023', 'x', '4MiB', '1073741825'],
  MAX_CHANGES_PER_CALL: ['0', '5001', '-5'],
  MAX_CALL_BYTES: ['0', '1023', 'x'],
  MAX_DATA_BYTES: ['1', '67108865'],
  MAX_DATA_DEPTH: ['0', '1001'],
  MAX_NAME_LENGTH: ['0', '251'],
  MAX_KEY_LENGTH: ['0', '601'],
  NAME_PATTERN: ['[', '(', '\\'],
  MAX_WAITING_CHANGES: ['0', '10000001'],
  MAX_WAITING_BYTES: ['0', '1e9'],
  POLL_MS: ['9', '60001', '0.5'],
  TAIL_BYTES: ['-1', 'all'],
  DATABASE_POOL: ['1', '1001'],
  SOCKET_BUFFER_BYTES: ['1023'],
  SOCKET_STALLED_MS: ['99', '3600001'],
  PING_MS: ['99', '3600001'],
  RETRY_FIRST_MS: ['0', '86400001'],
  RETRY_LONGEST_MS: ['0', '604800001', '1h'],
  DRAIN_MS: ['-1', '600001'],
};

/** The other options of every rule, far enough apart that only one rule can be broken. */
const ROOMY = {};

const cases = Object.entries(BAD).flatMap(([name, values]) => values.map((value) => [name, value] as const));

describe('the configuration', () => {
  it('is complete without any environment', () => {
    expect(readConfig({})).toMatchObject({
      ...{ host: '127.0.0.1', port: 4_000, databaseUrl: 'sqlite:./tidemark.db', redisUrl: null },
      ...{ logLevel: 'info', pollMs: 250 },
      limits: { bodyBytes: 4_194_304, changesPerCall: 1_000, dataBytes: 262_144, namePattern: null },
    });
  });

  it('takes empty and blank values for absent ones, and trims the others', () => {
    const blank = Object.fromEntries(Object.keys(OPTIONS).map((name, i) => [name, i % 2 === 0 ? '' : '  ']));
    expect(readConfig(blank)).toEqual(readConfig({}));
    expect(readConfig({ PORT: ' 80 ' }).port).toBe(80);
  });

  it('reads each option into its place', () => {
    const config = readConfig({
      ...{ HOST: '::', PORT: '0', DATABASE_URL: 'postgresql://u@h/d', REDIS_URL: 'rediss://h:1' },
      ...{ LOG_LEVEL: 'trace', MAX_BODY_BYTES: '1024', MAX_CHANGES_PER_CALL: '5000', MAX_DATA_BYTES: '2' },
      MAX_CALL_BYTES: '1024',
      ...{ MAX_DATA_DEPTH: '1', MAX_NAME_LENGTH: '250', MAX_KEY_LENGTH: '600', NAME_PATTERN: '^\\p{L}+$' },
      ...{ MAX_WAITING_CHANGES: '5001', MAX_WAITING_BYTES: '2000', POLL_MS: '10', TAIL_BYTES: '0' },
      ...{ DATABASE_POOL: '2', SOCKET_BUFFER_BYTES: '1024', PING_MS: '100', DRAIN_MS: '0' },
      ...{ RETRY_FIRST_MS: '5', RETRY_LONGEST_MS: '6' },
      SOCKET_STALLED_MS: '200',
      ALLOWED_ORIGINS: 'HTTPS://A.example:443/,tauri://localhost , http://b.example:80, http://[::1]:4000',
    });
    expect(config).toEqual({
      ...{
        host: '::',
        port: 0,
        databaseUrl: 'postgresql://u@h/d',
        redisUrl: 'rediss://h:1',
        logLevel: 'trace',
      },
      limits: {
        producedBytes: 1_024,
        ...{ bodyBytes: 1_024, changesPerCall: 5_000, dataBytes: 2, dataDepth: 1, nameLength: 250 },
        ...{ keyLength: 600, namePattern: /^\p{L}+$/u, waitingChanges: 5_001, waitingBytes: 2_000 },
      },
      backoff: { firstMs: 5, longestMs: 6 },
      sockets: { bufferBytes: 1_024, stalledMs: 200, pingMs: 100 },
      allowedOrigins: ['https://a.example', 'tauri://localhost', 'http://b.example', 'http://[::1]:4000'],
      ...{ pollMs: 10, tailBytes: 0, poolSize: 2, drainMs: 0 },
    });
  });

  it.each(cases)(
    'refuses %s=%s with one line that names the option and says what is wrong',
    (name, value) => {
      const error: unknown = thrownBy(() => readConfig({ [name]: value }));
      expect(error).toBeInstanceOf(ConfigError);
      const { message } = error as ConfigError;
      expect(message).toMatch(new RegExp(`^${name} (is|has|names) `));
      expect(message).not.toContain('\n');
      expect(message).not.toMatch(/invalid input|undefined/i);
    },
  );

  it('shows the wrong value on one line, but not where it may hold a password', () => {
    expect(thrownBy(() => readConfig({ PORT: 'a\nb' })).message).toContain('(the value is "a\\nb")');
    const secret = { DATABASE_URL: 'mysql://u:secret@h/d' };
    expect(thrownBy(() => readConfig(secret)).message).not.toContain('secret');
    expect(thrownBy(() => readConfig({ REDIS_URL: 'amqp://:secret@h' })).message).not.toContain('secret');
  });

  it.each(RULES)(
    'refuses $smaller above $larger with one line that names both and says what to do',
    (rule) => {
      const { smaller, larger } = rule;
      const both = (low: number, high: number): unknown =>
        readConfig({ ...ROOMY, [smaller]: String(low), [larger]: String(high) });
      const { message } = thrownBy(() => both(2_001, 2_000));
      expect(message).toMatch(
        new RegExp(`^${smaller} \\(2001\\) must be .* ${larger} \\(2000\\), otherwise `),
      );
      expect(message).toMatch(new RegExp(`; lower ${smaller} or raise ${larger}\\.$`));
      expect(message).not.toContain('\n');
      expect(() => both(1_999, 2_000)).not.toThrow();
      expect(() => both(2_000, 2_000)).toThrow(ConfigError);
    },
  );

  it('says of a contradiction which value is a default', () => {
    expect(() => readConfig({ SOCKET_STALLED_MS: '12000' })).toThrow(
      /^PING_MS \(12000, its default\) must be less than SOCKET_STALLED_MS \(12000\)/,
    );
  });

  it('is tested for a bad value of every option that can have one', () => {
    expect(Object.keys(BAD)).toEqual(Object.keys(OPTIONS));
    expect(Object.entries(BAD).filter(([, values]) => values.length === 0)).toEqual([['HOST', []]]);
  });
});

describe('the help text', () => {
  it('has every option with its default, unit and allowed values, and every pair that must agree', () => {
    for (const name of Object.keys(OPTIONS)) expect(helpText()).toContain(`\n  ${name}\n      `);
    const words = helpText().replace(/\s+/g, ' ');
    expect(words).toContain('POLL_MS Interval at which');
    expect(words).toContain('Default: 250 ms. Allowed: 10 to 60000.');
    for (const { smaller, larger } of RULES)
      expect(words).toMatch(new RegExp(`- ${smaller} must be [a-z ]+ ${larger}, `));
  });

  it('fits a terminal of 100 columns', () => {
    expect(
      helpText()
        .split('\n')
        .filter((line) => line.length > 100),
    ).toEqual([]);
  });
});

describe('the command line', () => {
  it.each([
    [[], { kind: 'run' }],
    [['--help'], { kind: 'help' }],
    [['-h'], { kind: 'help' }],
    [['--version'], { kind: 'version' }],
    [['-v', '--help'], { kind: 'version' }],
    [['verify'], { kind: 'verify', after: null }],
    [['verify', '--after', 'AwGS'], { kind: 'verify', after: 'AwGS' }],
    [['verify', '--help'], { kind: 'help' }],
  ] as const)('%j asks for %j', (args, command) => {
    expect(readCommand(args)).toEqual(command);
  });

  it.each([['--hlep'], ['help'], ['--help', '--port=1'], ['constructor'], ['']])(
    'refuses %j with one line that names the unknown argument',
    (...args) => {
      const error: unknown = thrownBy(() => readCommand(args));
      expect(error).toBeInstanceOf(UsageError);
      const { message } = error as UsageError;
      expect(message).toMatch(/^unknown argument "[^\n]*--help[^\n]*\.$/);
      expect(message).toContain(JSON.stringify(args.at(-1)));
    },
  );

  it.each([
    [['verify', 'all']],
    [['verify', '--from', 'x']],
    [['verify', '--after']],
    [['verify', '--after', 'x', 'y']],
  ])('refuses %j with one line that says what verify takes', (args) => {
    const error: unknown = thrownBy(() => readCommand(args));
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(/^[^\n]*verify[^\n]*\.$/);
  });
});
