import type { Change } from '../model/change.js';
import { matcher, snapshotMatcher } from '../model/filter.js';
import type { ChangeFilter, Matcher } from '../model/filter.js';
import type { FilterMode, RowSelection } from '../model/selection.js';
import { isWhole } from './rights.js';
import type { Rights } from './rights.js';
import { rowsOf } from './rows.js';
import { sidesOf } from './sides.js';
import { VisibleChange } from './visible.js';

/**
 * A caller's look at the log through one filter: it decides which changes the caller gets, and with which scope.
 *
 * The filter is answered on what the caller sees, so a condition on a hidden field tells nothing of that field. Conditions of
 * rights act as the filter's own `where` does, together with it: an entity that comes in has ENTERED, one that goes out has
 * LEFT. One that goes out of the rights comes without content.
 */
export class Lens {
  /** Lenses with equal keys see the same. */
  readonly key: string;
  /** What SQL may leave out: never more than `see` does. */
  readonly rows: RowSelection;
  readonly #matches: Matchers;
  readonly #scoped: Matchers;

  constructor(
    readonly rights: Rights,
    readonly filter: ChangeFilter,
    /** Changes that were recorded before this time are not seen, in milliseconds since 1970; null: all are. */
    readonly notBefore: number | null,
  ) {
    this.key = JSON.stringify([rights.key, filter, notBefore]);
    this.rows = rowsOf(filter, rights);
    this.#matches = new Matchers(filter);
    this.#scoped = new Matchers({ ...filter, where: filter.where ?? [] });
  }

  /** The change as the caller gets it, or null where it gets nothing of it. */
  see(change: Change, mode: FilterMode): VisibleChange | null {
    if (this.notBefore !== null && change.row.recordedAt < this.notBefore) return null;
    const rights = this.rights.of(change.row.collection);
    if (rights === null) return null;
    if (isWhole(rights)) {
      const scope = this.#matches.of(mode)(change);
      return scope && new VisibleChange(change, scope);
    }
    const sides = sidesOf(change, rights);
    // In a snapshot the present state counts, whichever change led to it.
    if (sides === null || (sides.hiddenOnly && mode === 'log')) return null;
    const scope = (rights.where.length > 0 ? this.#scoped : this.#matches).of(mode)(sides);
    return scope && VisibleChange.of(change, scope, sides);
  }

  /** The same look at the changes of one entity. */
  ofEntity(collection: string, key: string): Lens {
    const filter = { ...this.filter, collections: [collection], keys: [key] };
    return new Lens(this.rights, filter, this.notBefore);
  }
}

/** A filter as tests of changes, made when first needed. */
class Matchers {
  #log: Matcher | undefined;
  #snapshot: Matcher | undefined;

  constructor(readonly filter: ChangeFilter) {}

  of(mode: FilterMode): Matcher {
    return mode === 'log'
      ? (this.#log ??= matcher(this.filter))
      : (this.#snapshot ??= snapshotMatcher(this.filter));
  }
}
