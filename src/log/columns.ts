import { TEXTS } from '../model/change.js';
import type { ChangeRow, Operation } from '../model/change.js';
import { asBigint, asNumber, asText, orNull } from '../platform/platform.js';
import type { Row } from '../platform/platform.js';
import type { Effects } from './append.js';

/** A value of a column as both drivers take it; booleans are 0 and 1. */
export type Value = string | number | bigint | null;

/** A column of a table of this room; `S` is what a row is written from. */
export interface Column<S> {
  readonly name: string;
  readonly type: 'bigint' | 'integer' | 'text' | 'boolean';
  readonly nullable: boolean;
  /** Whether it is part of the primary key. */
  readonly primary: boolean;
  readonly of: (from: S) => Value;
}

/** A column of `change`, which is read as well. */
interface ChangeColumn<T> extends Omit<Column<ChangeRow>, 'of'> {
  readonly read: (value: unknown) => T;
}

const column = <T>(
  name: string,
  type: Column<unknown>['type'],
  read: (value: unknown) => T,
): ChangeColumn<T> => ({ name, type, nullable: false, primary: false, read });

const text = (name: string): ChangeColumn<string> => column(name, 'text', asText);
const position = (name: string): ChangeColumn<bigint> => column(name, 'bigint', asBigint);
/** Milliseconds since 1970, UTC. */
const time = (name: string): ChangeColumn<number> => column(name, 'bigint', asNumber);
const nullable = <T>({ read, ...rest }: ChangeColumn<T>): ChangeColumn<T | null> => ({
  ...rest,
  nullable: true,
  read: (value) => orNull(value, read),
});
const json = (name: string): ChangeColumn<string | null> => nullable(text(name));

/** The columns of `change`, by the field of ChangeRow that each holds: entities, statements and mappings follow from it. */
const CHANGE: { readonly [F in keyof ChangeRow]: ChangeColumn<ChangeRow[F]> } = {
  position: { ...position('position'), primary: true },
  previous: nullable(position('previous')),
  sourceId: text('source_id'),
  collection: text('collection'),
  key: text('key'),
  version: column('version', 'integer', asNumber),
  operation: column('operation', 'text', (value) => value as Operation),
  source: text('source'),
  after: json('after'),
  undo: json('undo'),
  digest: text('digest'),
  headers: json('headers'),
  salt: text('salt'),
  payloadDigest: text('payload_digest'),
  hash: text('hash'),
  occurredAt: time('occurred_at'),
  recordedAt: time('recorded_at'),
};

const FIELDS = Object.entries(CHANGE) as [keyof ChangeRow, ChangeColumn<unknown>][];

/** The same in the order in which every statement of this room names them; `large`: one of TEXTS. */
export const CHANGE_COLUMNS: readonly (Column<ChangeRow> & { readonly large: boolean })[] = FIELDS.map(
  ([field, { name, type, nullable: isNullable, primary }]) => ({
    name,
    type,
    nullable: isNullable,
    primary,
    large: (TEXTS as readonly string[]).includes(field),
    of: (row) => row[field],
  }),
);

export function changeOf(row: Row): ChangeRow {
  const change: Record<string, unknown> = {};
  for (const [field, { name, read }] of FIELDS) change[field] = read(row[name]);
  return change as unknown as ChangeRow;
}

const written = <S>(
  name: string,
  type: Column<S>['type'],
  of: Column<S>['of'],
  parts: Partial<Column<S>> = {},
): Column<S> => ({ name, type, nullable: false, primary: false, of, ...parts });

const PRIMARY = { primary: true };

/** The columns of `entity`, each as the entity's newest change gives it. */
export const ENTITY_COLUMNS: readonly Column<ChangeRow>[] = [
  written('collection', 'text', (change) => change.collection, PRIMARY),
  written('key', 'text', (change) => change.key, PRIMARY),
  written('version', 'integer', (change) => change.version),
  written('data', 'text', (change) => change.after, { nullable: true }),
  written('deleted', 'boolean', (change) => (change.operation === 'DELETE' ? 1 : 0)),
  written('position', 'bigint', (change) => change.position),
  written('hash', 'text', (change) => change.hash),
  written('source', 'text', (change) => change.source),
  written('updated_at', 'bigint', (change) => change.recordedAt),
];

/** The columns of `collection_stat`, as one append changes them. */
export const COLLECTION_COLUMNS: readonly Column<Effects['collections'][number]>[] = [
  written('name', 'text', (one) => one.name, PRIMARY),
  written('entities', 'bigint', (one) => one.entities),
  written('changes', 'bigint', (one) => one.changes),
];

/** The columns of `source_stat`, as one append changes them. */
export const SOURCE_COLUMNS: readonly Column<Effects['sources'][number]>[] = [
  written('name', 'text', (one) => one.name, PRIMARY),
  written('changes', 'bigint', (one) => one.changes),
  written('last_change_at', 'bigint', (one) => one.lastChangeAt),
];

/** The names of columns as a statement lists them. */
export const namesOf = (columns: readonly { readonly name: string }[], prefix = ''): string =>
  columns.map(({ name }) => prefix + name).join(', ');

/** What an upsert does to a row that is there: every column but the key takes the new value. */
export const overwriteSql = (columns: readonly Column<never>[]): string =>
  columns
    .filter(({ primary }) => !primary)
    .map(({ name }) => `${name} = excluded.${name}`)
    .join(', ');

/** Characters of a change's texts. */
export const sizeOf = (change: ChangeRow): number =>
  TEXTS.reduce((sum, field) => sum + (change[field]?.length ?? 0), 0);

/** SQL for the bytes of a change's texts. Neither database reads a text to count its bytes. */
export const changeBytesSql = (prefix = ''): string =>
  TEXTS.map((field) => `coalesce(octet_length(${prefix}${CHANGE[field].name}), 0)`).join(' + ');
