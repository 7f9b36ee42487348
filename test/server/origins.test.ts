import { ask } from '../support/client.js';
import { sqlite } from '../support/databases.js';
import { fresh, ownHub } from '../api/support/own-hub.js';
import { rawRequest, UPGRADE } from './support/raw-request.js';
import type { RawAnswer, RawRequest } from './support/raw-request.js';

type Headers = Readonly<Record<string, string>>;

const JSON_TYPE = { 'content-type': 'application/json' };
const read = `/graphql?query=${encodeURIComponent('{ hub { head } }')}`;

/** A call that is recorded if it passes. */
function publishing(): RawRequest {
  const key = fresh('key');
  const query = `mutation { publish(source: "page", changes: [{ collection: "c", key: "${key}", data: {} }]) { cursor } }`;
  return { headers: JSON_TYPE, body: JSON.stringify({ query }) };
}

/** Every way to the hub, and the status of a call that passes. */
const WAYS: readonly (readonly [way: string, of: () => RawRequest, passes: number])[] = [
  ['a GraphQL GET', () => ({ path: read }), 200],
  ['a GraphQL POST', publishing, 200],
  ['a WebSocket', () => ({ headers: UPGRADE }), 101],
  ['the playground', () => ({ headers: { accept: 'text/html' } }), 200],
  ['/readyz', () => ({ path: '/readyz' }), 200],
  ['/metrics', () => ({ path: '/metrics' }), 200],
];

const sent = (url: string, request: RawRequest, headers: Headers): Promise<RawAnswer> =>
  rawRequest(url, { ...request, headers: { ...request.headers, ...headers } });

const EVIL = 'http://evil.example';

