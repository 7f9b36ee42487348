import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { ask } from '../support/client.js';
import { findChromium } from '../support/chromium.js';
import { sqlite } from '../support/databases.js';
import type { OwnDatabase } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { publish } from '../support/operations.js';
import { PageServer } from '../support/page-server.js';
import type { Hub } from '../../src/hub.js';

const INSTALL_MS = 300_000;

/** What a page of another site does; each runs in the page and answers what came of it. */
const fetching = (url: string, init: object): string =>
  `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)})
    .then((response) => response.text(), (error) => error.name)`;
const connecting = (url: string): string =>
  `new Promise((resolve) => {
    const socket = new WebSocket(${JSON.stringify(url)}, 'graphql-transport-ws');
    socket.onopen = () => socket.send('{"type":"connection_init"}');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => resolve('error');
  })`;
const DELETE = `mutation { publish(source: "page", changes: [
  { collection: "secrets", key: "k", write: DELETE }]) { results { change { before } } } }`;
const READ = '{ entity(collection: "secrets", key: "k") { data } }';

/** Pages in a browser on the hub's machine, each of its own origin: a port is enough for that. */
describe('a page of another site', () => {
  let database: OwnDatabase;
  let allowed: PageServer;
  let foreign: PageServer;
  let hub: Hub;
  let browser: Browser;

  beforeAll(async () => {
    database = await sqlite.create();
    [allowed, foreign] = [await PageServer.start(), await PageServer.start()];
    hub = await startHub({ DATABASE_URL: database.url, ALLOWED_ORIGINS: allowed.origin });
    const { executablePath, args, env } = await findChromium();
    browser = await chromium.launch({ executablePath, args, env: { ...process.env, ...env } });
  }, INSTALL_MS);

  afterAll(async () => {
    await browser.close();
    await hub.close();
    await Promise.all([allowed.close(), foreign.close()]);
    await database.drop();
  });

  const pageOf = async ({ origin }: PageServer): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(origin);
    return page;
  };
  const graphql = (): string => `${hub.url}/graphql`;
  const post = (query: string, init: object = {}): string =>
    fetching(graphql(), { method: 'POST', body: JSON.stringify({ query }), ...init });
  const asJson = { headers: { 'content-type': 'application/json' } };
  const get = (query: string): string => fetching(`${graphql()}?query=${encodeURIComponent(query)}`, {});
  const opening = (): string => connecting(graphql().replace('http', 'ws'));
  const stored = (): Promise<unknown> => ask(hub.url, READ);

  it('neither reads nor writes, by fetch or WebSocket', async () => {
    await publish(hub.url, [{ collection: 'secrets', key: 'k', data: { secret: 'before' } }]);
    const page = await pageOf(foreign);
    expect(await page.evaluate(get(READ))).toBe('TypeError');
    expect(await page.evaluate(post(READ, asJson))).toBe('TypeError');
    expect(await page.evaluate(post(DELETE, asJson))).toBe('TypeError');
    expect(await page.evaluate(post(DELETE))).toBe('TypeError');
    expect(await page.evaluate(post(DELETE, { mode: 'no-cors' }))).toBe('');
    expect(await page.evaluate(fetching(`${hub.url}/metrics`, {}))).toBe('TypeError');
    expect(await page.evaluate(opening())).toBe('error');
    expect(await stored()).toEqual({ entity: { data: { secret: 'before' } } });
    await page.close();
  }, 60_000);

  it('reads and writes by both where its origin is allowed', async () => {
    await publish(hub.url, [{ collection: 'secrets', key: 'k', data: { secret: 'allowed' } }]);
    const page = await pageOf(allowed);
    const entity = { data: { entity: { data: { secret: 'allowed' } } } };
    expect(JSON.parse(await page.evaluate<string>(get(READ)))).toEqual(entity);
    expect(JSON.parse(await page.evaluate<string>(post(READ, asJson)))).toEqual(entity);
    expect(await page.evaluate(opening())).toBe('{"type":"connection_ack"}');
    expect(await page.evaluate(post(DELETE, asJson))).toContain('"before":{"secret":"allowed"}');
    expect(await stored()).toEqual({ entity: null });
    await page.close();
  }, 60_000);
});
