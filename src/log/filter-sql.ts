import { COMPARISONS, stepsOf } from '../model/condition.js';
import type { FieldCondition } from '../model/condition.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Json } from '../model/json.js';
import type { CollectionRows, FilterMode, RowSelection } from '../model/selection.js';
import { arrayLiteral } from './array-literal.js';
import type { Parameters } from './parameters.js';

/** What a filter is in the SQL of one database: conditions on the columns of `change` and of `entity`. */
export interface FilterSql {
  /** The conditions of a selection on `change`, each a boolean expression. */
  ofSelection(selection: RowSelection, mode: FilterMode, parameters: Parameters): string[];
  /** Conditions on `entity.data`. */
  ofConditions(conditions: readonly FieldCondition[], parameters: Parameters): string[];
}

/** The lists of a filter that stand against one column each, whatever else it says. */
const COLUMNS = [
  ['collections', 'collection', false],
  ['keys', 'key', false],
  ['sources', 'source', false],
  ['excludeSources', 'source', true],
] as const;

/** The names of the functions that SQLite is given. */
export const MATCHES_FUNCTION = 'tidemark_matches';
export const HOLDS_FUNCTION = 'tidemark_holds';

/**
 * SQLite looks into JSON through functions that the hub itself gives it: SQLite's own JSON paths cannot name every field
 * and its numbers are not compared as JSON's. So what SQL says and what memory says is one piece of code.
 */
export const sqliteFilterSql: FilterSql = {
  ofSelection: (selection, mode, parameters) => selectionSql(sqliteConditions, selection, mode, parameters),
  ofConditions: (conditions, parameters) =>
    conditions.length === 0
      ? []
      : [`${HOLDS_FUNCTION}(data, ${parameters.add(JSON.stringify(conditions))}) = 1`],
};

/** PostgreSQL looks into JSON itself, by strict JSON paths: they walk objects only, as `valueAt` does. */
export const postgresFilterSql: FilterSql = {
  ofSelection: (selection, mode, parameters) => selectionSql(postgresConditions, selection, mode, parameters),
  ofConditions: (conditions, parameters) =>
    conditions.flatMap((condition) => {
      const path = parameters.add(jsonPath(stepsOf(condition.field)));
      return postgresCondition(condition, valueSql('data', path), parameters);
    }),
};

/** The conditions of one filter in the SQL of one database. */
type FilterConditions = (filter: ChangeFilter, mode: FilterMode, parameters: Parameters) => string[];

function selectionSql(
  conditions: FilterConditions,
  { filter, any }: RowSelection,
  mode: FilterMode,
  parameters: Parameters,
): string[] {
  const sql = conditions(filter, mode, parameters);
  if (any === null) return sql;
  const whole = any.filter(({ where }) => where.length === 0).map(({ collection }) => collection);
  const alternatives = [{ collections: whole }, ...any.flatMap(asFilter)].map((one) =>
    allOf(conditions(one, mode, parameters)),
  );
  return [...sql, `(${alternatives.join(' or ')})`];
}

const asFilter = ({ collection, where }: CollectionRows): ChangeFilter[] =>
  where.length === 0 ? [] : [{ collections: [collection], where }];

const sqliteConditions: FilterConditions = (filter, mode, parameters) => {
  const sql = COLUMNS.flatMap(([name, column, not]) => {
    const values = filter[name];
    if (!values) return [];
    const list = parameters.add(JSON.stringify(values));
    return [`${column} ${not ? 'not in' : 'in'} (select value from json_each(${list}))`];
  });
  const { operations, changedFields, where } = filter;
  if (operations ?? changedFields ?? where) {
    const inside = parameters.add(JSON.stringify({ mode, filter: { operations, changedFields, where } }));
    sql.push(`${MATCHES_FUNCTION}(operation, after, undo, ${inside}) = 1`);
  }
  return sql;
};

const postgresConditions: FilterConditions = (filter, mode, parameters) => {
  const sql = COLUMNS.flatMap(([name, column, not]) => {
    const values = filter[name];
    if (!values) return [];
    const list = parameters.add(arrayLiteral(values));
    return [not ? `${column} <> all (${list}::text[])` : `${column} = any (${list}::text[])`];
  });
  const { where } = filter;
  if (!where) return [...sql, ...contentConditions(filter, parameters)];
  const after = allOf(["operation <> 'DELETE'", ...where.flatMap((one) => afterCondition(one, parameters))]);
  if (mode === 'snapshot') return [...sql, after];
  const before = allOf([
    "operation <> 'CREATE'",
    ...where.flatMap((one) => beforeCondition(one, parameters)),
  ]);
  const content = contentConditions(filter, parameters);
  // Who moves in or out passes; operations and changedFields choose only among changes of entities that stay in.
  const chosen = content.length === 0 ? [] : [`(not (${after} and ${before}) or ${allOf(content)})`];
  return [...sql, `(${after} or ${before})`, ...chosen];
};

const allOf = (conditions: readonly string[]): string => `(${conditions.join(' and ')})`;

function contentConditions({ operations, changedFields }: ChangeFilter, parameters: Parameters): string[] {
  const sql: string[] = [];
  if (operations) sql.push(`operation = any (${parameters.add(arrayLiteral(operations))}::text[])`);
  if (changedFields) {
    sql.push(`coalesce(undo, after)::jsonb ?| ${parameters.add(arrayLiteral(changedFields))}::text[]`);
  }
  return sql;
}

const valueSql = (column: string, path: string): string =>
  `jsonb_path_query_first(${column}::jsonb, ${path}::jsonpath, '{}', true)`;

function afterCondition(condition: FieldCondition, parameters: Parameters): string[] {
  const value = valueSql('after', parameters.add(jsonPath(stepsOf(condition.field))));
  return postgresCondition(condition, value, parameters);
}

/** What a changed field was stands in undo, in an array of one; a field that did not change is in the entity after. */
function beforeCondition(condition: FieldCondition, parameters: Parameters): string[] {
  const [first = '', ...rest] = stepsOf(condition.field);
  const after = valueSql('after', parameters.add(jsonPath([first, ...rest])));
  const undone = valueSql('undo', parameters.add(`${jsonPath([first])}[0]${memberAccess(rest)}`));
  const value = `(case when undo::jsonb ? ${parameters.add(first)} then ${undone} else ${after} end)`;
  return postgresCondition(condition, value, parameters);
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
    const prefix = parameters.add(condition.startsWith);
    sql.push(ofType('string', value, `starts_with(${value} #>> '{}', ${prefix})`));
  }
  for (const name of COMPARISONS) {
    const bound = condition[name];
    if (typeof bound === 'number') {
      sql.push(ofType('number', value, `${value} ${SQL_OPERATORS[name]} ${json(bound)}`));
    } else if (bound !== undefined) {
      const text = `(${value} #>> '{}') collate "C"`;
      sql.push(ofType('string', value, `${text} ${SQL_OPERATORS[name]} ${parameters.add(bound)}`));
    }
  }
  return sql;
}

/** A condition on values of one type; an absent value is of none. */
const ofType = (type: 'string' | 'number', value: string, condition: string): string =>
  `coalesce(jsonb_typeof(${value}) = '${type}' and ${condition}, false)`;
