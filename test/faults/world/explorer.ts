import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { Outcome } from '../history.js';
import { call } from './call.js';
import type { Hub } from './hub.js';
import { COLLECTIONS } from './producer.js';

/** Between two reads, in milliseconds. */
const PAUSE: readonly [number, number] = [50, 300];

interface Page {
  readonly page: {
    readonly nodes: readonly unknown[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const ENTITIES = `query ($collection: String!, $after: String) {
  page: entities(collection: $collection, first: 50, after: $after, where: [{ field: "nowhere", exists: true }]) {
    nodes { key } pageInfo { hasNextPage endCursor }
  }
}`;
const CHANGES = `query ($filter: ChangeFilter, $after: Cursor) {
  page: changes(filter: $filter, first: 50, after: $after) {
    nodes { cursor } pageInfo { hasNextPage endCursor }
  }
}`;

/** Filters that no change of a round passes; each makes the hub read in another way. */
const NOTHING: readonly object[] = [
  { keys: ['nobody'] },
  { where: [{ field: 'nowhere', exists: true }] },
  { changedFields: ['nowhere'] },
  { sources: ['nobody'], operations: ['UPDATE'] },
];

/** Reads with filters that match nothing, at random hubs, as a background load beside the writers. */
export class Explorer {
  #stopped = false;

  constructor(
    readonly hubs: readonly Hub[],
    readonly dice: Dice,
    /** Called where a read returns something. */
    readonly onFound: (sentence: string) => void,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const hub = this.dice.pick(this.hubs);
      if (this.dice.chance(0.5)) {
        await this.#read(hub, ENTITIES, { collection: this.dice.pick(COLLECTIONS) });
      } else {
        await this.#read(hub, CHANGES, { filter: this.dice.pick(NOTHING) });
      }
      await sleep(this.dice.between(...PAUSE));
    }
  }

  /** Reads all pages; one that fails ends the read. */
  async #read(hub: Hub, query: string, variables: object): Promise<void> {
    let after: string | null = null;
    do {
      const answer: Outcome<Page> = await call<Page>(hub.url, query, { ...variables, after });
      if (answer.kind !== 'ok') return;
      const { nodes, pageInfo }: Page['page'] = answer.value.page;
      if (nodes.length > 0)
        this.onFound(`${hub.name} answered ${JSON.stringify(nodes[0])} to a filter of nothing`);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null && !this.#stopped);
  }
}
