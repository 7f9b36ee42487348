/**
 * Exploring: reading beside the way of a change. Entities, history, counts, consumers; nothing here writes, and nothing
 * here is in the way of what does. Whatever is answered goes through the caller's view.
 */
import type { Consumers } from '../ack/ack.js';
import { Change } from '../model/change.js';
import type { FieldCondition } from '../model/condition.js';
import type { ConsumerState } from '../model/consumer.js';
import type { Point } from '../model/cursor.js';
import { HubError } from '../model/errors.js';
import { checkPageSize, connectionOf } from '../model/page.js';
import type { Connection } from '../model/page.js';
import type { HubStatus } from '../model/status.js';
import type { Retry } from '../retry/retry.js';
import type { Log } from '../log/log.js';
import type {
  View,
  VisibleChange,
  VisibleCollection,
  VisibleDeadLetter,
  VisibleEntity,
  VisibleHub,
  VisibleSource,
} from '../view/view.js';
import { changePage, historyPage } from './change-pages.js';
import type { ChangePageArgs } from './change-pages.js';
import { deadLetterPage } from './dead-letter-page.js';
import type { DeadLetterPageArgs } from './dead-letter-page.js';
import { readNodes } from './nodes.js';
import type { FoundNode } from './nodes.js';

export interface ExplorerOptions {
  readonly log: Log;
  readonly consumers: Consumers;
  readonly retry: Retry;
  /** What the hub says of itself beside the log's extent. */
  readonly about: () => Omit<HubStatus, 'logId' | 'head' | 'headHash' | 'changeCount'>;
}

/** Which entities: `after` is the cursor of an edge. */
export interface EntityPageArgs {
  readonly collection: string;
  readonly where: readonly FieldCondition[];
  readonly first: number;
  readonly after: string | null;
  readonly atLeast: string | null;
}

export class Explorer {
  constructor(readonly options: ExplorerOptions) {}

  get #log(): Log {
    return this.options.log;
  }

  /** What an id names; null as of `nodes`. */
  async node(view: View, id: string): Promise<FoundNode | null> {
    const [node = null] = await readNodes(this.options, view, [id]);
    return node;
  }

  /**
   * What ids name, in the order of the ids; null for a text that is no id of this hub, for what is not there, and for what the
   * caller does not see.
   * @throws HubError BAD_USER_INPUT, PAYLOAD_TOO_LARGE
   */
  nodes(view: View, ids: readonly string[]): Promise<(FoundNode | null)[]> {
    return readNodes(this.options, view, ids);
  }

  async hub(view: View): Promise<VisibleHub> {
    const { logId, head, headHash, earliest } = await this.#log.extent();
    const status = {
      ...this.options.about(),
      logId,
      head,
      headHash,
      changeCount: Number(head - earliest + 1n),
    };
    return view.hub(status, () => this.#log.collections());
  }

  /** The change at a place, or null. @throws HubError INVALID_CURSOR, CURSOR_AHEAD */
  async change(view: View, cursor: string): Promise<VisibleChange | null> {
    const { position } = await this.#known(cursor, 'cursor');
    const row = position === 0n ? null : await this.#log.changeAt(position);
    return row && view.change(new Change(row));
  }

  /** A page of the log. */
  changes(view: View, args: ChangePageArgs): Promise<Connection<VisibleChange>> {
    return changePage(this.#log, view, args);
  }

  /** One live entity, or null. @throws HubError INVALID_CURSOR, CURSOR_AHEAD for atLeast */
  async entity(
    view: View,
    collection: string,
    key: string,
    atLeast: string | null,
  ): Promise<VisibleEntity | null> {
    if (atLeast !== null) await this.#known(atLeast, 'atLeast');
    const entity = await this.#log.entity(collection, key);
    return entity && view.entity(entity);
  }

  /** Live entities in the order of their keys. */
  async entities(view: View, args: EntityPageArgs): Promise<Connection<VisibleEntity>> {
    const size = checkPageSize(args.first, 'first');
    if (args.atLeast !== null) await this.#known(args.atLeast, 'atLeast');
    const afterKey = args.after === null ? null : keyOfCursor(args.after);
    const { collection } = args;
    const where = view.entityConditions(collection, args.where);
    const { rows, whole } =
      where === null ? NOTHING : await this.#log.entities({ collection, where, afterKey, limit: size + 1 });
    const entities = rows.slice(0, size).flatMap((entity) => view.entity(entity) ?? []);
    return connectionOf(entities, (entity) => cursorOfKey(entity.key), {
      hasNextPage: () => !whole,
      hasPreviousPage: () => afterKey !== null,
    });
  }

  /** An entity's changes, newest first. */
  history(
    view: View,
    entity: VisibleEntity,
    first: number,
    after: string | null,
  ): Promise<Connection<VisibleChange>> {
    return historyPage(this.#log, view, entity, first, after);
  }

  async collections(view: View): Promise<VisibleCollection[]> {
    return (await this.#log.collections()).flatMap((count) => view.collection(count) ?? []);
  }

  async sources(view: View): Promise<VisibleSource[]> {
    return (await this.#log.sources()).flatMap((count) => view.source(count) ?? []);
  }

  consumer(name: string): Promise<ConsumerState | null> {
    return this.options.consumers.find(name);
  }

  consumers(): Promise<ConsumerState[]> {
    return this.options.consumers.list();
  }

  /**
   * A page of a consumer's dead letters, in log order.
   * @throws HubError BAD_USER_INPUT, INVALID_CURSOR
   */
  deadLetters(view: View, args: DeadLetterPageArgs): Promise<Connection<VisibleDeadLetter>> {
    return deadLetterPage(this.#log, this.options.retry, view, args);
  }

  /**
   * A place that the log has come to. What is read after this has every change up to it: reads go to the database that
   * commits.
   */
  #known(cursor: string, place: string): Promise<Point> {
    return this.#log.points.of(this.#log.cursors.decode(cursor, place), place);
  }
}

const NOTHING = { rows: [], whole: true } as const;

/** An entity's place in the order of keys, as opaque text. */
const KEY_CURSOR = 'key:';
const cursorOfKey = (key: string): string => Buffer.from(KEY_CURSOR + key).toString('base64url');

function keyOfCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (
    !text.startsWith(KEY_CURSOR) ||
    text.includes('\0') ||
    Buffer.from(text).toString('base64url') !== cursor
  ) {
    throw new HubError('INVALID_CURSOR', "after: is no cursor of an entity; send back an edge's cursor.", {
      path: 'after',
    });
  }
  return text.slice(KEY_CURSOR.length);
}
