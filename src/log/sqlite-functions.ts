import { Change } from '../model/change.js';
import type { ChangeRow } from '../model/change.js';
import { allHold } from '../model/condition.js';
import type { FieldCondition } from '../model/condition.js';
import { matcher, snapshotMatcher } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { JsonObject } from '../model/json.js';
import type { SqliteDatabase } from '../platform/platform.js';
import { HOLDS_FUNCTION, MATCHES_FUNCTION } from './filter-sql.js';
import type { FilterMode } from './filter-sql.js';

/** Gives SQLite's reading handle the filter as functions. Operands come as JSON text; the last one is kept parsed. */
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

function remembered<T>(parse: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly value: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, value: parse(text) };
    return last.value;
  };
}
