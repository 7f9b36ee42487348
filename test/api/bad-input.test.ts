import { ask } from '../support/client.js';
import type { Answer } from '../support/client.js';
import { databaseKinds } from '../support/databases.js';
import { startHub } from '../support/hub.js';
import { publish } from '../support/operations.js';
import { BAD_ARGUMENTS, BAD_SUBSCRIPTIONS } from './support/bad-arguments.js';
import { BAD_CHANGES } from './support/bad-changes.js';
import { furtherOn } from './support/bad-input.js';
import type { BadInput, Places } from './support/bad-input.js';
import { headOf, ownHub } from './support/own-hub.js';
import { askOverHttp, SocketClient } from './support/raw-socket.js';

const socket = new SocketClient();

const TRANSPORTS = [
  { transport: 'HTTP', send: askOverHttp, rows: [...BAD_CHANGES, ...BAD_ARGUMENTS] },
  {
    transport: 'a socket',
    send: (url: string, text: string) => socket.ask(url, text),
    rows: [...BAD_CHANGES, ...BAD_ARGUMENTS, ...BAD_SUBSCRIPTIONS],
  },
] as const;

/** Everything wrong is refused before anything is recorded, with code, sentence and place. */
describe.each(databaseKinds)('bad input on $name', (kind) => {
  const hub = ownHub(kind);
  let places: Places = { head: '', foreign: '', future: '' };

  beforeAll(async () => {
    const other = await kind.create();
    const foreign = await startHub({ DATABASE_URL: other.url });
    const { cursor } = await publish(foreign.url, [{ collection: 'quakes', key: 'k', data: {} }]);
    await foreign.close();
    await other.drop();
    await publish(hub.url, [{ collection: 'quakes', key: 'there', data: {} }]);
    await ask(hub.url, 'mutation { createConsumer(input: { name: "watcher" }) { name } }');
    const head = await headOf(hub.url);
    places = { head, foreign: cursor, future: furtherOn(head, 1n) };
  });

  afterAll(() => socket.close());

  describe.each(TRANSPORTS)('over $transport is refused', ({ send, rows }) => {
    it.each(rows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
      expectRefusal(await send(hub.url, row.request(places)), row);
    });

    it('and nothing of it is recorded', async () => {
      expect(await headOf(hub.url)).toBe(places.head);
      expect(await ask(hub.url, '{ consumers { name } }')).toEqual({ consumers: [{ name: 'watcher' }] });
    });
  });
});

function expectRefusal({ data, errors }: Answer<unknown>, { code, path, index }: BadInput): void {
  const [error] = errors ?? [];
  expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([]);
  expect({
    code: error?.extensions?.code,
    path: error?.extensions?.path,
    index: error?.extensions?.index,
  }).toEqual({
    ...{ code, path: path === '' ? undefined : path, index },
  });
  // One sentence: a line that says something, without the hub's insides.
  expect(error?.message).toMatch(/^[^\n]{10,}$/);
  expect(error?.extensions).not.toHaveProperty('stacktrace');
  if (path === undefined) expect(error).toHaveProperty('locations');
}
