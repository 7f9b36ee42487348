import fc from 'fast-check';
import type { Json, JsonObject } from '../../src/model/json.js';
import { mergePatch } from '../../src/publish/merge-patch.js';
import { jsonObject } from './support/json.js';

/** The pseudocode of RFC 7396, section 2, word for word, on lists of pairs: no object and no prototype comes into it. */
interface Pairs {
  readonly pairs: [string, Tree][];
}
type Tree = null | boolean | number | string | readonly Json[] | Pairs;

const isPairs = (tree: Tree | undefined): tree is Pairs =>
  typeof tree === 'object' && tree !== null && 'pairs' in tree;

function treeOf(value: Json): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value as Tree;
  return { pairs: Object.entries(value).map(([name, inner]) => [name, treeOf(inner)]) };
}

function textOf(tree: Tree): string {
  if (!isPairs(tree)) return JSON.stringify(tree);
  const fields = tree.pairs.map(([name, inner]) => `${JSON.stringify(name)}:${textOf(inner)}`);
  return `{${fields.sort().join(',')}}`;
}

function naiveMerge(target: Tree | undefined, patch: Tree): Tree {
  if (!isPairs(patch)) return patch;
  let pairs: [string, Tree][] = isPairs(target) ? [...target.pairs] : [];
  for (const [name, value] of patch.pairs) {
    const old = pairs.find((pair) => pair[0] === name)?.[1];
    pairs = pairs.filter((pair) => pair[0] !== name);
    if (value !== null) pairs.push([name, naiveMerge(old, value)]);
  }
  return { pairs };
}

describe('a merge patch, whatever target and patch', () => {
  it('gives what the RFC says, and touches neither', () => {
    fc.assert(
      fc.property(jsonObject, jsonObject, (target, patch) => {
        const texts = JSON.stringify([target, patch]);
        const merged = mergePatch(target, patch);
        expect(textOf(treeOf(merged))).toBe(textOf(naiveMerge(treeOf(target), treeOf(patch))));
        expect(JSON.stringify([target, patch])).toBe(texts);
      }),
      { numRuns: 1_000 },
    );
  });

  it('changes nothing more when it is applied again', () => {
    fc.assert(
      fc.property(jsonObject, jsonObject, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it('leaves no null behind but inside of arrays and where the target had it', () => {
    fc.assert(
      fc.property(jsonObject, (patch) => {
        const nulls = (value: JsonObject): boolean =>
          Object.values(value).some(
            (inner) => inner === null || (isPairs(treeOf(inner)) && nulls(inner as JsonObject)),
          );
        expect(nulls(mergePatch({}, patch))).toBe(false);
      }),
    );
  });
});
