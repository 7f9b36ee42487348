import type { Environment, Hub } from '../../../src/hub.js';
import type { DatabaseKind, OwnDatabase } from '../../support/databases.js';
import { startHub } from '../../support/hub.js';
import { ask } from '../../support/client.js';

/** A hub that the tests of one `describe` share, on a database of its own; `url` is there once they run. */
export interface OwnHub {
  readonly url: string;
  readonly database: OwnDatabase;
}

/** Starts a hub before the tests of the surrounding `describe`, and ends it after them. */
export function ownHub(kind: DatabaseKind, environment: Environment = {}): OwnHub {
  let database: OwnDatabase | undefined;
  let hub: Hub | undefined;

  beforeAll(async () => {
    database = await kind.create();
    hub = await startHub({ DATABASE_URL: database.url, ...environment });
  }, 60_000);

  afterAll(async () => {
    await hub?.close();
    await database?.drop();
  });

  const there = <T>(part: T | undefined): T => {
    if (part === undefined)
      throw new Error('The hub is started before the tests, not while they are declared.');
    return part;
  };
  return {
    get url() {
      return there(hub).url;
    },
    get database() {
      return there(database);
    },
  };
}

/** The log's end, as the hub tells it. */
export async function headOf(url: string): Promise<string> {
  return (await ask<{ hub: { head: string } }>(url, '{ hub { head } }')).hub.head;
}

let names = 0;

/** A name that no other test of this file uses, so that tests share a hub without seeing each other. */
export const fresh = (word: string): string => `${word}-${(names += 1)}`;
