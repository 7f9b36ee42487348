/** What clients' caches make of the hub's ids: each change is held once, and none is taken for another. */
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import type { TypedDocumentNode } from '@apollo/client';
import { databaseKinds } from '../support/databases.js';
import { publish } from '../support/operations.js';
import { ownHub } from './support/own-hub.js';

const SOURCES = ['crm', 'erp'];
/** Of each source. */
const COUNT = 500;
const CHANGES: TypedDocumentNode<Page, { after: string | null }> = gql`
  query ($after: Cursor) {
    changes(first: 300, after: $after) {
      nodes {
        id
        sourceId
        source
        key
        after
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;
const CHANGE = gql`
  fragment Held on Change {
    sourceId
    source
    key
    after
  }
`;

interface Held {
  readonly __typename: 'Change';
  readonly id: string;
  readonly sourceId: string;
  readonly source: string;
  readonly key: string;
  readonly after: { readonly of: string };
}

interface Page {
  readonly changes: {
    readonly nodes: readonly Held[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

describe.each(databaseKinds)("Apollo Client's cache, on $name", (kind) => {
  const hub = ownHub(kind);

  it('holds each of 1,000 changes of two sources that give the same sourceIds', async () => {
    const sourceIds = Array.from({ length: COUNT }, (_, i) => `r${i}`);
    for (const source of SOURCES)
      await publish(
        hub.url,
        sourceIds.map((sourceId) => ({
          ...{ collection: 'orders', sourceId, key: `${source}-${sourceId}` },
          data: { of: `${source} ${sourceId}` },
        })),
        { source },
      );
    const cache = new InMemoryCache();
    const client = new ApolloClient({ cache, link: new HttpLink({ uri: `${hub.url}/graphql`, fetch }) });
    const answered: Held[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { data }: { data?: Page | undefined } = await client.query({
        query: CHANGES,
        variables: { after },
      });
      answered.push(...(data?.changes.nodes ?? []));
      more = data?.changes.pageInfo.hasNextPage ?? false;
      after = data?.changes.pageInfo.endCursor ?? null;
    }

    const held = Object.keys(cache.extract()).filter((name) => name.startsWith('Change:'));
    expect(held.sort()).toEqual(answered.map(({ id }) => `Change:${id}`).sort());
    expect(new Set(held).size).toBe(SOURCES.length * COUNT);
    const found = answered.map((change) =>
      cache.readFragment<Held>({ id: cache.identify({ ...change }) ?? '', fragment: CHANGE }),
    );
    const wanted = SOURCES.flatMap((source) =>
      sourceIds.map((sourceId) => ({
        ...{ __typename: 'Change', sourceId, source, key: `${source}-${sourceId}` },
        after: { of: `${source} ${sourceId}` },
      })),
    );
    expect(found).toEqual(wanted);
    client.stop();
  });
});
