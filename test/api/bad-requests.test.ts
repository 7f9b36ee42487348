import { ask } from '../support/client.js';
import type { Answer, GraphQLFailure } from '../support/client.js';
import { databaseKinds, sqlite } from '../support/databases.js';
import { CHANGES, publish } from '../support/operations.js';
import { eventually } from '../support/wait.js';
import { PUBLISH, request } from './support/bad-input.js';
import { headOf, ownHub } from './support/own-hub.js';
import { askOverHttp, RawSocket } from './support/raw-socket.js';

const KIB_256 = 256 * 1_024;
const MIB_4 = 4 * 1_024 * 1_024;
const JSON_TYPE = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

/** Requests that are wrong before GraphQL looks at them; no database has a say in it. */
describe('a request that is none', () => {
  const hub = ownHub(sqlite);
  let head = '';

  beforeAll(async () => {
    await publish(hub.url, [{ collection: 'quakes', key: 'there', data: {} }]);
    head = await headOf(hub.url);
  });
  afterEach(async () => {
    expect(await headOf(hub.url)).toBe(head);
  });

  const send = async (
    body: string,
    headers: Record<string, string> = JSON_TYPE,
  ): Promise<[number, Failure]> => {
    const response = await fetch(`${hub.url}/graphql`, { method: 'POST', headers, body });
    const { errors } = (await response.json()) as Answer<unknown>;
    const [error] = errors ?? [];
    return [response.status, { message: error?.message, ...error?.extensions }];
  };

  describe('over HTTP', () => {
    it.each([
      ['nothing', ''],
      ['no JSON', '{"query":'],
      ['a bare word', 'nope'],
      ['a number', '5'],
      ['a text', '"{ hub { head } }"'],
      ['null', 'null'],
      ['a list', '[{"query":"{ hub { head } }"}]'],
      ['an object without a query', '{}'],
      ['a query that is a number', '{"query":5}'],
      ['a query that is empty', '{"query":""}'],
      ['variables that are a list', '{"query":"{ hub { head } }","variables":[]}'],
      ['variables that are a text', '{"query":"{ hub { head } }","variables":"{}"}'],
    ])('is refused as BAD_USER_INPUT where it is %s', async (_name, body) => {
      const [status, failure] = await send(body);
      expect([status, failure.code]).toEqual([400, 'BAD_USER_INPUT']);
      expect(failure.message).toMatch(/^[^\n]{10,}$/);
    });

    it('names the body where it is no JSON', async () => {
      expect((await send('{"query":'))[1]).toMatchObject({ path: 'body' });
    });

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/graphql',
    ])('is refused with 415 as %s, so that no other site can forge it', async (type) => {
      const [status, failure] = await send(request(PUBLISH, { source: 'crm', changes: [GOOD] }), {
        'content-type': type,
      });
      expect([status, failure.code, failure.path]).toEqual([415, 'BAD_USER_INPUT', 'body']);
    });

    it('is refused where GET would change something', async () => {
      const query = `mutation { publish(source: "crm", changes: [{ collection: "a", key: "k", data: {} }]) { cursor } }`;
      const response = await fetch(`${hub.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { accept: 'application/json' },
      });
      expect(response.status).toBe(405);
    });

    it('is refused where it subscribes: that needs a socket', async () => {
      const { errors } = await askOverHttp(hub.url, request(CHANGES));
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('WebSocket') as string,
        extensions: { code: 'BAD_USER_INPUT', path: 'query' },
      });
    });

    it('shows nothing of the hub inside: no status, no headers, no stack in the extensions', async () => {
      const { errors } = await askOverHttp(hub.url, request('{ nope }'));
      expect(errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
    });

    it('says where in the answer a field failed, as GraphQL has it', async () => {
      const { errors } = await askOverHttp(
        hub.url,
        request('{ h: hub { head } c: change(cursor: "x") { key } }'),
      );
      expect(errors?.[0]).toMatchObject({ path: ['c'], locations: [{ line: 1, column: 19 }] });
    });
  });

  describe.each([
    ['HTTP', (text: string) => askOverHttp(hub.url, text)],
    ['a socket', (text: string) => askOnce(hub.url, text)],
  ])('over %s', (_transport, sendText) => {
    const many = `query A { hub { head } } query B { hub { head } }`;
    it.each([
      ['is no GraphQL', { query: 'hello?' }, 'GRAPHQL_PARSE_FAILED'],
      ['is cut off', { query: '{ hub {' }, 'GRAPHQL_PARSE_FAILED'],
      ['asks for what there is not', { query: '{ nope }' }, 'GRAPHQL_VALIDATION_FAILED'],
      [
        'names an operation that there is not',
        { query: many, operationName: 'C' },
        'OPERATION_RESOLUTION_FAILURE',
      ],
      ['has several operations and names none', { query: many }, 'OPERATION_RESOLUTION_FAILURE'],
      ['has fragments only', { query: 'fragment F on Hub { head }' }, 'GRAPHQL_VALIDATION_FAILED'],
      [
        'is longer than any document need be',
        { query: `{ ${'hub { head } '.repeat(3_000)} }` },
        'GRAPHQL_PARSE_FAILED',
      ],
    ])('a document that %s is refused', async (_name, payload, code) => {
      const { data, errors } = await sendText(JSON.stringify(payload));
      expect(data ?? null).toBeNull();
      expect(errors?.[0]?.extensions?.code).toBe(code);
    });
  });

  describe('that is too large', () => {
    it('is refused with PAYLOAD_TOO_LARGE one byte above 4 MiB, and taken at 4 MiB', async () => {
      const query = '{"query":"{ hub { head } }","extensions":{"fill":""}}';
      const filled = (bytes: number): string => query.replace('""', `"${'x'.repeat(bytes - query.length)}"`);
      expect(await send(filled(MIB_4 + 1))).toEqual([
        413,
        expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE', path: 'body', limit: MIB_4 }),
      ]);
      expect(await askOverHttp(hub.url, filled(MIB_4))).toEqual({ data: { hub: { head } } });
    });
  });
});

/** The same limits from the other side: what is just allowed is recorded. */
describe.each(databaseKinds)('at the limit on $name', (kind) => {
  const hub = ownHub(kind);
  const outcome = async (change: object, source = 'crm'): Promise<string | undefined> =>
    (await publish(hub.url, [{ collection: 'quakes', key: 'k', data: {}, ...change }], { source })).results[0]
      ?.outcome;

  it('records data of 256 KiB, a PATCH that makes 256 KiB, and refuses the PATCH that makes one byte more', async () => {
    const of = (bytes: number): object => ({ a: 'x'.repeat(bytes - 8) });
    expect(await outcome({ key: 'full', data: of(KIB_256) })).toBe('APPLIED');
    expect(await outcome({ key: 'merged', data: { b: 1 } })).toBe('APPLIED');
    // {"b":1,"a":"…"} is six bytes longer than {"a":"…"}.
    expect(await outcome({ key: 'merged', write: 'PATCH', data: of(KIB_256 - 6) })).toBe('APPLIED');
    const { errors } = await askOverHttp(
      hub.url,
      request(PUBLISH, {
        source: 'crm',
        changes: [GOOD, { collection: 'quakes', key: 'merged', write: 'PATCH', data: of(KIB_256 - 5) }],
      }),
    );
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      path: 'changes[1].data',
      index: 1,
    });
    expect(
      (await ask<{ entity: unknown }>(hub.url, '{ entity(collection: "c", key: "good") { key } }')).entity,
    ).toBeNull();
  });

  it('records 1,000 changes of one call', async () => {
    const changes = Array.from({ length: 1_000 }, (_, i) => ({
      collection: 'many',
      key: String(i),
      data: {},
    }));
    expect(
      (await publish(hub.url, changes)).results.filter((result) => result.outcome === 'APPLIED'),
    ).toHaveLength(1_000);
  });

  it('records the longest names and keys, the deepest data, the largest integers', async () => {
    const deep = (levels: number): object => (levels === 1 ? {} : { a: deep(levels - 1) });
    expect(await outcome({ collection: 'c'.repeat(200) })).toBe('APPLIED');
    expect(await outcome({ key: '😀'.repeat(250), sourceId: 'i'.repeat(500) }, 's'.repeat(200))).toBe(
      'APPLIED',
    );
    expect(await outcome({ key: 'deep', data: deep(64) })).toBe('APPLIED');
    const data = { max: Number.MAX_SAFE_INTEGER, min: Number.MIN_SAFE_INTEGER, far: 1e21, small: 5e-324 };
    expect(await outcome({ key: 'numbers', data })).toBe('APPLIED');
    const { entity } = await ask<{ entity: { data: object } }>(
      hub.url,
      '{ entity(collection: "quakes", key: "numbers") { data } }',
    );
    expect(entity.data).toEqual(data);
  });
});

describe('a socket that misbehaves', () => {
  const hub = ownHub(sqlite);

  it.each([
    ['the old protocol', 'graphql-ws'],
    ['no protocol', []],
    ['a protocol of its own', 'mqtt'],
  ])('is closed with 4406 where it speaks %s', async (_name, protocols) => {
    const raw = await RawSocket.open(hub.url, protocols).catch((error: unknown) => String(error));
    // A client that asks for a protocol and is given none closes by itself: what it saw is what the hub offered.
    if (typeof raw === 'string') expect(raw).toMatch(/subprotocol/i);
    else expect(await raw.close()).toMatchObject({ code: 4406 });
  });

  it.each([
    ['4400 where a message is no JSON', '{"type":', 4400],
    ['4400 where a message has no type', '{}', 4400],
    ['4400 where a message has a type that there is not', '{"type":"hello"}', 4400],
    [
      '4400 where it subscribes without an id',
      '{"type":"subscribe","payload":{"query":"{ hub { head } }"}}',
      4400,
    ],
    ['4400 where variables are a list', subscribeMessage({ query: '{ hub { head } }', variables: [] }), 4400],
    ['4429 where it greets twice', '{"type":"connection_init"}', 4429],
    [
      '1009 where a message is larger than 4 MiB',
      JSON.stringify({ type: 'ping', payload: { a: 'x'.repeat(MIB_4) } }),
      1009,
    ],
  ])('is closed with %s', async (_name, message, code) => {
    const raw = await RawSocket.greeted(hub.url);
    raw.send(message);
    expect((await raw.close()).code).toBe(code);
  });

  it('is closed with 4401 where it subscribes before it greeted', async () => {
    const raw = await RawSocket.open(hub.url);
    raw.send(subscribeMessage({ query: '{ hub { head } }' }));
    expect(await raw.close()).toMatchObject({ code: 4401 });
  });

  it('is closed with 4409 where an id is used twice at once', async () => {
    const raw = await RawSocket.greeted(hub.url);
    raw.send(subscribeMessage({ query: CHANGES }));
    await raw.frame((frame) => frame.type === 'next');
    raw.send(subscribeMessage({ query: CHANGES }));
    expect(await raw.close()).toMatchObject({ code: 4409 });
  });

  it('elsewhere than at /graphql is no socket', async () => {
    await expect(RawSocket.open(hub.url, [], '/elsewhere')).rejects.toThrow('404');
  });

  it('leaves the hub as it was', async () => {
    expect(await ask(hub.url, '{ hub { changeCount } consumers { name } }')).toEqual({
      hub: { changeCount: 0 },
      consumers: [],
    });
    const metrics = async (): Promise<string> => (await fetch(`${hub.url}/metrics`)).text();
    await eventually(async () => (await metrics()).includes('\ntidemark_subscriptions 0\n'), {
      what: 'the subscriptions of closed sockets to be gone',
    });
  });
});

interface Failure {
  readonly message: string | undefined;
  readonly code?: unknown;
  readonly path?: unknown;
}

const GOOD = { collection: 'c', key: 'good', data: {} };

function subscribeMessage(payload: object): string {
  return JSON.stringify({ id: '1', type: 'subscribe', payload });
}

async function askOnce(url: string, text: string): Promise<Answer<unknown>> {
  const raw = await RawSocket.greeted(url);
  raw.send(`{"id":"1","type":"subscribe","payload":${text}}`);
  const { payload, type } = await raw.frame(({ id }) => id === '1');
  raw.drop();
  return type === 'error' ? { errors: payload as readonly GraphQLFailure[] } : (payload as Answer<unknown>);
}
