import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ask } from '../support/client.js';
import { findChromium } from '../support/chromium.js';
import { sqlite } from '../support/databases.js';
import { publish } from '../support/operations.js';
import { eventually } from '../support/wait.js';
import { ownHub } from '../api/support/own-hub.js';

const INSTALL_MS = 300_000;
const RUN = '.graphiql-execute-button:not([aria-haspopup])';

/** What the page's editor keeps of its models; the page runs this, so it is written in text. */
const RESPONSE = `__MONACO.editor.getModels().find((model) => model.uri.path.endsWith('response.json')).getValue()`;
const setVariables = (json: string): string =>
  `__MONACO.editor.getModels().find((model) => model.uri.path.endsWith('variables.json')).setValue(${JSON.stringify(json)})`;

/** The playground in a browser that can reach nothing but the hub. */
describe('the playground', () => {
  const hub = ownHub(sqlite);
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    const { executablePath, args, env } = await findChromium();
    browser = await chromium.launch({
      executablePath,
      args,
      env: { ...process.env, ...env },
    });
    context = await browser.newContext({ viewport: { width: 1_400, height: 900 } });
    // Chromium itself resolves no other host either; here it shows whether the page so much as tried.
    await context.route(
      (url) => url.origin !== hub.url,
      (route) => {
        elsewhere.push(route.request().url());
        return route.abort();
      },
    );
    context.on('page', (page) => {
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (origin !== hub.url && !['data:', 'blob:'].includes(protocol)) elsewhere.push(request.url());
      });
      page.on('websocket', (socket) => {
        if (new URL(socket.url()).host !== new URL(hub.url).host) elsewhere.push(socket.url());
      });
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
    });
  }, INSTALL_MS);

  afterAll(async () => {
    await browser.close();
  });

  const open = async (tab: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${hub.url}/graphql`);
    await page.waitForSelector('.graphiql-query-editor .monaco-editor .view-line');
    await page.getByRole('tablist').getByRole('button', { name: tab, exact: true }).click();
    return page;
  };
  const response = async (page: Page): Promise<string> => String(await page.evaluate(RESPONSE));
  const shows = (page: Page, text: string): Promise<unknown> =>
    eventually(async () => (await response(page)).includes(text), { what: `the answer to show ${text}` });
  /** Runs one operation of a tab that holds several. */
  const run = async (page: Page, operation: string): Promise<void> => {
    await page.locator('.graphiql-execute-button[aria-haspopup=menu]').click();
    await page.getByRole('menuitem', { name: operation }).click();
  };

  it('shows a change that one tab publishes arrive in a tab that subscribes', async () => {
    const subscriber = await open('Subscribe');
    const sockets: string[] = [];
    subscriber.on('websocket', (socket) => sockets.push(socket.url()));
    await subscriber.locator(RUN).click();
    await shows(subscriber, '"changes": []');

    const publisher = await open('Publish');
    await publisher.locator(RUN).click();
    await shows(publisher, '"outcome": "APPLIED"');
    await shows(subscriber, '"reading-2"');
    const { data } = JSON.parse(await response(subscriber)) as { data: { changes: { changes: object[] } } };
    expect(data.changes.changes.at(-1)).toMatchObject({
      key: 'us7000tide',
      version: 2,
      source: 'seismometer',
    });
    expect(sockets).toEqual([`${hub.url.replace('http', 'ws')}/graphql`]);

    await publisher.locator(RUN).click();
    await shows(publisher, '"outcome": "DUPLICATE"');
    await Promise.all([subscriber.close(), publisher.close()]);
  }, 60_000);

  it('follows as a named consumer, and acknowledges', async () => {
    await publish(hub.url, [{ collection: 'quakes', key: 'followed', data: { magnitude: 5 } }]);
    const page = await open('Follow');
    await run(page, 'Follow');
    await shows(page, '"followed"');
    const { data } = JSON.parse(await response(page)) as { data: { changes: { cursor: string } } };
    const { cursor } = data.changes;
    await page.locator('.graphiql-execute-button').click();
    await page.evaluate(setVariables(JSON.stringify({ consumer: 'playground', cursor })));
    await run(page, 'Acknowledge');
    await shows(page, '"acknowledgedAt"');
    expect(JSON.parse(await response(page))).toMatchObject({
      data: { acknowledge: { name: 'playground', cursor, lag: 0 } },
    });
    expect(await ask(hub.url, '{ consumer(name: "playground") { cursor lag } }')).toEqual({
      consumer: { cursor, lag: 0 },
    });
    await page.close();
  }, 60_000);

  it('explores what the hub holds', async () => {
    await publish(hub.url, [{ collection: 'quakes', key: 'explored', data: { magnitude: 5 } }]);
    const page = await open('Explore');
    await page.locator(RUN).click();
    await shows(page, '"explored"');
    await page.close();
  }, 60_000);

  it('asked no other host for anything, and had nothing to complain of', () => {
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
