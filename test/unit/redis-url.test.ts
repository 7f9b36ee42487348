import { parseRedisUrl } from '../../src/config/redis-url.js';

const nobody = { username: null, password: null };

/** Every form of REDIS_URL, and what it is read as; config.test.ts has those that are refused. */
const FORMS: readonly (readonly [string, object])[] = [
  ['redis://cache', { kind: 'single', url: 'redis://cache' }],
  ['rediss://u:p@cache:1/2', { kind: 'single', url: 'rediss://u:p@cache:1/2' }],
  [
    'redis+sentinel://a/main',
    {
      ...{ kind: 'sentinel', tls: false, sentinels: [{ host: 'a', port: 26_379 }] },
      ...{ master: 'main', database: 0, ...nobody, toSentinels: nobody },
    },
  ],
  [
    'rediss+sentinel://me:p%40ss@a:1,[::1]:2/my%20main/3?sentinel_username=s&sentinel_password=t%2Fu',
    {
      kind: 'sentinel',
      tls: true,
      sentinels: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
      ],
      ...{ master: 'my main', database: 3, username: 'me', password: 'p@ss' },
      toSentinels: { username: 's', password: 't/u' },
    },
  ],
  [
    'redis+cluster://:secret@a:7000,b/',
    {
      ...{ kind: 'cluster', tls: false, username: null, password: 'secret' },
      nodes: [
        { host: 'a', port: 7_000 },
        { host: 'b', port: 6_379 },
      ],
    },
  ],
  [
    'rediss+cluster://c.example:6380',
    { kind: 'cluster', tls: true, nodes: [{ host: 'c.example', port: 6_380 }], ...nobody },
  ],
];

describe('a REDIS_URL', () => {
  it.each(FORMS)('%s is read as what it says', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    ['redis+sentinel://:secret@h', 'master'],
    ['redis+cluster://:secret@h/5', 'database'],
    ['redis+cluster://:sec%ret@h', '%25'],
    ['redis://:secret@a,b', 'redis+cluster://'],
  ])('%s is refused by a sentence that helps and does not tell the password', (url, help) => {
    const refuse = (): unknown => parseRedisUrl(url);
    expect(refuse).toThrow(help);
    expect(refuse).not.toThrow(/sec/);
  });
});
