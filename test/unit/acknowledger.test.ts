import { Acknowledger } from '../../src/ack/acknowledger.js';
import { logUnavailable } from '../../src/model/errors.js';
import { silent } from '../../src/model/telemetry.js';
import { FakeTimers } from '../support/fake-timers.js';
import { pointAt, rejectionOf, unmarked } from '../contract/support/parts.js';
import { Calls, settle } from './support/session-stand.js';

type Store = ConstructorParameters<typeof Acknowledger>[1];
type Sessions = ConstructorParameters<typeof Acknowledger>[2];

it('goes on failing where a write fails while it is found out that an earlier failure is over', async () => {
  const writes = new Calls<[]>(() => []);
  writes.held = true;
  const store = { acknowledge: (...args: unknown[]) => writes.make(...args) } as unknown as Store;
  const sessions = { of: () => undefined } as unknown as Sessions;
  const acknowledger = new Acknowledger(
    { pointOf: () => Promise.resolve(pointAt(1n)), telemetry: silent, timers: new FakeTimers() },
    store,
    sessions,
  );
  const down = logUnavailable(new Error('the database does not answer'));
  /** A write begins once all that may join its group had the chance to. */
  const write = async (): ReturnType<typeof writes.one> => {
    await settle();
    await settle();
    return writes.one();
  };
  const failure = async (): Promise<void> => {
    const refused = rejectionOf(acknowledger.acknowledge('c', unmarked(1n), null));
    (await write()).fail(down);
    await refused;
  };
  await failure();
  expect(acknowledger.progress.failing).toBe(true);
  const checked = acknowledger.progress.check();
  const probe = await write();
  await failure();
  probe.answer([]);
  await checked;
  expect(acknowledger.progress.failing).toBe(true);
  const again = acknowledger.progress.check();
  (await write()).answer([]);
  await again;
  await settle();
  expect(acknowledger.progress.failing).toBe(false);
});
