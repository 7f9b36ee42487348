import type { DocumentNode } from 'graphql';
import type { Consumers } from '../ack/ack.js';
import type { Deliverer, Outlet } from '../deliver/deliver.js';
import type { Explorer } from '../explore/explore.js';
import type { CursorCodec } from '../model/cursor.js';
import type { IdCodec } from '../model/ids.js';
import type { Publisher } from '../publish/publish.js';
import type { Retry } from '../retry/retry.js';
import { View } from '../view/view.js';

/** The rooms that resolvers call. */
export interface Rooms {
  readonly publisher: Publisher;
  readonly deliverer: Deliverer;
  readonly consumers: Consumers;
  readonly retry: Retry;
  readonly explorer: Explorer;
  readonly cursors: CursorCodec;
  readonly ids: IdCodec;
}

/** A subscription operation as it came over a socket, and where its messages go. */
export interface SubscriptionOperation {
  readonly query: string;
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly outlet: Outlet;
  /** The peer of the socket; null where it is not known. */
  readonly remoteAddress: string | null;
}

/** What every resolver gets. */
export interface Context {
  readonly rooms: Rooms;
  /** What the caller may see; whatever leaves the hub goes through it. */
  readonly view: View;
  /** Null over HTTP, where nothing can be subscribed to. */
  readonly subscription: SubscriptionOperation | null;
}

/** The context of one request. Every caller sees everything, since callers are not told apart. */
export const contextOf = (rooms: Rooms, subscription: SubscriptionOperation | null): Context => ({
  rooms,
  view: View.of(),
  subscription,
});
