import { ask } from '../../support/client.js';
import type { ChangeRecord, ConsumerState, DeadLetterRecord, EntityRecord, HubState } from '../history.js';
import { shrunk } from '../recording.js';
import type { Hub } from './hub.js';

interface Page<N> {
  readonly page: {
    readonly nodes: readonly N[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const LOG = `query ($after: Cursor) {
  page: changes(first: 200, after: $after) {
    nodes { cursor sourceId collection key operation version before after changedFields source recordedAt }
    pageInfo { hasNextPage endCursor }
  }
}`;
const ENTITIES = `query ($collection: String!, $after: String) {
  page: entities(collection: $collection, first: 1000, after: $after) {
    nodes { collection key version data cursor }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** Everything that one hub holds. */
export async function hubState({ name, directUrl }: Hub): Promise<HubState> {
  const { hub, collections } = await ask<{
    hub: { logId: string; head: string; changeCount: number };
    collections: readonly { name: string }[];
  }>(directUrl, '{ hub { logId head changeCount } collections { name } }');
  const entities = await Promise.all(
    collections.map((collection) =>
      allPages<EntityRecord & { cursor: string }>(directUrl, ENTITIES, { collection: collection.name }),
    ),
  );
  const log = await allPages<ChangeRecord>(directUrl, LOG, {});
  return { hub: name, ...hub, log, entities: entities.flat() };
}

export const DEAD_LETTERS =
  'deadLetters(first: 1000) { nodes { id change { cursor } attempts nextAttemptAt dead } }';

/** A dead letter as hubs answer it. */
export type DeadLetterData = Omit<DeadLetterRecord, 'change'> & {
  readonly change: { readonly cursor: string };
};

export const deadLetterOf = (letter: DeadLetterData): DeadLetterRecord => ({
  ...letter,
  change: letter.change.cursor,
});

/**
 * All durable consumers.
 * @param maxAttempts what a consumer was made with, by its name
 */
export async function consumerStates(
  { directUrl }: Hub,
  maxAttempts: (name: string) => number,
): Promise<ConsumerState[]> {
  const { consumers } = await ask<{
    consumers: readonly (Pick<ConsumerState, 'name' | 'cursor' | 'lag'> & {
      deadLetters: { nodes: readonly DeadLetterData[] };
    })[];
  }>(directUrl, `{ consumers { name cursor lag ${DEAD_LETTERS} } }`);
  return consumers.map(({ deadLetters, ...consumer }) => ({
    ...consumer,
    deadLetters: deadLetters.nodes.map(deadLetterOf),
    maxAttempts: maxAttempts(consumer.name),
  }));
}

async function allPages<N>(url: string, query: string, variables: object): Promise<N[]> {
  const all: N[] = [];
  let after: string | null = null;
  for (;;) {
    const { page }: Page<N> = await ask<Page<N>>(url, query, { ...variables, after });
    all.push(...page.nodes.map((node) => shrunk(node)));
    if (!page.pageInfo.hasNextPage) return all;
    after = page.pageInfo.endCursor;
  }
}
