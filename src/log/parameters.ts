import type { Position } from '../model/cursor.js';
import type { Dialect, Parameter } from '../platform/platform.js';

/** Collects the parameters of one statement; `add` answers the placeholder. */
export class Parameters {
  readonly values: Parameter[] = [];

  add(value: Parameter): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** A list of positions as one parameter; see `positionsSql`. */
export const positionsParameter = (positions: readonly Position[]): string =>
  JSON.stringify(positions.map(String));

/** A query for the positions of a list that is the parameter of this placeholder. */
export const positionsSql = (dialect: Dialect, placeholder: string): string =>
  dialect === 'sqlite'
    ? `select cast(value as integer) from json_each(${placeholder})`
    : `select cast(value as bigint) from json_array_elements_text(cast(${placeholder} as json))`;

/** A query for the collections and keys of a list (see `jsonList`) that is the parameter of this placeholder. */
export const entityKeysSql = (dialect: Dialect, placeholder: string): string =>
  dialect === 'sqlite'
    ? `select value ->> 'collection', value ->> 'key' from json_each(${placeholder})`
    : `select collection, key from json_to_recordset(cast(${placeholder} as json)) as entry (collection text, key text)`;
