import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../../promises/support/dice.js';
import { eventually } from '../../support/wait.js';
import type { Violation } from '../checker/check.js';
import type { HistoryEntry } from '../history.js';
import { Recorder } from '../recording.js';
import { Adversary, FAULT_KINDS } from './adversary.js';
import { Cluster } from './cluster.js';
import type { HubArguments } from './cluster.js';
import { Consumer } from './consumer.js';
import type { FaultKind, World } from './fault.js';
import { consumerStates, hubState } from './final-state.js';
import { Explorer } from './explorer.js';
import { Gossip } from './gossip.js';
import { Interner } from './interner.js';
import { Intruder } from './intruder.js';
import { MemorySampler } from './memory.js';
import { Producer } from './producer.js';
import { profilesOf } from './profiles.js';
import type { Profile } from './profiles.js';
import { SourceClock } from './source-clock.js';

export interface RoundOptions {
  /** Decides what is sent, what goes wrong, where and for how long. */
  readonly seed: number;
  /** How long faults are injected. */
  readonly minutes: number;
  /** Names of kinds of faults; absent: all; empty: none. */
  readonly kinds?: readonly string[];
  readonly hubArguments?: HubArguments;
  /** What may take its time once all faults are over, in milliseconds. Default: a minute. */
  readonly settleMs?: number;
  /** The position before the first change. Default 0. */
  readonly begin?: bigint;
  /** Whether the hubs have a Redis. Default: not where 3 divides the seed, unless only faults of Redis are injected. */
  readonly redis?: boolean;
}

export interface Round {
  readonly seed: number;
  readonly history: readonly HistoryEntry[];
  /** What the round itself found, before the history is checked: hubs that crashed, faults that left something behind. */
  readonly violations: readonly Violation[];
  /** What the hubs wrote. */
  readonly output: string;
  /** How long each part took, in milliseconds. */
  readonly phases: Readonly<Record<Phase, number>>;
}

/**
 * start: until all hubs are ready; faults: as long as there are any; ready: until all hubs are so again; calls: until every
 * call was answered; drain: until every consumer came to the end; rejections: until everything rejected was settled.
 */
export type Phase = 'start' | 'faults' | 'ready' | 'calls' | 'drain' | 'rejections';

/** Sources and the producers that speak for them. */
const PRODUCERS = ['crm', 'crm', 'erp', 'erp', 'shop', 'shop'] as const;
const PAUSE: readonly [number, number] = [20, 150];
/** Something is in the log when consumers begin. */
const HEAD_START_MS = 1_000;
/** Faults of a short round are short, so that all kinds have their turn. */
const SHORT_MINUTES = 1;
const SETTLE_MS = 60_000;
/** How long hints are dropped while the last changes are published, and so much longer, in milliseconds. */
const LAST_DROP_MS = 1_500;
/** Every so many seeds the hubs have no Redis. */
const WITHOUT_REDIS = 3;
/** What a consumer has that its first subscription makes. */
const MAX_ATTEMPTS = 5;
const EXPLORERS = 2;

/** Faults that need a Redis which hubs use. */
const isOfRedis = ({ name }: FaultKind): boolean => /redis|hints/i.test(name);

/** Runs hubs, sources, consumers and faults for a time, lets everything come to rest, and answers what was recorded. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const begun = performance.now();
  const redis = hasRedis(options);
  const cluster = await Cluster.start({ ...options.hubArguments, redis }, options.begin);
  const { logId, head } = await cluster.log();
  const gossip = new Gossip(cluster.redis.url, `tidemark:${logId}`);
  const world: World = { cluster, gossip, sourceClock: new SourceClock() };
  const round = new RunningRound(world, options);
  round.phases.start = performance.now() - begun;
  try {
    const hubs = cluster.hubs.map((hub) => hub.name);
    round.recorder.add({ kind: 'start', seed: options.seed, logId, head, hubs });
    await round.run();
    const output = cluster.hubs.map((hub) => `── ${hub.name}\n${hub.output}`).join('\n');
    const { recorder, violations, phases } = round;
    return { seed: options.seed, history: recorder.entries, violations, output, phases };
  } finally {
    round.abandon();
    gossip.close();
    await cluster.dispose();
  }
}

/** The kinds of faults that were asked for. */
const kindsOf = ({ kinds }: RoundOptions): readonly FaultKind[] =>
  FAULT_KINDS.filter(({ name }) => !kinds || kinds.includes(name));

