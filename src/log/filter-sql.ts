import { COMPARISONS, stepsOf } from '../model/condition.js';
import type { FieldCondition } from '../model/condition.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Json } from '../model/json.js';
import type { Parameter } from '../platform/platform.js';
import { arrayLiteral } from './array-literal.js';

/** Collects the parameters of one statement; `add` answers the placeholder. */
export class Parameters {
  readonly values: Parameter[] = [];

  add(value: Parameter): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** What a filter is in the SQL of one database: conditions on the columns of `change` and of `entity`. */
export interface FilterSql {
  /** The conditions of a filter on `change`, each a boolean expression. */
  ofFilter(filter: ChangeFilter, parameters: Parameters): string[];
  /** Conditions on `entity.data`. */
  ofConditions(conditions: readonly FieldCondition[], parameters: Parameters): string[];
}

/** The lists of a filter, each against its column. */
const COLUMNS = [
  ['collections', 'collection', false],
  ['keys', 'key', false],
  ['operations', 'operation', false],
  ['sources', 'source', false],
  ['excludeSources', 'source', true],
] as const;

/** The names of the functions that SqliteFilterFunctions gives to SQLite. */
export const MATCHES_FUNCTION = 'tidemark_matches';
export const HOLDS_FUNCTION = 'tidemark_holds';

/**
 * SQLite looks into JSON through functions that the hub itself gives it: SQLite's own JSON paths cannot name every field
 * and its numbers are not compared as JSON's. So what SQL says and what memory says is one piece of code.
 */
export const sqliteFilterSql: FilterSql = {
  ofFilter(filter, parameters) {
    const sql = COLUMNS.flatMap(([name, column, not]) => {
      const values = filter[name];
      if (!values) return [];
      const list = parameters.add(JSON.stringify(values));
      return [`${column} ${not ? 'not in' : 'in'} (select value from json_each(${list}))`];
    });
    const inside = { ...pick(filter, 'changedFields'), ...pick(filter, 'where') };
    if (Object.keys(inside).length > 0) {
      sql.push(`${MATCHES_FUNCTION}(operation, after, undo, ${parameters.add(JSON.stringify(inside))}) = 1`);
    }
    return sql;
  },
  ofConditions: (conditions, parameters) =>
    conditions.length === 0
      ? []
      : [`${HOLDS_FUNCTION}(data, ${parameters.add(JSON.stringify(conditions))}) = 1`],
};

const pick = <K extends keyof ChangeFilter>(filter: ChangeFilter, name: K): Pick<ChangeFilter, K> | object =>
  filter[name] === undefined ? {} : { [name]: filter[name] };

/** PostgreSQL looks into JSON itself, by strict JSON paths: they walk objects only, as `valueAt` does. */
export const postgresFilterSql: FilterSql = {
  ofFilter(filter, parameters) {
    const sql = COLUMNS.flatMap(([name, column, not]) => {
      const values = filter[name];
      if (!values) return [];
      const list = parameters.add(arrayLiteral(values));
      return [not ? `${column} <> all (${list}::text[])` : `${column} = any (${list}::text[])`];
    });
    if (filter.changedFields) {
      sql.push(
        `coalesce(undo, after)::jsonb ?| ${parameters.add(arrayLiteral(filter.changedFields))}::text[]`,
      );
    }
    const where = filter.where ?? [];
    return [
      ...sql,
      ...where.flatMap((condition) =>
        postgresCondition(condition, changeValue(condition, parameters), parameters),
      ),
    ];
  },
  ofConditions: (conditions, parameters) =>
    conditions.flatMap((condition) => {
      const path = parameters.add(jsonPath(stepsOf(condition.field)));
      return postgresCondition(condition, valueSql('data', path), parameters);
    }),
};

const valueSql = (column: string, path: string): string =>
  `jsonb_path_query_first(${column}::jsonb, ${path}::jsonpath, '{}', true)`;

/** On a DELETE the entity before stands in undo, each top-level value in an array of one. */
function changeValue(condition: FieldCondition, parameters: Parameters): string {
  const [first = '', ...rest] = stepsOf(condition.field);
  const after = valueSql('after', parameters.add(jsonPath([first, ...rest])));
  const before = valueSql('undo', parameters.add(`${jsonPath([first])}[0]${memberAccess(rest)}`));
  return `(case when operation = 'DELETE' then ${before} else ${after} end)`;
}

const jsonPath = (steps: readonly string[]): string => `strict $${memberAccess(steps)}`;
const memberAccess = (steps: readonly string[]): string =>
  steps.map((step) => `.${JSON.stringify(step)}`).join('');

const SQL_OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

function postgresCondition(condition: FieldCondition, value: string, parameters: Parameters): string[] {
  const sql: string[] = [];
  const json = (operand: Json): string => `${parameters.add(JSON.stringify(operand))}::jsonb`;
  if (condition.eq !== undefined) sql.push(`coalesce(${value} = ${json(condition.eq)}, false)`);
  if (condition.ne !== undefined) sql.push(`not coalesce(${value} = ${json(condition.ne)}, false)`);
  if (condition.in !== undefined) {
    const list = parameters.add(arrayLiteral(condition.in.map((one) => JSON.stringify(one))));
    sql.push(`coalesce(${value} = any (${list}::text[]::jsonb[]), false)`);
  }
  if (condition.exists !== undefined) sql.push(`${value} is ${condition.exists ? 'not null' : 'null'}`);
  if (condition.startsWith !== undefined) {
    sql.push(
      `(jsonb_typeof(${value}) = 'string' and starts_with(${value} #>> '{}', ${parameters.add(condition.startsWith)}))`,
    );
  }
  for (const name of COMPARISONS) {
    const bound = condition[name];
    if (typeof bound === 'number') {
      sql.push(`(jsonb_typeof(${value}) = 'number' and ${value} ${SQL_OPERATORS[name]} ${json(bound)})`);
    } else if (bound !== undefined) {
      const text = `(${value} #>> '{}') collate "C"`;
      sql.push(
        `(jsonb_typeof(${value}) = 'string' and ${text} ${SQL_OPERATORS[name]} ${parameters.add(bound)})`,
      );
    }
  }
  return sql;
}
