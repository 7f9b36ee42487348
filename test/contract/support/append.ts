import type { Appended, Log } from '../../../src/log/log.js';
import type { ChangeRow } from '../../../src/model/change.js';
import { rowAt } from './parts.js';

/** Appends rows of which only the parts given matter; each becomes the newest change of its entity. */
export function append(log: Log, rows: readonly Partial<ChangeRow>[]): Promise<Appended<null>> {
  const entities = rows.map(({ collection = 'quakes', key = 'q1' }) => ({ collection, key }));
  return log.append({ entities, ids: [] }, (view) => {
    const newest = new Map<string, { version: number; position: bigint }>();
    const changes = rows.map((parts, i) => {
      const position = view.head + BigInt(i) + 1n;
      const { collection = 'quakes', key = 'q1' } = parts;
      const name = `${collection}\0${key}`;
      const known = newest.get(name) ?? view.entity(collection, key);
      const version = (known?.version ?? 0) + 1;
      newest.set(name, { version, position });
      const recordedAt = Math.max(view.recordedAt, parts.recordedAt ?? 1_700_000_000_000);
      const operation = parts.operation ?? (version === 1 ? 'CREATE' : 'UPDATE');
      return rowAt(position, {
        ...{ key, version, operation, previous: known?.position ?? null },
        ...parts,
        recordedAt,
      });
    });
    return { changes, value: null };
  });
}