function hasRedis(options: RoundOptions): boolean {
  if (options.redis !== undefined) return options.redis;
  return (
    options.seed % WITHOUT_REDIS !== 0 || (options.kinds !== undefined && kindsOf(options).some(isOfRedis))
  );
}

class RunningRound {
  readonly recorder = new Recorder();
  readonly violations: Violation[] = [];
  readonly phases: Record<Phase, number> = {
    ...{ start: 0, faults: 0, ready: 0, calls: 0, drain: 0, rejections: 0 },
  };
  readonly #producers: readonly Producer[];
  readonly #profiles: readonly Profile[];
  readonly #consumers: readonly Consumer[];
  readonly #intruder: Intruder;
  readonly #explorers: readonly Explorer[];
  readonly #memory: MemorySampler;
  readonly #adversary: Adversary;

  constructor(
    readonly world: World,
    readonly options: RoundOptions,
  ) {
    const { seed } = options;
    const { recorder } = this;
    const { cluster, sourceClock: clock } = world;
    const shared = { recorder, seed, hubs: cluster.hubs };
    this.#producers = PRODUCERS.map(
      (source, n) =>
        new Producer({
          ...{ ...shared, name: `${source} ${n + 1}`, source, clock, salt: 100 + n, pause: PAUSE },
          swells: n === 0,
        }),
    );
    this.#profiles = profilesOf(seed);
    const { hubs } = cluster;
    this.#intruder = new Intruder({ profiles: this.#profiles, hubs, recorder, dice: new Dice(300, seed) });
    this.#consumers = this.#makeConsumers();
    this.#explorers = Array.from(
      { length: EXPLORERS },
      (_none, n) =>
        new Explorer(hubs, new Dice(310 + n, seed), (found) => this.#found('not asked for', found)),
    );
    this.#memory = new MemorySampler(hubs, recorder);
    this.#adversary = this.#makeAdversary();
  }

  #makeConsumers(): Consumer[] {
    const { cluster } = this.world;
    const interner = new Interner();
    let connections = 0;
    const shared = {
      recorder: this.recorder,
      seed: this.options.seed,
      hubs: cluster.hubs,
      interner,
      nextConnection: () => (connections += 1),
      onReceived: this.#intruder.received.bind(this.#intruder),
      onAnswered: this.#intruder.answered.bind(this.#intruder),
    };
    return this.#profiles.map((profile, n) => new Consumer({ ...shared, profile, salt: 200 + n }));
  }

  get #settleMs(): number {
    return this.options.settleMs ?? SETTLE_MS;
  }

  async run(): Promise<void> {
    const { minutes } = this.options;
    const producing = Promise.all(this.#producers.map((producer) => producer.run()));
    await sleep(HEAD_START_MS);
    const consuming = Promise.all(this.#consumers.map((consumer) => consumer.run()));
    const background = Promise.all(
      [this.#intruder, this.#memory, ...this.#explorers].map((one) => one.run()),
    );
    await this.#timed('faults', this.#adversary.run(performance.now() + minutes * 60_000));
    await this.#timed('ready', this.#expectReady());
    // Nothing follows the last changes that would tell of them: they must be found without.
    const dropping = this.#adversary.last('drop hints', LAST_DROP_MS);
    for (const producer of this.#producers) producer.stop(performance.now() + this.#settleMs);
    this.#intruder.stop();
    const answered = await this.#timed('calls', producing);
    await dropping;
    if (answered.includes(false))
      this.#found('fault not undone', 'A call was not answered after all faults were over.');
    await this.#timed('drain', this.#drain());
    await this.#timed('rejections', this.#settleRejections());
    for (const one of [...this.#consumers, ...this.#explorers, this.#memory]) one.stop();
    await Promise.all([consuming, background]);
    await this.#readFinalState();
    for (const { hub, how, output } of this.world.cluster.crashes) {
      this.#found('hub ended by itself', `${hub} ended (${how}): ${lastWords(output)}`);
    }
  }

  /** Ends what is still under way, after a failure. */
  abandon(): void {
    for (const producer of this.#producers) producer.stop(0);
    for (const one of [...this.#consumers, ...this.#explorers, this.#intruder, this.#memory]) one.stop();
  }

  #makeAdversary(): Adversary {
    const { minutes, seed } = this.options;
    const short = minutes < SHORT_MINUTES;
    // Without those of Redis the rest would come thicker.
    const fewer = hasRedis(this.options) ? 0 : 1;
    return new Adversary(this.world, {
      dice: new Dice(1, seed),
      recorder: this.recorder,
      kinds: kindsOf(this.options).filter((kind) => hasRedis(this.options) || !isOfRedis(kind)),
      atOnce: (short ? 4 : 3) - fewer,
      gap: short ? [50, 700] : [200, 3_000],
      longest: short ? 2_500 : 12_000,
      onFailed: (kind, error) => this.#found('fault not undone', `${kind}: ${String(error)}`),
    });
  }

  async #expectReady(): Promise<void> {
    await this.world.cluster.ready().catch((error: unknown) => {
      this.#found('fault not undone', error instanceof Error ? error.message : String(error));
    });
  }

  /** Waits until every consumer has come to the end of the log; who does not is left as it is. */
  async #drain(): Promise<void> {
    for (const consumer of this.#consumers) consumer.drain();
    const areAtEnd = async (): Promise<boolean> => {
      // Who redrives still publishes, so the end moves on.
      const { head } = await this.world.cluster.log();
      return this.#consumers.every((consumer) => consumer.isAt(head));
    };
    await eventually(areAtEnd, {
      ...{ what: 'all consumers to come to the end', timeoutMs: this.#settleMs, intervalMs: 100 },
    }).catch(() => undefined);
  }

  async #settleRejections(): Promise<void> {
    const subscribing = this.#profiles.filter(({ habits }) => !habits.neverSubscribes);
    const isSettled = async (): Promise<boolean> => {
      const waiting = await this.world.cluster.withWaitingRejections();
      return subscribing.every(({ name }) => !waiting.has(name));
    };
    await eventually(isSettled, {
      ...{ what: 'all that was rejected to be settled', timeoutMs: this.#settleMs, intervalMs: 200 },
    }).catch(() => undefined);
  }

  async #timed<T>(phase: Phase, work: Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work;
    this.phases[phase] = performance.now() - begun;
    return result;
  }

  async #readFinalState(): Promise<void> {
    const { hubs } = this.world.cluster;
    const [first] = hubs;
    if (!first) throw new Error('There is no hub.');
    const copies = this.#consumers.flatMap(({ name, copy }) =>
      copy ? [{ consumer: name, entities: copy }] : [],
    );
    this.recorder.add({
      ...{
        kind: 'final',
        hubs: await Promise.all(hubs.map(hubState)),
        consumers: await consumerStates(first, (name) => this.#maxAttemptsOf(name)),
        copies,
      },
    });
  }

  #maxAttemptsOf(name: string): number {
    return this.#profiles.find((profile) => profile.name === name)?.maxAttempts ?? MAX_ATTEMPTS;
  }

  #found(invariant: Violation['invariant'], sentence: string): void {
    this.violations.push({ invariant, sentence, at: this.recorder.now() });
  }
}

/** What a hub wrote as it crashed, which is no line of its log. */
const lastWords = (output: string): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('{'))
    .slice(-25)
    .join('\n');
