import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Answer } from '../../support/client.js';

/** A request as a test writes it, also with headers that `fetch` sets itself (Host, Origin, Sec-Fetch-Site). */
export interface RawRequest {
  /** Default: GET, or POST where there is a body. */
  readonly method?: string;
  /** The request's target as it is sent; default: /graphql. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body of a GraphQL answer, or of a refusal. */
  readonly json: () => Answer<unknown>;
}

/** Sends one request on a connection of its own. An upgrade that is accepted has status 101 and is closed. */
export function rawRequest(url: string, options: RawRequest = {}): Promise<RawAnswer> {
  const { body, path = '/graphql', method = body === undefined ? 'GET' : 'POST', headers = {} } = options;
  return new Promise((resolve, reject) => {
    const answer = (status: number | undefined, received: IncomingHttpHeaders, content: string): void =>
      resolve({
        status: status ?? 0,
        headers: received,
        body: content,
        json: () => JSON.parse(content) as Answer<unknown>,
      });
    const { hostname, port } = new URL(url);
    const sent = request({ agent: false, hostname, port, method, path, headers }, (response) => {
      text(response).then((content) => answer(response.statusCode, response.headers, content), reject);
    });
    sent.on('upgrade', (response, socket) => {
      socket.destroy();
      answer(response.statusCode, response.headers, '');
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The headers of a WebSocket handshake for graphql-transport-ws. Source: RFC 6455, section 1.3. */
export const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
  'sec-websocket-protocol': 'graphql-transport-ws',
};
