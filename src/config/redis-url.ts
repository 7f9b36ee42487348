/** One host and port of a Redis server or Sentinel. */
export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** Who the hub is to Redis; null where the URL does not say. */
interface Credentials {
  readonly username: string | null;
  readonly password: string | null;
}

/** Where Redis is: one server, the master that Sentinels name, or a cluster. */
export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | ({
      readonly kind: 'sentinel';
      readonly tls: boolean;
      readonly sentinels: readonly RedisEndpoint[];
      /** The name under which the Sentinels watch the master. */
      readonly master: string;
      readonly database: number;
      /** Who the hub is to the Sentinels themselves. */
      readonly toSentinels: Credentials;
    } & Credentials)
  | ({
      readonly kind: 'cluster';
      readonly tls: boolean;
      /** Some of its nodes; they tell of the others. */
      readonly nodes: readonly RedisEndpoint[];
    } & Credentials);

/** A REDIS_URL that is none; the message completes "REDIS_URL …" and holds nothing of the URL, which may hold a password. */
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
 * Reads a REDIS_URL: `redis://…`, `redis+sentinel://[user:password@]host[:26379],…/master[/database]` (the Sentinels' own
 * credentials as `?sentinel_username=…&sentinel_password=…`), `redis+cluster://[user:password@]host[:6379],…`; with TLS
 * `rediss…`.
 * @throws RedisUrlError
 */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = URL_PARTS.exec(url);
  if (!parts) throw new RedisUrlError(`is no Redis URL; give ${FORMS}`);
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
      throw new RedisUrlError('is a cluster with something behind its hosts; a cluster has no databases');
    return { kind, tls, nodes: endpoints(hosts, REDIS_PORT), ...credentials(user) };
  }
  if (hosts.includes(','))
    throw new RedisUrlError('is one server with several hosts; give redis+sentinel://… or redis+cluster://…');
  return { kind: 'single', url };
}

function endpoints(hosts: string, fallbackPort: number): RedisEndpoint[] {
  return hosts.split(',').map((text) => {
    const [, bracketed, plain, port] =
      /^(?:\[([\da-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    const number = port === undefined ? fallbackPort : Number(port);
    if (host === undefined || number < 1 || number > 65_535)
      throw new RedisUrlError('is a list with something that is no host:port; separate hosts by commas');
    return { host, port: number };
  });
}

/** `/master` or `/master/database`. */
function masterOf(path: string): { readonly master: string; readonly database: number } {
  const [, master, database = '0'] = /^\/([^/]+)(?:\/(\d{1,5}))?$/.exec(path) ?? [];
  if (master === undefined)
    throw new RedisUrlError(
      'is of Sentinels without the name of their master; give redis+sentinel://host:26379/master',
    );
  return { master: decoded(master), database: Number(database) };
}

/** `user:password`, `:password` or `user`, each percent-encoded where it has to be. */
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
      throw new RedisUrlError(
        'is of Sentinels with a parameter that is neither sentinel_username nor sentinel_password',
      );
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
    throw new RedisUrlError('is not percent-encoded as it should be; write % as %25 and @ as %40');
  }
}
