/**
 * The view: what one caller may see. It is the only door by which rows leave the hub.
 *
 * Whatever a caller gets of a change, an entity, a dead letter, a conflict or a count is a visible one, and only a view makes
 * those: the API's resolvers accept nothing else, so a way out that forgets the view does not compile.
 *
 * It promises:
 * - nothing of a collection, an entity or a field that the caller may not see leaves, nor does a count of them;
 * - a change that the caller does not see does not appear, also where only hidden fields changed;
 * - an entity that comes into the caller's rights is created for it, and one that leaves them is gone: LEFT, DELETE, without
 *   content (before, after and headers null, changedFields empty);
 * - a filter is answered on what the caller sees, so a condition does not probe a hidden field.
 *
 * What every caller may know: the length of the log (positions have no gaps, and cursors, Hub.head and Consumer.lag follow
 * from them), and the version of an entity that it sees, which counts changes of hidden fields too.
 *
 * A view is immutable and cheap: one for each request.
 */
import { allHold } from '../model/condition.js';
import type { FieldCondition } from '../model/condition.js';
import type { Change, Scope } from '../model/change.js';
import type { Conflict } from '../model/conflict.js';
import type { Rejection } from '../model/dead-letter.js';
import type { Entity } from '../model/entity.js';
import { EVERYTHING } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { CollectionCount, HubStatus, SourceCount } from '../model/status.js';
import { Lens } from './lens.js';
import { FULL_RIGHTS } from './rights.js';
import type { Rights } from './rights.js';
import { isHidden } from './rows.js';
import { documentOf, sidesOf } from './sides.js';
import type { Sides } from './sides.js';
import {
  VisibleChange,
  VisibleCollection,
  VisibleConflict,
  VisibleDeadLetter,
  VisibleEntity,
  VisibleHub,
  VisibleSource,
} from './visible.js';

export type { Batch } from './batch.js';
export type { Lens } from './lens.js';
export type { CollectionRights, Rights } from './rights.js';
export type {
  VisibleChange,
  VisibleCollection,
  VisibleConflict,
  VisibleDeadLetter,
  VisibleEntity,
  VisibleHub,
  VisibleSource,
} from './visible.js';

export class View {
  readonly #rights: Rights;
  readonly #everything: Lens;

  private constructor(rights: Rights) {
    this.#rights = rights;
    this.#everything = new Lens(rights, EVERYTHING, null);
  }

  /** The view of a caller. Default: it sees everything. */
  static of(rights: Rights = FULL_RIGHTS): View {
    return new View(rights);
  }

  /** Views with equal keys see the same. */
  get key(): string {
    return this.#rights.key;
  }

  /**
   * A subscription's or a page's look at the log.
   * @param notBefore changes recorded before this time are not seen, in milliseconds since 1970; default: all are
   */
  lens(filter: ChangeFilter, notBefore: number | null = null): Lens {
    return new Lens(this.#rights, filter, notBefore);
  }

  /** A change where no filter applies; null where the caller does not see it. */
  change(change: Change): VisibleChange | null {
    return this.#everything.see(change, 'log');
  }

  /**
   * A change that was delivered and comes again.
   * @param scope as it was delivered; where the entity is out of the rights by now, LEFT without content takes its place
   */
  again(change: Change, scope: Scope): VisibleChange {
    const sides = this.#sidesOf(change);
    return sides ? VisibleChange.of(change, scope, sides) : VisibleChange.gone(change);
  }

  /** A live entity, or null where the caller does not see it. */
  entity(entity: Entity): VisibleEntity | null {
    const rights = this.#rights.of(entity.collection);
    const data = rights && documentOf(entity.data, rights);
    return data && new VisibleEntity(entity, data);
  }

  /**
   * The conditions by which SQL finds the entities of a collection that the caller sees and that `where` holds on; null where
   * there can be none. A field that is hidden is absent.
   */
  entityConditions(collection: string, where: readonly FieldCondition[]): readonly FieldCondition[] | null {
    const rights = this.#rights.of(collection);
    if (rights === null) return null;
    const hidden = where.filter((condition) => isHidden(condition, rights));
    if (!allHold(hidden, {})) return null;
    return [...rights.where, ...where.filter((condition) => !hidden.includes(condition))];
  }

  /** Makes dead letters of a change; null where the caller sees the entity neither before nor after it. */
  deadLetter(change: Change): ((rejection: Rejection) => VisibleDeadLetter) | null {
    if (this.#sidesOf(change) === null) return null;
    return (rejection) => new VisibleDeadLetter(rejection, this.again(change, rejection.scope));
  }

  /** A refused change. Of an entity that the caller does not see, `current` is null and its version 0. */
  conflict(conflict: Conflict): VisibleConflict {
    const rights = this.#rights.of(conflict.collection);
    const current = rights && documentOf(conflict.current, rights);
    // Whether an entity that is not live was seen before is not known here.
    const isSeen = current !== null || rights?.where.length === 0;
    const version = isSeen ? conflict.currentVersion : 0;
    return new VisibleConflict(conflict, current, version, rights && documentOf(conflict.incoming, rights));
  }

  /**
   * A collection; null where the caller sees nothing of it. Its counts are 0 where the caller sees only some of its entities:
   * counts are kept for whole collections.
   */
  collection(count: CollectionCount): VisibleCollection | null {
    const rights = this.#rights.of(count.name);
    if (rights === null) return null;
    if (rights.where.length > 0) return new VisibleCollection(count.name, 0, 0);
    return new VisibleCollection(count.name, count.entityCount, count.changeCount);
  }

  /** A source; null unless the caller sees everything, since counts by source are kept over all collections. */
  source(count: SourceCount): VisibleSource | null {
    return this.#rights === FULL_RIGHTS ? new VisibleSource(count) : null;
  }

  /**
   * The hub's status; its `changeCount` is the sum of what the caller gets by `collection`.
   * @param collections reads the counts of all collections; called only where the caller does not see everything
   */
  async hub(status: HubStatus, collections: () => Promise<readonly CollectionCount[]>): Promise<VisibleHub> {
    if (this.#rights === FULL_RIGHTS) return new VisibleHub(status, status.changeCount);
    const counts = (await collections()).map((count) => this.collection(count)?.changeCount ?? 0);
    return new VisibleHub(
      status,
      counts.reduce((sum, count) => sum + count, 0),
    );
  }

  #sidesOf(change: Change): Sides | null {
    const rights = this.#rights.of(change.row.collection);
    return rights && sidesOf(change, rights);
  }
}