describe('a hub on loopback', () => {
  const hub = ownHub(sqlite);
  const changes = async (): Promise<unknown> => ask(hub.url, '{ hub { changeCount } }');
  /** Headers with the hub's port in place of PORT. */
  const here = (headers: Headers): Headers =>
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replaceAll('PORT', new URL(hub.url).port)]),
    );

  describe.each([
    ['a program, which sends no Origin', {}],
    ['its own page at 127.0.0.1', { host: '127.0.0.1:PORT', origin: 'http://127.0.0.1:PORT' }],
    ['its own page at localhost', { host: 'localhost:PORT', origin: 'http://localhost:PORT' }],
    ['its own page at [::1]', { host: '[::1]:PORT', origin: 'http://[::1]:PORT' }],
    ['its own page at a name below localhost', { host: 'hub.localhost:1', origin: 'http://hub.localhost:1' }],
    ['another address of loopback', { host: '127.20.30.40' }],
    ['its own page, for an image', { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image' }],
    ['a user, by the address bar', { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }],
    ['a user, by a link on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }],
  ] satisfies [string, Headers][])('lets pass %s', (_who, headers) => {
    it.each(WAYS)('to %s', async (_way, of, passes) => {
      const answer = await sent(hub.url, of(), here(headers));
      expect(answer.status).toBe(passes);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    });
  });

  describe.each([
    ['a page of another site', 'origin', { origin: EVIL }],
    ['a page of another port', 'origin', { host: 'localhost:PORT', origin: 'http://localhost:1' }],
    [
      'a page of another loopback name',
      'origin',
      { host: 'localhost:PORT', origin: 'http://127.0.0.1:PORT' },
    ],
    ['a page without an origin', 'origin', { origin: 'null' }],
    ['a page of a name that begins alike', 'origin', { origin: 'http://127.0.0.1.evil.example:PORT' }],
    ['an extension', 'origin', { host: 'localhost', origin: 'extension://localhost' }],
    ['several origins', 'origin', { origin: 'http://127.0.0.1:PORT, http://evil.example' }],
    ['an image on another site', 'origin', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    ['a script on another port', 'origin', { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'script' }],
    ['a frame on another site', 'origin', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' }],
    ['a rebound name', 'host', { host: 'evil.example:PORT', origin: 'http://evil.example:PORT' }],
    ['a rebound name, for a GET without Origin', 'host', { host: 'evil.example:PORT' }],
    ['a name that ends alike', 'host', { host: 'notlocalhost:PORT' }],
    ['an address of another machine', 'host', { host: '192.0.2.1:PORT' }],
    ['what is no host', 'host', { host: 'evil.example/@localhost' }],
  ] satisfies [string, string, Headers][])('refuses %s', (_who, place, headers) => {
    it.each(WAYS)('at %s', async (_way, of) => {
      const before = await changes();
      const answer = await sent(hub.url, of(), here(headers));
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      const [error, ...more] = answer.json().errors ?? [];
      expect(more).toEqual([]);
      expect(error?.extensions).toEqual({ code: 'FORBIDDEN', path: place });
      expect(error?.message).toMatch(/^(origin|host): [^\n]{10,}\.$/);
      expect(await changes()).toEqual(before);
    });
  });

  it('answers no preflight of another site', async () => {
    const headers = { origin: EVIL, 'access-control-request-method': 'POST' };
    const answer = await rawRequest(hub.url, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('says to everybody that it lives, and lets nobody read it', async () => {
    for (const headers of [{ origin: EVIL }, { host: 'evil.example' }]) {
      const answer = await rawRequest(hub.url, { path: '/healthz', headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('says what to do', async () => {
    const message = async (headers: Headers): Promise<string | undefined> =>
      (await rawRequest(hub.url, { headers })).json().errors?.[0]?.message;
    expect(await message({ origin: EVIL })).toBe(
      `origin: a page of "${EVIL}" may not use this hub; list that origin in the hub's option ALLOWED_ORIGINS.`,
    );
    expect(await message({ host: 'evil.example' })).toMatch(
      /"evil.example" is not a name of this hub.*ALLOWED_ORIGINS/,
    );
    expect(await message({ origin: 'null' })).toMatch(/a file, a sandboxed frame.*ALLOWED_ORIGINS/);
  });
});

describe('a hub on loopback with allowed origins', () => {
  const hub = ownHub(sqlite, {
    ALLOWED_ORIGINS: 'https://App.example.com:443/, https://hub.example.com:8443',
  });
  const APP = 'https://app.example.com';
  const HUB = 'https://hub.example.com:8443';

  describe.each([
    ['a page of an allowed origin', { origin: APP }, APP],
    ['its page behind a proxy that keeps Host', { host: 'hub.example.com:8443', origin: HUB }, HUB],
    ['its page behind a proxy that drops the port', { host: 'hub.example.com', origin: HUB }, HUB],
    [
      'its page behind a proxy that sends the address of the hub',
      { host: '127.0.0.1:4000', origin: HUB },
      HUB,
    ],
    ['a program behind a proxy that keeps Host', { host: 'hub.example.com' }, undefined],
  ] satisfies [string, Headers, string | undefined][])('lets pass %s', (_who, headers, allowed) => {
    it.each(WAYS)('to %s', async (_way, of, passes) => {
      const answer = await sent(hub.url, of(), headers);
      expect(answer.status).toBe(passes);
      // A WebSocket is not read by CORS.
      if (passes === 101) return;
      expect(answer.headers['access-control-allow-origin']).toBe(allowed);
      expect(answer.headers.vary).toMatch(/\bOrigin\b/);
    });
  });

  it.each([
    ['the same host in plain HTTP', { origin: 'http://app.example.com' }],
    ['another port of it', { origin: `${APP}:8443` }],
    ['a host below it', { origin: 'https://a.app.example.com' }],
    ['another name of the machine', { host: 'other.example.com' }],
  ])('refuses %s', async (_who, headers) => {
    for (const [, of] of WAYS) expect((await sent(hub.url, of(), headers)).status).toBe(403);
  });

  it('answers the preflight, for the headers that are asked for', async () => {
    const headers = {
      origin: APP,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,traceparent',
    };
    const answer = await rawRequest(hub.url, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.body).toBe('');
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type,traceparent',
      'access-control-max-age': '7200',
      vary: 'Origin, Access-Control-Request-Headers',
    });
  });

  it('lets its pages read errors too', async () => {
    const wrong: readonly [number, RawRequest][] = [
      [404, { path: '/nowhere' }],
      [415, { body: 'x', headers: { 'content-type': 'text/plain' } }],
      [400, { body: '{', headers: JSON_TYPE }],
    ];
    for (const [status, request] of wrong) {
      const answer = await sent(hub.url, request, { origin: APP });
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([status, APP]);
    }
  });

  it('names no origin to others, and says to caches that this depends on the origin', async () => {
    const { headers } = await rawRequest(hub.url, { path: read });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers.vary).toBe('Origin');
  });
});

describe('a hub on all addresses', () => {
  const hub = ownHub(sqlite, { HOST: '0.0.0.0' });

  it.each([
    ['any name, since it cannot know its own', { host: 'hub.internal:4000' }],
    ['its own page', { host: 'hub.internal:4000', origin: 'http://hub.internal:4000' }],
    ['its own page behind TLS', { host: 'hub.example.com', origin: 'https://hub.example.com' }],
    [
      'its own page behind TLS, port and all',
      { host: 'hub.example.com:443', origin: 'https://hub.example.com' },
    ],
  ])('lets pass %s', async (_who, headers) => {
    for (const [, of, passes] of WAYS) expect((await sent(hub.url, of(), headers)).status).toBe(passes);
  });

  it.each([
    ['a page of another host', { host: 'hub.internal:4000', origin: EVIL }],
    ['a page of another port', { host: 'hub.internal:4000', origin: 'http://hub.internal' }],
    ['a page without an origin', { host: 'hub.internal:4000', origin: 'null' }],
    ['what is no host', { host: 'a b' }],
  ])('refuses %s', async (_who, headers) => {
    for (const [, of] of WAYS) expect((await sent(hub.url, of(), headers)).status).toBe(403);
  });
});
