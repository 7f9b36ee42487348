/** Promise 2: positions are 1, 2, 3 … in the order of commits, over all hubs on one database. */
import { databaseKinds } from '../support/databases.js';
import { spawnHub } from '../support/hub-process.js';
import type { HubProcess } from '../support/hub-process.js';
import { changesOf, follow } from '../support/operations.js';
import { eventually } from '../support/wait.js';
import { Dice, seeded } from './support/dice.js';
import { Load } from './support/load.js';
import { expectWellFormed, readLog } from './support/recorded.js';

describe.each(databaseKinds)(seeded('promise 2 on $name'), (kind) => {
  it('numbers the changes of three hubs that publish at once without gaps, the same for every reader', async () => {
    const database = await kind.create();
    const hubs: HubProcess[] = await Promise.all(
      [1, 2, 3].map(() => spawnHub({ DATABASE_URL: database.url })),
    );
    const urls = hubs.map((hub) => hub.url);
    const readers = urls.map((url) => follow(url, { startAt: 'EARLIEST', batchSize: 50 }));
    const dice = new Dice(20);
    // The same sourceIds go to different hubs now and then: whichever is first records them.
    const load = new Load({ callers: 24, url: () => dice.pick(urls), dice });
    try {
      await load.progress(1_500);
      await load.stop();
      const log = await readLog(urls[0] ?? '');
      await expectWellFormed(urls[0] ?? '', log);
      expect(log.length).toBe(load.of('answered').length);
      for (const reader of readers) {
        await eventually(() => changesOf(reader).length >= log.length, {
          what: 'a reader to see everything',
        });
        expect(changesOf(reader).map((change) => change.cursor)).toEqual(log.map((change) => change.cursor));
      }
    } finally {
      await load.stop();
      await Promise.all(readers.map((reader) => reader.close()));
      await Promise.all(hubs.map((hub) => hub.process.kill('SIGKILL')));
      await database.drop();
    }
  }, 150_000);
});
