import type { FieldCondition } from '../model/condition.js';

/** What a caller may see of one collection. */
export interface CollectionRights {
  /**
   * Conditions on the entity as it is stored, hidden fields included: where one does not hold, the caller does not see the
   * entity. Empty: every entity.
   */
  readonly where: readonly FieldCondition[];
  /** Top-level fields that the caller does not see. */
  readonly hide: ReadonlySet<string>;
}

/** What a caller may see. */
export interface Rights {
  /** Two callers with equal keys see the same. */
  readonly key: string;
  /** The collections for which `of` may answer; null: they cannot be listed. Reads use it to leave out the others in SQL. */
  readonly collections: readonly string[] | null;
  /** Null: the caller sees nothing of the collection. */
  of(collection: string): CollectionRights | null;
}

const WHOLE: CollectionRights = { where: [], hide: new Set() };

/** The rights of a caller that sees everything. */
export const FULL_RIGHTS: Rights = { key: 'all', collections: null, of: () => WHOLE };

/** For each of a collection's rights, whether it withholds something; a right that is not listed does not compile. */
const WITHHOLDS: { readonly [K in keyof CollectionRights]: (right: CollectionRights[K]) => boolean } = {
  where: (conditions) => conditions.length > 0,
  hide: (fields) => fields.size > 0,
};

/** Whether nothing of a collection is withheld. */
export const isWhole = (rights: CollectionRights): boolean =>
  (Object.keys(WITHHOLDS) as (keyof CollectionRights)[]).every(
    (name) => !(WITHHOLDS[name] as (right: unknown) => boolean)(rights[name]),
  );
