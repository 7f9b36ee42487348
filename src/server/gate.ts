/**
 * Which web pages may use the hub. A browser lets a page of any site send requests to any address that its machine reaches,
 * loopback included, and says only in headers whose page it is:
 *
 *   Origin           scheme, host and port of the page; absent where no page asks, but a program
 *   Sec-Fetch-Site   how the page's origin relates to the hub's, also where a browser sends no Origin: images, scripts
 *   Host             the name by which the browser found the hub
 *
 * A page of the hub's own origin may, and one of an allowed origin. "Own" is what Host says, so on loopback Host is checked
 * as well: by DNS rebinding a page of another site is found at 127.0.0.1 too, under its own name.
 */
import type { IncomingHttpHeaders, Server } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { forbidden } from '../model/errors.js';
import type { HubError } from '../model/errors.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const SITE = /^https?:\/\//;
/** Relations of a page to the hub, by Sec-Fetch-Site, in which it is of another origin. */
const ELSEWHERE = ['same-site', 'cross-site'];

export class Gate {
  readonly #origins: ReadonlySet<string>;
  /** The host names of those that are web sites; others, as an extension's, are no names of machines. */
  readonly #hosts: ReadonlySet<string>;
  #onLoopback: boolean | null = null;

  /**
   * @param server that requests come to; asked for its address when the first one comes
   * @param allowedOrigins as browsers send them
   */
  constructor(
    readonly server: Server,
    allowedOrigins: readonly string[],
  ) {
    this.#origins = new Set(allowedOrigins);
    const ofSites = allowedOrigins.filter((origin) => SITE.test(origin));
    this.#hosts = new Set(ofSites.map((origin) => new URL(origin).hostname));
  }

  /** Why a request is refused; null where it may pass. */
  refusalOf(headers: IncomingHttpHeaders): HubError | null {
    return this.#hostRefusal(headers.host) ?? this.#originRefusal(headers);
  }

  /** The allowed origin that a request comes from; null where it comes from none. */
  allowedOrigin({ origin }: IncomingHttpHeaders): string | null {
    return origin !== undefined && this.#origins.has(origin) ? origin : null;
  }

  /** Browsers always send Host; a request without it is a program's, as the probe of a load balancer. */
  #hostRefusal(host: string | undefined): HubError | null {
    if (host === undefined) return null;
    const url = hostUrl('http:', host);
    if (url === null) return forbidden('host', `${shown(host)} is not a host; send the name of the hub.`);
    if (!this.#listensOnLoopback || isLoopback(url.hostname) || this.#hosts.has(url.hostname)) return null;
    return forbidden(
      'host',
      `${shown(host)} is not a name of this hub, which listens on loopback; call it as localhost or 127.0.0.1, ` +
        'or list the origin that it is reached at, as https://hub.example.com, in its option ALLOWED_ORIGINS.',
    );
  }

  #originRefusal(headers: IncomingHttpHeaders): HubError | null {
    const { origin, host = '' } = headers;
    if (origin === undefined) return isHiddenPage(headers) ? forbidden('origin', HIDDEN) : null;
    if (this.#origins.has(origin) || isOf(origin, host)) return null;
    if (origin === 'null') return forbidden('origin', NO_ORIGIN);
    return forbidden(
      'origin',
      `a page of ${shown(origin)} may not use this hub; list that origin in the hub's option ALLOWED_ORIGINS.`,
    );
  }

  get #listensOnLoopback(): boolean {
    const address = this.server.address();
    this.#onLoopback ??= typeof address !== 'object' || address === null || isLoopback(address.address);
    return this.#onLoopback;
  }
}

/** The body of the answer to a refused request, as JSON. */
export const refusalBody = ({ code, message, details }: HubError): string =>
  JSON.stringify({ errors: [{ message, extensions: { code, ...details } }] });

const NO_ORIGIN =
  'a page without an origin (a file, a sandboxed frame) may not use this hub; serve the page from an origin that is in the ' +
  "hub's option ALLOWED_ORIGINS.";
const HIDDEN =
  'a page of another origin, which the browser does not name, may not use this hub; use fetch in mode cors, from an origin ' +
  "that is in the hub's option ALLOWED_ORIGINS.";

/** Whether another origin's page sends the request without saying so; opening the hub itself, by a link, is not that. */
function isHiddenPage(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers;
  return typeof site === 'string' && ELSEWHERE.includes(site) && destination !== 'document';
}

/**
 * Whether the origin has this host. The scheme is not compared: a proxy that ends TLS speaks plain HTTP to the hub. A Host
 * without a port has the default port of the origin's scheme.
 */
function isOf(origin: string, host: string): boolean {
  if (!SITE.test(origin) || !URL.canParse(origin)) return false;
  const { host: ofOrigin, protocol } = new URL(origin);
  return hostUrl(protocol, host)?.host === ofOrigin;
}

/** A Host header as a URL of that scheme; null where it is more than a host and a port, or less. */
function hostUrl(protocol: string, host: string): URL | null {
  const text = `${protocol}//${host}`;
  return /^[^\s/\\?#@]+$/.test(host) && URL.canParse(text) ? new URL(text) : null;
}

/** Whether a name or an address, as URLs have them, is always that of the machine itself (RFC 6761, section 6.3). */
function isLoopback(name: string): boolean {
  const address = name.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return /(^|\.)localhost\.?$/i.test(name);
  return LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** A header in a sentence; a long one is cut. */
const shown = (header: string): string => JSON.stringify(header.slice(0, 200));
