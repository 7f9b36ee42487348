import type { Dialect } from '../platform/platform.js';

/** An entry of a list of consumers; each statement reads the fields that it needs. */
export interface ListEntry {
  readonly name?: string;
  readonly position?: bigint;
  readonly hash?: string | null;
  readonly id?: bigint;
  readonly epoch?: bigint;
  readonly seeks?: bigint;
  readonly heard?: bigint;
  readonly reach?: bigint;
  readonly covered?: bigint;
  readonly in_flight?: number;
  readonly phase?: string;
}

const NUMBERS = ['position', 'id', 'epoch', 'seeks', 'heard', 'reach', 'covered', 'in_flight'] as const;

/** SQL that reads such a list, which comes as JSON in `$1`. */
export const LIST: Readonly<Record<Dialect, string>> = {
  sqlite: `select value ->> 'name' as name, value ->> 'hash' as hash, value ->> 'phase' as phase,
    ${NUMBERS.map((name) => `cast(value ->> '${name}' as integer) as ${name}`).join(', ')} from json_each($1)`,
  postgres: `select * from json_to_recordset(cast($1 as json))
    as entry (name text, hash text, phase text, ${NUMBERS.map((name) => `${name} bigint`).join(', ')})`,
};
