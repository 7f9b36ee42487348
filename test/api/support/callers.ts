import { createSourceEventStream, graphql, parse } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { createSchema } from '../../../src/api/api.js';
import type { Context, Rooms } from '../../../src/api/api.js';
import { Deliverer } from '../../../src/deliver/deliver.js';
import type { Outlet } from '../../../src/deliver/deliver.js';
import { Explorer } from '../../../src/explore/explore.js';
import { Feed } from '../../../src/feed/feed.js';
import { systemTimers } from '../../../src/model/clock.js';
import { noNotes } from '../../../src/model/notes.js';
import { silent } from '../../../src/model/telemetry.js';
import { Retry } from '../../../src/retry/retry.js';
import type { View } from '../../../src/view/view.js';
import { consumersOf } from '../../contract/support/consumers.js';
import { publisherOf, Stand } from '../../contract/support/stand.js';
import type { DatabaseKind } from '../../support/databases.js';

/** The rooms of a hub without its sockets, for callers that have views of their own. */
export class RoomsOfHub {
  readonly schema: GraphQLSchema = createSchema();

  private constructor(
    readonly stand: Stand,
    readonly rooms: Rooms,
    readonly close: () => Promise<void>,
  ) {}

  static async open(kind: DatabaseKind): Promise<RoomsOfHub> {
    const stand = await Stand.create(kind);
    const { log, database } = stand;
    const onError = (error: unknown): void => {
      throw error;
    };
    const timers = systemTimers;
    const feed: Feed = await Feed.open({
      ...{ log, pollMs: 60_000, tailBytes: 1_000_000, timers },
      onActions: (upTo) => consumers.hear(upTo),
      onFollowed: () => undefined,
      onError,
      onReplaced: onError,
    });
    const consumers = consumersOf(stand, {
      startPoint: (start, place) => feed.startPoint(start, place),
      onError,
    });
    const retry = new Retry({
      ...{ database, consumers, backoff: { firstMs: 1, longestMs: 1 }, chance: () => 0 },
      notes: noNotes,
      log,
      pointOf: (cursor, place) => log.points.of(cursor, place),
    });
    const publisher = publisherOf(log, { onAppended: (changes, actions) => feed.appended(changes, actions) });
    const { holding } = retry;
    const deliverer = new Deliverer({
      feed,
      consumers,
      holding,
      telemetry: silent,
      notes: noNotes,
      timers,
      onError,
    });
    const about = { version: '0', startedAt: 0, database: database.name, signal: 'in-process' };
    const explorer = new Explorer({ log, consumers, retry, about: () => about });
    const { cursors, ids } = log;
    const rooms: Rooms = { publisher, deliverer, consumers, retry, explorer, cursors, ids };
    return new RoomsOfHub(stand, rooms, async () => {
      await deliverer.close();
      await publisher.settled();
      await consumers.close();
      await feed.close();
      await stand.drop();
    });
  }

  /** Sends an operation as a caller with a view; answers data and errors. */
  async ask(view: View, source: string, variables: object): Promise<Answered> {
    const contextValue: Context = { rooms: this.rooms, view, subscription: null };
    const variableValues = variables as Record<string, unknown>;
    return graphql({ schema: this.schema, source, contextValue, variableValues });
  }

  /** Begins a subscription as a caller with a view. @throws Error where it is refused */
  async follow(view: View, query: string, variables: object): Promise<Followed> {
    const frames: string[] = [];
    const document = parse(query);
    const variableValues = variables as Record<string, unknown>;
    const outlet: Outlet = {
      hasRoom: true,
      send: (message, session) => void frames.push(message.textFor(session)),
      onRoom: () => () => undefined,
    };
    const subscription = {
      ...{ query, document, operationName: null, variables: variableValues },
      ...{ outlet, remoteAddress: null },
    };
    const contextValue: Context = { rooms: this.rooms, view, subscription };
    const stream = await createSourceEventStream({
      schema: this.schema,
      document,
      contextValue,
      variableValues,
    });
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream.errors));
    return {
      frames,
      end: async () => {
        await stream[Symbol.asyncIterator]().return?.();
      },
    };
  }
}

export interface Answered {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly unknown[];
}

/** A subscription in this process: the texts that came, and how to end it. */
export interface Followed {
  readonly frames: readonly string[];
  end(): Promise<void>;
}
