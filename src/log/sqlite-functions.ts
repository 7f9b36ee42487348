import { Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import { allHold } from '../model/condition.js';
import type { FieldCondition } from '../model/condition.js';
import { matcher, snapshotMatcher } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { JsonObject } from '../model/json.js';
import type { FilterMode } from '../model/selection.js';
import type { SqliteDatabase } from '../platform/platform.js';
import { HOLDS_FUNCTION, MATCHES_FUNCTION } from './filter-sql.js';

/** Gives SQLite's reading handle the filter as functions. Operands come as JSON text; the latest are kept parsed. */
export function addFilterFunctions(database: SqliteDatabase): void {
  const matcherOf = remembered((text) => {
    const { mode, filter } = JSON.parse(text) as { mode: FilterMode; filter: ChangeFilter };
    return mode === 'snapshot' ? snapshotMatcher(filter) : matcher(filter);
  });
  const conditionsOf = remembered((text) => JSON.parse(text) as FieldCondition[]);
  const options = { deterministic: true };
  database.reader.function(MATCHES_FUNCTION, { ...options, varargs: true }, (...values: unknown[]) => {
    const [operation, after, undo, filter] = values;
    // Only these three are looked at: the filter that comes this way has no other part than operations,
    // changedFields and where.
    const change = new Change({ operation, after, undo } as ChangeRow);
    return matcherOf(filter as string)(change) === null ? 0 : 1;
  });
  database.reader.function(HOLDS_FUNCTION, options, (data, conditions) =>
    allHold(conditionsOf(conditions as string), JSON.parse(data as string) as JsonObject) ? 1 : 0,
  );
}

/** Operands kept parsed: one statement has one, and one more for each collection of which it returns only some rows. */
const MAX_REMEMBERED = 32;

function remembered<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(text, (value = parse(text)));
    }
    return value;
  };
}
