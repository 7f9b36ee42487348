/**
 * The scene: a week of real earthquakes passes through a hub in seconds, and one of two consumers loses its connection.
 *
 *   npm run demo              plays, prints a table, and keeps the playground open until Ctrl+C
 *   npm run demo -- --once    plays faster and ends; exit 0 only if every consumer got exactly what it should
 *
 * Read on in producer.ts and consumer.ts: they are what a program of your own would look like.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { castAlerts, castWarehouse, Sources } from './cast.js';
import type { Player } from './cast.js';
import { Connection } from './connection.js';
import type { Change } from './consumer.js';
import { airports, reports } from './data.js';
import { Lifetime } from './lifetime.js';
import { openLocalHub } from './local-hub.js';
import { startProgress } from './progress.js';
import type { Progress } from './progress.js';
import { replay } from './replay.js';
import { conclude, count } from './report.js';
import { settled } from './verify.js';

const once = process.argv.includes('--once');
/** How long the week takes, and how long the warehouse stays away, in milliseconds. */
const pace = once ? { week: 3_000, away: 300 } : { week: 15_000, away: 1_500 };
const AIRPORTS_A_CALL = 1_000;
/** How long the consumers may take to get ready, in milliseconds. */
const PATIENCE_MS = 15_000;

const feed = { airports: airports(), reports: reports() };
/** When each change was handed to `publish`, by sourceId, on this process's clock. */
const sentAt = new Map<string, number>();
/** Cues for the cast: whether the warehouse loses its connection now, and the magnitude from which alerts are told. */
const cues = { cutOff: false, magnitudeTold: 6 };

const lifetime = new Lifetime();
const { signal } = lifetime;
await lifetime.run(play);

async function play(): Promise<number> {
  const hub = await openLocalHub();
  lifetime.onEnd(() => hub.close());
  const desk = new Connection(hub.url);
  lifetime.onEnd(() => desk.close());
  const sources = new Sources(hub.url, signal);
  lifetime.onEnd(() => sources.close());
  const progress = startProgress(feed.reports.length);
  lifetime.onEnd(() => progress.stop());
  progress.say('hub', `listens at ${hub.url}, with an embedded database of its own`);

  await loadAirports(sources, progress);
  const players = castPlayers(hub.url, progress);
  await start(players, progress);
  const repeated = await replayWeek(sources, progress);
  await settled(desk, players, signal);
  progress.stop();

  const changes = feed.airports.length + feed.reports.length;
  const isWell = await conclude(desk, players, {
    changes,
    repeated,
    answered: (what) => sources.answered(what),
  });
  if (!once) await leaveOpen(hub.url);
  return isWell ? 0 : 1;
}

/** One source, few calls, all airports. */
async function loadAirports(sources: Sources, progress: Progress): Promise<void> {
  const from = performance.now();
  for (let i = 0; i < feed.airports.length; i += AIRPORTS_A_CALL) {
    await sources.of('faa').publish(feed.airports.slice(i, i + AIRPORTS_A_CALL));
  }
  progress.say('faa', `published ${count(feed.airports.length)} airports ${since(from)}`);
}

function castPlayers(url: string, progress: Progress): Player[] {
  const options = {
    ...{ ...feed, url, sentAt, reconnectMs: pace.away },
    onAlert: ({ after }: Change) => {
      if (Number(after?.magnitude) < cues.magnitudeTold) return;
      progress.say('alerts', `magnitude ${String(after?.magnitude)}, ${String(after?.place)}`);
    },
    onLoaded: () => {
      if (!cues.cutOff) return;
      cues.cutOff = false;
      // Processed and not yet acknowledged: the worst moment to lose a connection.
      warehouse.consumer.cut();
      progress.say('warehouse', 'is cut off; the networks go on');
    },
    onSession: (name: string, session: number) => {
      if (session > 1) progress.say(name, 'is back, and resumes after what it acknowledged');
    },
  };
  const warehouse = castWarehouse(options);
  return [castAlerts(options), warehouse];
}

/** The consumers connect, and catch up with what the log holds already. */
async function start(players: readonly Player[], progress: Progress): Promise<void> {
  const from = performance.now();
  const running = players.map(({ consumer }) => consumer.run(signal).catch(lifetime.fail));
  lifetime.onEnd(() => Promise.all(running));
  const catchesUp = players.filter(({ collections }) => collections.includes('airports'));
  const isThere = ({ witness }: Player): boolean => witness.sessions.length > 0;
  const caughtUp = ({ witness }: Player): boolean => witness.acknowledgedChanges >= feed.airports.length;
  await until('the consumers to connect', () => players.every(isThere));
  await until('the warehouse to catch up with the airports', () => catchesUp.every(caughtUp));
  progress.say('warehouse', `follows everything, and caught up with the airports ${since(from)}`);
  progress.say('alerts', 'follows earthquakes of magnitude 4.5 and more');
}

/** The networks report; in the middle, the warehouse loses its connection. Answers how many reports went out twice. */
async function replayWeek(sources: Sources, progress: Progress): Promise<number> {
  const networks = new Set(feed.reports.map(({ source }) => source));
  progress.say(
    'networks',
    `${networks.size} of them report a week of earthquakes, each over its own connection`,
  );
  const middle = Math.floor(feed.reports.length / 2);
  const repeated = await replay(feed.reports, {
    ...{ durationMs: pace.week, producerOf: sources.of, signal },
    onReport: ({ change }, done) => {
      sentAt.set(change.sourceId, performance.now());
      cues.cutOff ||= done === middle;
      progress.at(done, change.occurredAt.slice(0, 10));
    },
  });
  progress.at(feed.reports.length, 'all recorded');
  return repeated;
}

/** The hub stays up, and the consumers at work, for whoever wants to try things. */
async function leaveOpen(url: string): Promise<void> {
  cues.magnitudeTold = 0;
  console.log(`\nThe playground is open at ${url}/graphql until Ctrl+C.`);
  console.log('Things to try there: examples/earthquakes/README.md');
  await lifetime.interrupted();
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const from = performance.now(); !isSo(); await sleep(20, undefined, { signal })) {
    if (performance.now() - from > PATIENCE_MS) throw new Error(`it waited too long for ${what}.`);
  }
}

function since(from: number): string {
  return `in ${Math.round(performance.now() - from)} ms`;
}
