import { randomUUID } from 'node:crypto';
import { last } from './fault.js';
import type { FaultKind, World } from './fault.js';
import { forgeHints } from './forged-hints.js';
import { whenUp } from './server-faults.js';

const PUSHED = Buffer.from('*3\r\n$7\r\nmessage\r\n');

/** Whether a chunk from Redis is pub/sub messages of which one tells something: the hubs' probes get through. */
const tells = (chunk: Buffer): boolean =>
  chunk.subarray(0, PUSHED.length).equals(PUSHED) &&
  ['appended', 'consumer', 'action'].some((kind) => chunk.includes(`"kind":"${kind}"`));

/** Redis looks alive to every hub, and what hubs tell each other does not come through. */
const dropHints: FaultKind = {
  name: 'drop hints',
  lasts: [1_000, 8_000],
  targets: () => ['every hub'],
  needs: () => ['hints'],
  strike: async ({ cluster }, { ms }) => {
    const links = cluster.hubs.map((hub) => hub.links.redis);
    const dropped = (): number => links.reduce((sum, link) => sum + link.dropped, 0);
    const before = dropped();
    for (const link of links) link.drop(tells);
    await last(ms, () => dropped() > before);
    for (const link of links) link.drop(null);
    const lost = dropped() - before;
    return lost > 0 ? `${lost} messages lost` : null;
  },
};

/** Says texts to all hubs, spread over the time. */
async function sayAll({ gossip }: World, texts: readonly string[], ms: number): Promise<string | null> {
  let heard = 0;
  for (const text of texts) {
    heard += await whenUp(() => gossip.say(text));
    await last(ms / texts.length);
  }
  return heard > 0 ? `${texts.length} messages, heard ${heard} times` : null;
}

/** What was told comes again, late, twice and out of order. */
const repeatHints: FaultKind = {
  name: 'repeat hints',
  lasts: [500, 4_000],
  targets: () => ['every hub'],
  needs: () => ['Redis'],
  strike: async (world, { ms, roll }) => {
    const heard = world.gossip.heard.filter((text) => !text.includes('"probe"')).slice(-100);
    const order = [...heard, ...heard].map((text, i) => ({
      text,
      place: (i * (7 + Math.floor(roll * 89))) % 211,
    }));
    order.sort((a, b) => a.place - b.place);
    return sayAll(
      world,
      order.map(({ text }) => text),
      ms,
    );
  },
};

/** Texts that no hub sends, and ranges that the log does not hold. */
const garbageHints: FaultKind = {
  name: 'garbage hints',
  lasts: [200, 2_000],
  targets: () => ['every hub'],
  needs: () => ['Redis'],
  strike: (world, { ms, roll }) => {
    const hub = randomUUID();
    const from = String(Math.floor(roll * 100_000));
    const announcements = [
      { kind: 'appended', from, to: from, rows: null },
      { kind: 'appended', from: '1', to: '9007199254740993', rows: [] },
      { kind: 'appended', from: '-5', to: '0', rows: null },
      { kind: 'appended', from: 'x', to: null },
      { kind: 'consumer', name: 'nobody' },
      { kind: 'consumer', name: 7 },
      { kind: 'later' },
      null,
    ];
    const texts = [1, 2].flatMap((v) =>
      announcements.map((announcement) => JSON.stringify({ v, hub, announcement })),
    );
    return sayAll(world, [...texts, '', '{', '[]', 'null', '\u0000', '{"v":2}', '{"v":3}'], ms);
  },
};

/** The clocks of all sources jump an hour ahead or back, and return. */
const jumpSourceClock: FaultKind = {
  name: 'jump source clock',
  lasts: [500, 5_000],
  targets: () => ['every source'],
  needs: (target) => [target],
  strike: async ({ sourceClock }, { ms, roll }) => {
    const before = sourceClock.wrongTimes;
    sourceClock.jump((roll < 0.5 ? 1 : -1) * 3_600_000);
    await last(ms, () => sourceClock.wrongTimes > before);
    sourceClock.jump(0);
    const wrong = sourceClock.wrongTimes - before;
    return wrong > 0 ? `${wrong} changes with a wrong time` : null;
  },
};

/** Faults of what hubs and sources say. */
export const hintFaults: readonly FaultKind[] = [
  dropHints,
  repeatHints,
  garbageHints,
  forgeHints,
  jumpSourceClock,
];
