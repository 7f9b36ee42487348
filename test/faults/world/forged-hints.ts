import { randomUUID } from 'node:crypto';
import { CursorCodec } from '../../../src/model/cursor.js';
import type { FaultKind, World } from './fault.js';
import { last } from './fault.js';
import { whenUp } from './server-faults.js';

/** Announcements in both wire versions: version 1 carries the changes, version 2 the log's end only. */
type Announcement = Readonly<Record<string, unknown>>;
const first = (announcement: Announcement): string =>
  JSON.stringify({ v: 1, hub: randomUUID(), announcement });
const second = (announcement: Announcement): string =>
  JSON.stringify({ v: 2, hub: randomUUID(), announcement });

/** Series of forged announcements, spread over the fault's duration; each continues the log's end at that moment. */
const TIMES = 8;
const FAR = 1_000_000n;

/** The log's end now; null where the hub does not answer. */
async function headOf({ cluster }: World): Promise<bigint | null> {
  try {
    const { logId, head } = await cluster.log();
    return new CursorCodec(logId).decode(head, 'head').position;
  } catch {
    return null;
  }
}

/** A well-formed change that was never published, for a position of the log. */
function forgedRow(position: bigint): Announcement {
  const at = Date.now();
  return {
    position: String(position),
    previous: null,
    sourceId: `forged-${position}`,
    collection: 'orders',
    key: 'k1',
    version: 1,
    operation: 'CREATE',
    source: 'crm',
    after: JSON.stringify({ status: 'open', amount: 9, note: 'forged' }),
    undo: null,
    digest: 'f'.repeat(64),
    headers: null,
    occurredAt: at,
    recordedAt: at,
  };
}

/** Changes that hubs announced before, renumbered to follow the log's end, as if copied from another log. */
function copiedRows({ gossip }: World, after: bigint): Announcement[] {
  const rows = gossip.heard.flatMap(rowsOf);
  return rows
    .slice(-3)
    .map((row, i) => ({ ...row, position: String(after + BigInt(i) + 1n), previous: null }));
}

/** The rows of an announcement; none where it has none, or is none. */
function rowsOf(text: string): readonly Announcement[] {
  try {
    const { announcement } = JSON.parse(text) as { announcement: { rows?: readonly Announcement[] | null } };
    return announcement.rows ?? [];
  } catch {
    // The channel also carries the garbage of another fault.
    return [];
  }
}

/** Well-formed announcements that continue the log's end and are not true. */
function forged(world: World, head: bigint): string[] {
  const appended = (rows: readonly Announcement[]): string =>
    first({ kind: 'appended', from: String(head + 1n), to: String(head + BigInt(rows.length)), rows });
  const copied = copiedRows(world, head);
  return [
    appended([forgedRow(head + 1n)]),
    ...(copied.length > 0 ? [appended(copied)] : []),
    first({ kind: 'appended', from: String(head + 1n), to: String(head + FAR), rows: null }),
    second({ kind: 'appended', to: String(head + 1n) }),
    second({ kind: 'appended', to: String(head + FAR) }),
    second({ kind: 'appended', to: String(2n ** 63n - 1n) }),
    second({ kind: 'appended', to: String(2n ** 80n) }),
    second({ kind: 'appended', to: '-1' }),
    second({ kind: 'appended', to: '0x10' }),
    second({ kind: 'appended', to: Number(head) }),
    second({ kind: 'appended', to: null, rows: [forgedRow(head + 1n)] }),
    second({ kind: 'consumer', name: 'everything' }),
    second({ kind: 'consumer', name: 'careful' }),
    first({ kind: 'consumer', name: 'everything' }),
    second({ kind: 'probe', to: String(head) }),
  ];
}

/** Well-formed announcements of changes that the log does not hold. */
export const forgeHints: FaultKind = {
  name: 'forge hints',
  lasts: [500, 4_000],
  targets: () => ['every hub'],
  needs: () => ['Redis'],
  strike: async (world, { ms }) => {
    let heard = 0;
    let said = 0;
    for (let n = 0; n < TIMES; n += 1) {
      const head = await headOf(world);
      const texts = head === null ? [] : forged(world, head);
      for (const text of texts) heard += await whenUp(() => world.gossip.say(text));
      said += texts.length;
      await last(ms / TIMES);
    }
    return heard > 0 ? `${said} messages, heard ${heard} times` : null;
  },
};
