import type { TcpProxy } from '../../support/tcp-proxy.js';
import { eventually } from '../../support/wait.js';
import { last } from './fault.js';
import type { FaultKind, Strike, World } from './fault.js';
import type { Links } from './hub.js';
import { hubNamed } from './server-faults.js';

type LinkName = keyof Links;

/** What is done to a link; answers what was observed, or null. */
interface LinkFault {
  readonly verb: string;
  readonly lasts: readonly [number, number];
  strike(link: TcpProxy, strike: Strike): Promise<string | null>;
}

/** A hub that is down has no connections that something could happen to; it comes back soon. */
const connected = (link: TcpProxy): Promise<unknown> =>
  eventually(() => link.connections > 0, { what: 'a connection', timeoutMs: 10_000 }).catch(() => null);

const LINK_FAULTS: readonly LinkFault[] = [
  {
    verb: 'cut',
    lasts: [0, 0],
    strike: async (link, { roll }) => {
      await connected(link);
      const { connections } = link;
      link.cut(roll < 0.5 ? 'reset' : 'end');
      return connections > 0 ? `${connections} connections cut` : null;
    },
  },
  {
    verb: 'stall',
    // Long enough for one of the pings that every link carries.
    lasts: [2_000, 8_000],
    strike: async (link, { ms, roll }) => {
      await connected(link);
      link.stall(roll < 0.5 ? 'both' : roll < 0.75 ? 'toTarget' : 'toClient');
      await last(ms, () => link.held > 0);
      const { held } = link;
      link.resume();
      return held > 0 ? `${held} bytes held` : null;
    },
  },
  {
    verb: 'slow',
    lasts: [1_000, 8_000],
    strike: async (link, { ms, roll }) => {
      await connected(link);
      const passedSoFar = (): number => link.bytes.toClient + link.bytes.toTarget;
      const before = passedSoFar();
      link.delay(Math.round(20 + roll * 300));
      await last(ms, () => passedSoFar() > before);
      link.delay(0);
      const passed = passedSoFar() - before;
      return passed > 0 ? `${passed} bytes slowed` : null;
    },
  },
  {
    verb: 'refuse',
    lasts: [300, 5_000],
    strike: async (link, { ms }) => {
      await connected(link);
      const { connections } = link;
      await link.refuse(true);
      link.cut();
      await last(ms);
      const left = link.connections;
      await link.refuse(false);
      return connections > 0 && left === 0 ? `${connections} connections cut, none taken` : null;
    },
  },
];

const LINKS: readonly LinkName[] = ['database', 'redis', 'client'];

const kindOf = (name: LinkName, fault: LinkFault): FaultKind => ({
  name: `${fault.verb} ${name} link`,
  lasts: fault.lasts,
  targets: ({ cluster }: World) => cluster.hubs.map((hub) => hub.name),
  needs: (target) => [`${target} ${name} link`],
  strike: (world, strike) => fault.strike(hubNamed(world, strike.target).links[name], strike),
});

/** Faults of single links: between a hub and PostgreSQL, a hub and Redis, clients and a hub. */
export const linkFaults: readonly FaultKind[] = LINKS.flatMap((name) =>
  LINK_FAULTS.map((fault) => kindOf(name, fault)),
);
