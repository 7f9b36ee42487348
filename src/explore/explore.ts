/**
 * Exploring: reading beside the way of a change. Entities, history, counts, consumers; nothing here writes, and nothing
 * here is in the way of what does.
 */
import type { Consumers } from '../ack/ack.js';
import { Change, within } from '../model/change.js';
import type { ScopedChange } from '../model/change.js';
import type { FieldCondition } from '../model/condition.js';
import type { ConsumerState } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import type { DeadLetter } from '../model/dead-letter.js';
import type { Entity } from '../model/entity.js';
import { HubError } from '../model/errors.js';
import { checkPageSize, connectionOf } from '../model/page.js';
import type { Connection } from '../model/page.js';
import type { HubStatus } from '../model/status.js';
import { cursorAhead } from '../log/log.js';
import type { CollectionCount, Log, SourceCount } from '../log/log.js';
import { changePage, historyPage } from './change-pages.js';
import type { ChangePageArgs } from './change-pages.js';
import { deadLetterPage } from './dead-letter-page.js';

export type { ChangePageArgs } from './change-pages.js';

export interface ExplorerOptions {
  readonly log: Log;
  readonly consumers: Consumers;
  /** What the hub says of itself beside the log's extent. */
  readonly about: () => Omit<HubStatus, 'logId' | 'head' | 'changeCount'>;
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

  async hub(): Promise<HubStatus> {
    const { logId, head, earliest } = await this.#log.extent();
    return { ...this.options.about(), logId, head, changeCount: Number(head - earliest + 1n) };
  }

  /** The change at a place, or null. @throws HubError INVALID_CURSOR, CURSOR_AHEAD */
  async change(cursor: string): Promise<ScopedChange | null> {
    const position = await this.#known(cursor, 'cursor');
    const row = position === 0n ? null : await this.#log.changeAt(position);
    return row && within(new Change(row));
  }

  /** A page of the log. */
  changes(args: ChangePageArgs): Promise<Connection<ScopedChange>> {
    return changePage(this.#log, args);
  }

  /** One live entity, or null. @throws HubError INVALID_CURSOR, CURSOR_AHEAD for atLeast */
  async entity(collection: string, key: string, atLeast: string | null): Promise<Entity | null> {
    if (atLeast !== null) await this.#known(atLeast, 'atLeast');
    return this.#log.entity(collection, key);
  }

  /** Live entities in the order of their keys. */
  async entities(args: EntityPageArgs): Promise<Connection<Entity>> {
    const size = checkPageSize(args.first, 'first');
    if (args.atLeast !== null) await this.#known(args.atLeast, 'atLeast');
    const afterKey = args.after === null ? null : keyOfCursor(args.after);
    const { collection, where } = args;
    const entities = await this.#log.entities({ collection, where, afterKey, limit: size + 1 });
    return connectionOf(entities.slice(0, size), (entity) => cursorOfKey(entity.key), {
      hasNextPage: () => entities.length > size,
      hasPreviousPage: () => afterKey !== null,
    });
  }

  /** An entity's changes, newest first. */
  history(entity: Entity, first: number, after: string | null): Promise<Connection<ScopedChange>> {
    return historyPage(this.#log, entity, first, after);
  }

  collections(): Promise<CollectionCount[]> {
    return this.#log.collections();
  }

  sources(): Promise<SourceCount[]> {
    return this.#log.sources();
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
  deadLetters(consumer: string, first: number, after: string | null): Promise<Connection<DeadLetter>> {
    return deadLetterPage(this.#log, this.options.consumers, { consumer, first, after });
  }

  /**
   * A place that the log has come to. What is read after this has every change up to it: reads go to the database that
   * commits.
   */
  async #known(cursor: string, place: string): Promise<Position> {
    const position = this.#log.cursors.decode(cursor, place);
    const { head } = await this.#log.extent();
    if (position > head) throw cursorAhead(place);
    return position;
  }
}

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
