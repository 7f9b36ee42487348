/** Where the log is kept: an embedded file, or a schema of a PostgreSQL database. */
export type DatabaseTarget =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'postgres';
      /** As the driver takes it: without `schema` and `options`. */
      readonly url: string;
      /** A name that needs no escaping within double quotes. */
      readonly schema: string;
      /** Options for the server that the URL asks for, as in `-c work_mem=8MB`; empty: none. */
      readonly options: string;
    };

/** An invalid DATABASE_URL; the message completes "DATABASE_URL …" and has no part of the URL but the schema's name. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

const DEFAULT_SCHEMA = 'tidemark';
/** PostgreSQL shortens longer names without an error, and reserves names that begin with pg_. */
const SCHEMA = /^(?!pg_|information_schema$)[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/**
 * Reads a DATABASE_URL: `sqlite:path`, or `postgres://[user[:password]@]host[:5432]/database[?schema=tidemark]`; what else
 * stands behind `?` is for the driver.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(url: string): DatabaseTarget {
  const [, path] = /^sqlite:((?!:memory:).+)$/.exec(url) ?? [];
  if (path !== undefined) return { kind: 'sqlite', path };
  if (!/^postgres(ql)?:\/\/.+$/.test(url))
    throw new DatabaseUrlError('is neither sqlite:path nor postgres://user@host/database');
  const at = url.indexOf('?');
  if (at < 0) return { kind: 'postgres', url, schema: DEFAULT_SCHEMA, options: '' };
  const query = new URLSearchParams(url.slice(at + 1));
  const schema = query.get('schema') ?? DEFAULT_SCHEMA;
  if (!SCHEMA.test(schema)) {
    throw new DatabaseUrlError(
      `names the schema ${JSON.stringify(schema)}; use up to 63 letters, digits and _, beginning with no digit and not ` +
        'with pg_',
    );
  }
  const options = query.get('options') ?? '';
  query.delete('schema');
  query.delete('options');
  return {
    kind: 'postgres',
    url: query.size === 0 ? url.slice(0, at) : `${url.slice(0, at)}?${query.toString()}`,
    schema,
    options,
  };
}
