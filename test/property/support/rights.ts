import fc from 'fast-check';
import { parseConditions } from '../../../src/model/condition.js';
import type { JsonObject } from '../../../src/model/json.js';
import type { CollectionRights, Rights } from '../../../src/view/view.js';
import { rightsTo } from '../../support/rights.js';
import { COLLECTIONS, conditionOn } from './filters.js';
import { STEPS } from './json.js';

/** What one collection's rights are; null: none. Conditions are few, so that most rights leave something. */
const collectionRights = (
  documents: readonly JsonObject[],
  hide: fc.Arbitrary<string[]>,
): fc.Arbitrary<CollectionRights | null> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.array(conditionOn(documents), { maxLength: 1 }), hide)
        .map(([where, hidden]) => ({
          where: parseConditions(where, 'where'),
          hide: new Set(hidden),
        })),
    },
  );

const someFields = fc.uniqueArray(fc.oneof(fc.constantFrom('a', 'b', '0'), fc.constantFrom(...STEPS)), {
  maxLength: 3,
});

/** Rights as a caller may have them; with `hides`, they hide fields too. */
export function rightsOn(
  documents: readonly JsonObject[],
  inRun: (collection: string) => string,
  { hides }: { readonly hides: boolean },
): fc.Arbitrary<Rights> {
  const one = collectionRights(documents, hides ? someFields : fc.constant([]));
  return fc
    .tuple(fc.tuple(...COLLECTIONS.map(() => one)), hides ? fc.boolean() : fc.constant(true))
    .map(([all, listed]) =>
      rightsTo(
        Object.fromEntries(
          all.flatMap((rights, i) => (rights ? [[inRun(COLLECTIONS[i] ?? ''), rights] as const] : [])),
        ),
        listed,
      ),
    );
}
