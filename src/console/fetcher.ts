import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { Kind, parse, type DocumentNode } from 'graphql';
import { createClient, type Client } from 'graphql-ws';

const RETRY_ATTEMPTS = 20;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/** Queries and mutations go over HTTP, subscriptions over WebSocket, both to the hub that served this page. */
export function createHubFetcher(): Fetcher {
  const fetcher = createGraphiQLFetcher({
    url: '/graphql',
    wsClient: createSocket(),
    // The hub answers with one JSON result; without this the toolkit would ask for multipart answers as well.
    enableIncrementalDelivery: false,
  });
  return withOperationOf(fetcher);
}

/**
 * GraphiQL reads a tab's operations a moment after it shows them; who runs sooner would send the name of an operation
 * of the tab before, and a subscription over HTTP. So the name and the document are taken from the text that is sent.
 */
function withOperationOf(fetcher: Fetcher): Fetcher {
  return (params, options) => {
    const documentAST = parseOrNothing(params.query);
    if (!documentAST) return fetcher(params, options);
    const names = documentAST.definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value ?? null] : [],
    );
    const wanted = params.operationName ?? null;
    const operationName = names.includes(wanted) ? wanted : (names[0] ?? null);
    return fetcher({ ...params, operationName }, { ...options, documentAST });
  };
}

/** A document with a slip in it goes to the hub as it is, whose error says where the slip is. */
function parseOrNothing(query: string): DocumentNode | undefined {
  try {
    return parse(query);
  } catch {
    return undefined;
  }
}

/**
 * Opened by the first subscription and closed after the last, so that a page that only queries holds no socket. A hub
 * that restarts is met again within about three minutes; the subscription then starts over where its arguments say,
 * which for a named consumer is where it acknowledged.
 */
function createSocket(): Client {
  const url = new URL('/graphql', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return createClient({ url: url.href, lazy: true, retryAttempts: RETRY_ATTEMPTS, retryWait });
}

/** Twice as long each time, with some chance in it: the pages of a whole team should not return in one moment. */
async function retryWait(retries: number): Promise<void> {
  const longest = Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS);
  const wait = longest * (0.5 + Math.random() / 2);
  await new Promise((resolve) => setTimeout(resolve, wait));
}
