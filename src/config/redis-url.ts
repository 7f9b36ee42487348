/** One host and port of a Redis server or Sentinel. */
interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** The user name and password; null where the URL has none. */
interface Credentials {
  readonly username: string | null;
  readonly password: string | null;
}

/** Where Redis is: one server, the master of a Sentinel deployment, or a cluster. */
export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | ({
      readonly kind: 'sentinel';
      readonly tls: boolean;
      readonly sentinels: readonly RedisEndpoint[];
      /** The name of the master in the Sentinels' configuration. */
      readonly master: string;
      readonly database: number;
      /** The credentials for the Sentinels themselves. */
      readonly toSentinels: Credentials;
    } & Credentials)
  | ({
      readonly kind: 'cluster';
      readonly tls: boolean;
      /** Some of its nodes, from which the client learns the others. */
      readonly nodes: readonly RedisEndpoint[];
    } & Credentials);

/** An invalid REDIS_URL; the message completes "REDIS_URL …" and has no part of the URL, which may contain a password. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';
}

const FORMS =
  'redis://host:6379, redis+sentinel://host:26379,host2:26379/master or redis+cluster://host:6379,host2:6379';
const SENTINEL_PORT = 26_379;
const REDIS_PORT = 6_379;
const URL_PARTS =
  /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^/?#]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/;

/**
 * Reads a REDIS_URL: `redis://…`, `redis+sentinel://[user:password@]host[:26379],…/master[/database]` (credentials
 * for the Sentinels as `?sentinel_username=…&sentinel_password=…`), `redis+cluster://[user:password@]host[:6379],…`; with TLS
 * `rediss…`.
 * @throws RedisUrlError
 */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = URL_PARTS.exec(url);
  if (!parts) throw new RedisUrlError(`is not a Redis URL; use ${FORMS}`);
  const [, scheme = '', kind, user, hosts = '', path = '', query = ''] = parts;
  const tls = scheme === 'rediss';
  if (kind === 'sentinel') {
    const sentinels = endpoints(hosts, SENTINEL_PORT);
    return {
      kind,
      tls,
      sentinels,
      ...credentials(user),
      ...masterOf(path),
      toSentinels: sentinelsOwn(query),
    };
  }
  if (kind === 'cluster') {
    if (!/^(\/0?)?$/.test(path) || query !== '')
      throw new RedisUrlError(
        'has a path or a query after the hosts of a cluster; remove it, a cluster has no databases',
      );
    return { kind, tls, nodes: endpoints(hosts, REDIS_PORT), ...credentials(user) };
  }
  if (hosts.includes(','))
    throw new RedisUrlError(
      'names several hosts for one server; use redis+sentinel://… or redis+cluster://…',
    );
  return { kind: 'single', url };
}

function endpoints(hosts: string, fallbackPort: number): RedisEndpoint[] {
  return hosts.split(',').map((text) => {
    const [, bracketed, plain, port] =
      /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    const number = port === undefined ? fallbackPort : Number(port);
    if (host === undefined || number < 1 || number > 65_535)
      throw new RedisUrlError(
        'has an entry in its list of hosts that is not host:port; separate hosts by commas',
      );
    return { host, port: number };
  });
}

/** `/master` or `/master/database`. */
function masterOf(path: string): { readonly master: string; readonly database: number } {
  const [, master, database = '0'] = /^\/([^/]+)(?:\/(\d{1,5}))?$/.exec(path) ?? [];
  if (master === undefined)
    throw new RedisUrlError('names no master for the Sentinels; use redis+sentinel://host:26379/master');
  return { master: decoded(master), database: Number(database) };
}

/** `user:password`, `:password` or `user`, percent-encoded. */
function credentials(text: string | undefined): Credentials {
  if (text === undefined || text === '') return { username: null, password: null };
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { username: decoded(username) || null, password: decoded(password) || null };
}

function sentinelsOwn(query: string): Credentials {
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name !== 'sentinel_username' && name !== 'sentinel_password')
      throw new RedisUrlError('has a parameter that is neither sentinel_username nor sentinel_password');
  }
  return {
    username: parameters.get('sentinel_username'),
    password: parameters.get('sentinel_password'),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError('is not valid percent-encoding; write % as %25 and @ as %40');
  }
}
