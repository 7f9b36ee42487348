import { ask } from '../../support/client.js';
import type { ChangeRecord, ConsumerState, EntityRecord, HubState } from '../history.js';
import type { Hub } from './hub.js';

interface Page<N> {
  readonly page: {
    readonly nodes: readonly N[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const LOG = `query ($after: Cursor) {
  page: changes(first: 1000, after: $after) {
    nodes { cursor id collection key operation version before after changedFields source recordedAt }
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

/** All durable consumers. */
export async function consumerStates({ directUrl }: Hub): Promise<ConsumerState[]> {
  const { consumers } = await ask<{ consumers: readonly Pick<ConsumerState, 'name' | 'cursor' | 'lag'>[] }>(
    directUrl,
    '{ consumers { name cursor lag } }',
  );
  return consumers.map((consumer) => ({ ...consumer, deadLetters: [], maxAttempts: 5 }));
}

async function allPages<N>(url: string, query: string, variables: object): Promise<N[]> {
  const all: N[] = [];
  let after: string | null = null;
  for (;;) {
    const { page }: Page<N> = await ask<Page<N>>(url, query, { ...variables, after });
    all.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return all;
    after = page.pageInfo.endCursor;
  }
}
