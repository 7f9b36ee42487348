import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ask } from '../support/client.js';
import { sqlite } from '../support/databases.js';
import { ownHub } from '../api/support/own-hub.js';
import { rawRequest } from './support/raw-request.js';
import type { RawAnswer } from './support/raw-request.js';

const RESPONSE_TYPE = 'application/graphql-response+json';
const PUBLISH = `mutation ($changes: [ChangeInput!]!) { publish(source: "crm", changes: $changes) { cursor } }`;
const ENTITY = 'query ($key: ID!) { entity(collection: "c", key: $key) { key } }';
const SUBSCRIBE = 'subscription { changes { cursor } }';

describe('GraphQL over HTTP', () => {
  const hub = ownHub(sqlite);
  const accepting = (accept: string | null): Record<string, string> => (accept === null ? {} : { accept });

  /** Sends a body as it is written, so that it may have numbers that JSON.stringify does not write. */
  const post = (body: string, accept: string | null): Promise<RawAnswer> =>
    rawRequest(hub.url, { body, headers: { 'content-type': 'application/json', ...accepting(accept) } });
  const changeCount = async (): Promise<number> =>
    (await ask<{ hub: { changeCount: number } }>(hub.url, '{ hub { changeCount } }')).hub.changeCount;

  const body = (query: string, variables = '{}'): string =>
    `{"query":${JSON.stringify(query)},"variables":${variables}}`;
  const key = '9007199254740993';

  describe.each([
    [
      'a subscription',
      body(SUBSCRIBE),
      { path: 'query' },
      /^query: a subscription needs a WebSocket at \/graphql/,
    ],
    [
      'a key that JSON rounds',
      body(ENTITY, `{"key":${key}}`),
      { path: 'key' },
      /^key: .*2\^53 - 1.* as a string/,
    ],
    [
      'a number in data that JSON rounds',
      body(PUBLISH, `{"changes":[{"collection":"c","key":"k","data":{"a":${key}}}]}`),
      { path: 'changes[0].data.a', index: 0 },
      /^changes\[0\]\.data\.a: .*2\^53 - 1/,
    ],
  ] satisfies [string, string, object, RegExp][])('refuses %s', (_what, sent, place, message) => {
    it.each([
      [400, RESPONSE_TYPE],
      [400, `${RESPONSE_TYPE}, application/json;q=0.9`],
      [200, 'application/json'],
      [200, '*/*'],
      [200, null],
    ])('with %d where Accept is %s', async (status, accept) => {
      const before = await changeCount();
      const answer = await post(sent, accept);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain(status === 400 ? RESPONSE_TYPE : 'application/json');
      expect(answer.json()).toEqual({
        errors: [
          {
            message: expect.stringMatching(message) as string,
            extensions: { code: 'BAD_USER_INPUT', ...place },
          },
        ],
      });
      expect(await changeCount()).toBe(before);
    });
  });

  describe.each([
    ['text/event-stream', /^accept: text\/event-stream is not served; open a WebSocket at \/graphql/],
    [
      'text/event-stream, application/json;q=0',
      /^accept: text\/event-stream is not served; open a WebSocket/,
    ],
    ['text/csv', /^accept: allows no type that answers have; accept application\/json or /],
    ['*/*;q=0', /^accept: allows no type/],
    ['application/json;charset=iso-8859-1', /^accept: allows no type/],
    ['text/html', /^accept: allows no type/],
  ])('refuses Accept: %s', (accept, message) => {
    it.each([
      ['a query', body('{ hub { head } }')],
      ['a subscription', body(SUBSCRIBE)],
      ['what is no GraphQL', body('hello?')],
      [
        'a mutation, before it is recorded',
        body(PUBLISH, '{"changes":[{"collection":"c","key":"n","data":{}}]}'),
      ],
    ])('for %s', async (_what, sent) => {
      const before = await changeCount();
      const answer = await post(sent, accept);
      expect([answer.status, answer.json().errors?.[0]?.message]).toEqual([
        406,
        expect.stringMatching(message) as string,
      ]);
      expect(answer.json().errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', path: 'accept' });
      expect(await changeCount()).toBe(before);
    });
  });

  it('tells an EventSource what to open', async () => {
    for (const path of ['/graphql', `/graphql?query=${encodeURIComponent(SUBSCRIBE)}`]) {
      const answer = await rawRequest(hub.url, { path, headers: { accept: 'text/event-stream' } });
      expect(answer.status).toBe(406);
      expect(answer.json().errors?.[0]?.message).toContain('open a WebSocket at /graphql');
    }
  });

  it.each([
    'application/json',
    'APPLICATION/JSON ; charset="UTF-8"',
    'text/event-stream, application/json',
    'text/event-stream;q=0.9, */*;q=0.1',
    'application/*',
    'application/json;q=0, */*',
  ])('answers a query where Accept is %s', async (accept) => {
    const answer = await post(body('{ hub { changeCount } }'), accept);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { data: { hub: { changeCount: expect.any(Number) as number } } },
    ]);
  });

  it('answers a request of HTTP/1.0, which has no Host', async () => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(hub.url).port) });
    await once(socket, 'connect');
    socket.write('GET /graphql?query={hub{version}} HTTP/1.0\r\nAccept: application/json\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('"version"');
  });
});
