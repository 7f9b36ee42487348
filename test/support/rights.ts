import type { CollectionRights, Rights } from '../../src/view/view.js';

/**
 * Rights to the collections that are named, and to nothing else.
 * @param listed whether the rights can say which collections they name
 */
export function rightsTo(
  collections: Readonly<Record<string, Partial<CollectionRights>>>,
  listed = true,
): Rights {
  const known = new Map(
    Object.entries(collections).map(([name, { where = [], hide = new Set<string>() }]) => [
      name,
      { where, hide },
    ]),
  );
  const key = JSON.stringify([...known].map(([name, { where, hide }]) => [name, where, [...hide]]));
  return { key, collections: listed ? [...known.keys()] : null, of: (name) => known.get(name) ?? null };
}
