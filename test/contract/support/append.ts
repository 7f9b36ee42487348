import { LEFT_OUT, seal } from '../../../src/log/log.js';
import type { Appended, EntityKey, Log, Lookup, SourceKey } from '../../../src/log/log.js';
import type { ChangeRow } from '../../../src/model/change.js';
import { rowAt } from './parts.js';

/** A lookup of entities and sourceIds, however large they are unless a bound is given. */
export const lookingUp = ({
  entities = [],
  sourceIds = [],
  maxBytes = Number.MAX_SAFE_INTEGER,
}: {
  readonly entities?: readonly EntityKey[];
  readonly sourceIds?: readonly SourceKey[];
  readonly maxBytes?: number;
}): Lookup => {
  const distinct = new Map(entities.map((one) => [`${one.collection}\0${one.key}`, one]));
  return { sourceIds, entities: () => [...distinct.values()], maxBytes };
};

/** Appends rows of which only the parts given matter; each becomes the newest change of its entity. */
export function append(log: Log, rows: readonly Partial<ChangeRow>[]): Promise<Appended<null>> {
  const entities = rows.map(({ collection = 'quakes', key = 'q1' }) => ({ collection, key }));
  return log.append(lookingUp({ entities }), (view) => {
    const newest = new Map<string, { version: number; position: bigint }>();
    let before = view.headHash;
    const changes = rows.map((parts, i) => {
      const position = view.head + BigInt(i) + 1n;
      const { collection = 'quakes', key = 'q1' } = parts;
      const name = `${collection}\0${key}`;
      const state = view.entity(collection, key);
      if (state === LEFT_OUT) throw new Error('an entity was left out');
      const known = newest.get(name) ?? state;
      const version = (known?.version ?? 0) + 1;
      newest.set(name, { version, position });
      const recordedAt = Math.max(view.recordedAt, parts.recordedAt ?? 1_700_000_000_000);
      const operation = parts.operation ?? (version === 1 ? 'CREATE' : 'UPDATE');
      const row = rowAt(position, {
        ...{ key, version, operation, previous: known?.position ?? null },
        ...parts,
        recordedAt,
      });
      const sealed = seal(row, before);
      before = sealed.hash;
      return sealed;
    });
    return { changes, value: null };
  });
}

/** Appends so many changes, each of a key of its own: k0, k1 … */
export const appendKeys = (log: Log, count: number): Promise<Appended<null>> =>
  append(
    log,
    Array.from({ length: count }, (_, i) => ({ key: `k${i}` })),
  );
