import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../../promises/support/dice.js';
import { eventually } from '../../support/wait.js';
import type { Violation } from '../checker/check.js';
import type { HistoryEntry } from '../history.js';
import { Recorder } from '../history.js';
import { Adversary, FAULT_KINDS } from './adversary.js';
import { Cluster } from './cluster.js';
import type { HubArguments } from './cluster.js';
import { Consumer } from './consumer.js';
import type { World } from './fault.js';
import { consumerStates, hubState } from './final-state.js';
import { Gossip } from './gossip.js';
import { Interner } from './interner.js';
import { Producer } from './producer.js';
import { PROFILES } from './profiles.js';
import { SourceClock } from './source-clock.js';

export interface RoundOptions {
  /** Decides what is sent, what goes wrong, where and for how long. */
  readonly seed: number;
  /** How long faults are injected. */
  readonly minutes: number;
  /** Names of kinds of faults; absent: all. */
  readonly kinds?: readonly string[];
  readonly hubArguments?: HubArguments;
}

export interface Round {
  readonly seed: number;
  readonly history: readonly HistoryEntry[];
  /** What the round itself found, before the history is checked: hubs that crashed, faults that left something behind. */
  readonly violations: readonly Violation[];
  /** What the hubs wrote. */
  readonly output: string;
}

/** Sources and the producers that speak for them. */
const PRODUCERS = ['crm', 'crm', 'erp', 'erp', 'shop', 'shop'] as const;
const PAUSE: readonly [number, number] = [20, 150];
/** Something is in the log when consumers begin. */
const HEAD_START_MS = 1_000;
/** Faults of a short round are short, so that all kinds have their turn. */
const SHORT_MINUTES = 1;
/** What may take its time once all faults are over, in milliseconds. */
const SETTLE_MS = 60_000;

/** Runs hubs, sources, consumers and faults for a time, lets everything come to rest, and answers what was recorded. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const cluster = await Cluster.start(options.hubArguments);
  const { logId, head } = await cluster.log();
  const gossip = new Gossip(cluster.redis.url, `tidemark:${logId}`);
  const world: World = { cluster, gossip, sourceClock: new SourceClock() };
  const round = new RunningRound(world, options);
  try {
    const hubs = cluster.hubs.map((hub) => hub.name);
    round.recorder.add({ kind: 'start', seed: options.seed, logId, head, hubs });
    await round.run();
    const output = cluster.hubs.map((hub) => `── ${hub.name}\n${hub.output}`).join('\n');
    return { seed: options.seed, history: round.recorder.entries, violations: round.violations, output };
  } finally {
    round.abandon();
    gossip.close();
    await cluster.dispose();
  }
}

class RunningRound {
  readonly recorder = new Recorder();
  readonly violations: Violation[] = [];
  readonly #producers: readonly Producer[];
  readonly #consumers: readonly Consumer[];
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
        new Producer({ ...shared, name: `${source} ${n + 1}`, source, clock, salt: 100 + n, pause: PAUSE }),
    );
    let connections = 0;
    const nextConnection = (): number => (connections += 1);
    const interner = new Interner();
    this.#consumers = PROFILES.map(
      (profile, n) => new Consumer({ ...shared, profile, interner, nextConnection, salt: 200 + n }),
    );
    this.#adversary = this.#makeAdversary();
  }

  async run(): Promise<void> {
    const { minutes } = this.options;
    const producing = Promise.all(this.#producers.map((producer) => producer.run()));
    await sleep(HEAD_START_MS);
    const consuming = Promise.all(this.#consumers.map((consumer) => consumer.run()));
    await this.#adversary.run(performance.now() + minutes * 60_000);
    await this.#expectReady();
    for (const producer of this.#producers) producer.stop(performance.now() + SETTLE_MS);
    const answered = await producing;
    if (answered.includes(false))
      this.#found('fault not undone', 'A call was not answered after all faults were over.');
    await this.#drain();
    for (const consumer of this.#consumers) consumer.stop();
    await consuming;
    await this.#readFinalState();
    for (const { hub, how, output } of this.world.cluster.crashes) {
      this.#found('hub ended by itself', `${hub} ended (${how}):\n${output}`);
    }
  }

  /** Ends what is still under way, after a failure. */
  abandon(): void {
    for (const producer of this.#producers) producer.stop(0);
    for (const consumer of this.#consumers) consumer.stop();
  }

  #makeAdversary(): Adversary {
    const { minutes, seed, kinds } = this.options;
    const short = minutes < SHORT_MINUTES;
    return new Adversary(this.world, {
      dice: new Dice(1, seed),
      recorder: this.recorder,
      kinds: FAULT_KINDS.filter((kind) => !kinds || kinds.includes(kind.name)),
      atOnce: short ? 4 : 3,
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
    const { head } = await this.world.cluster.log();
    for (const consumer of this.#consumers) consumer.drain();
    await eventually(() => this.#consumers.every((consumer) => consumer.isAt(head)), {
      ...{ what: 'all consumers to come to the end', timeoutMs: SETTLE_MS, intervalMs: 100 },
    }).catch(() => undefined);
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
        consumers: await consumerStates(first),
        copies,
      },
    });
  }

  #found(invariant: Violation['invariant'], sentence: string): void {
    this.violations.push({ invariant, sentence, at: this.recorder.now() });
  }
}
