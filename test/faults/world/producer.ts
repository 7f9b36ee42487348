import { setTimeout as sleep } from 'node:timers/promises';
import { Dice } from '../../promises/support/dice.js';
import type { PublishedResult, PublishEntry, SentChange } from '../history.js';
import type { Recorder } from '../recording.js';
import { shrunk } from '../recording.js';
import { call, mapOutcome } from './call.js';
import type { Hub } from './hub.js';
import type { SourceClock } from './source-clock.js';

export const PUBLISH = `mutation ($source: String!, $changes: [ChangeInput!]!, $atomic: Boolean!) {
  publish(source: $source, changes: $changes, atomic: $atomic) {
    cursor results { outcome change { cursor version operation } }
  }
}`;
const READ = `query ($collection: String!, $key: ID!, $atLeast: Cursor!) {
  entity(collection: $collection, key: $key, atLeast: $atLeast) { version cursor data }
}`;

/** What `PUBLISH` answers. */
export interface Published {
  readonly publish: {
    readonly cursor: string;
    readonly results: readonly {
      readonly outcome: PublishedResult['outcome'];
      readonly change: Omit<PublishedResult, 'outcome'> | null;
    }[];
  };
}

interface Read {
  readonly entity: {
    readonly version: number;
    readonly cursor: string;
    readonly data: Record<string, unknown>;
  } | null;
}

type Outcome = PublishEntry['outcome'];

/** The answer of `PUBLISH` as it is recorded. */
export const resultsOf = ({
  publish: { cursor, results },
}: Published): Extract<Outcome, { kind: 'ok' }>['value'] => ({
  cursor,
  results: results.map((result) => ({
    outcome: result.outcome,
    ...(result.change ?? { cursor: null, version: null, operation: null }),
  })),
});

/** What a producer wants recorded; its number stays the same over all tries. */
interface Batch {
  readonly call: number;
  readonly atomic: boolean;
  readonly changes: readonly SentChange[];
}

export const COLLECTIONS = ['orders', 'parts', 'bins'] as const;
/** The collection of large entities. */
export const BLOBS = 'blobs';
/** Few, so that entities change often and producers get in each other's way. */
const KEYS = 12;
const STATUSES = ['open', 'held', 'closed'] as const;

const LARGE_KEYS = 4;
/** Of changes: that one is of a large entity. */
const LARGE = 0.03;
/** Of calls: that one is of many small patches of one large entity, each of which makes a large change. */
const PATCHES = 0.004;
const PATCHES_PER_CALL = 10;
/** One call of each round is of so many, of an entity of the largest size: little is sent, and much is made of it. */
const MOST_PATCHES = 60;
/** The call, of the producer that makes it: some seconds into the round. */
const MOST_PATCHES_AT = 40;
/** Bytes of the data of a large change, as JSON; the largest is the hub's limit. */
const LARGEST = 262_144;
const SIZES = [1_000, 20_000, 60_000, 120_000, LARGEST] as const;

export interface ProducerOptions {
  readonly name: string;
  readonly source: string;
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly clock: SourceClock;
  readonly seed: number;
  readonly salt: number;
  /** Between two calls, in milliseconds. */
  readonly pause: readonly [least: number, most: number];
  /** Whether it makes the one call of which much is made. */
  readonly swells: boolean;
}

/**
 * A source that publishes small batches under sourceIds of its own. A call without an answer, or that was refused for now, is
 * sent again with the same sourceIds at another hub until it is answered.
 */
export class Producer {
  /** Decides what is sent: the same for a seed, however often it has to be sent. */
  readonly #dice: Dice;
  /** Decides where and when it is sent again. */
  readonly #retryDice: Dice;
  readonly #known = new Map<string, number>();
  #home: Hub;
  #calls = 0;
  #stopped = false;
  #giveUpAt = Number.POSITIVE_INFINITY;
  #earlier: Batch[] = [];

  constructor(readonly options: ProducerOptions) {
    this.#dice = new Dice(options.salt, options.seed);
    this.#retryDice = new Dice(options.salt + 1_000, options.seed);
    this.#home = this.#retryDice.pick(options.hubs);
  }

  /** Publishes until it is told to stop; answers whether its last call was answered. */
  async run(): Promise<boolean> {
    let answered = true;
    while (!this.#stopped) {
      answered = await this.#publish(this.#next());
      await sleep(this.#dice.between(...this.options.pause));
    }
    return answered;
  }

  /** The call under way is finished, and tried again until the time given at most. */
  stop(giveUpAt: number): void {
    this.#stopped = true;
    this.#giveUpAt = giveUpAt;
  }

  /** What is sent next: mostly something new, now and then an earlier call once more. */
  #next(): Batch {
    const again = this.#dice.chance(0.03);
    const earlier = this.#dice.next();
    const batch = this.#newBatch();
    if (again && this.#earlier.length > 0) {
      return this.#earlier[Math.floor(earlier * this.#earlier.length)] ?? batch;
    }
    this.#earlier = [...this.#earlier.slice(-19), batch];
    return batch;
  }

  #newBatch(): Batch {
    const dice = this.#dice;
    this.#calls += 1;
    if (this.options.swells && this.#calls === MOST_PATCHES_AT) return this.#patches(MOST_PATCHES);
    if (dice.chance(PATCHES)) return this.#patches(PATCHES_PER_CALL);
    const size = dice.chance(0.5) ? 1 : dice.between(2, 5);
    const changes = Array.from({ length: size }, (_none, i) => {
      const number = `${this.#calls}-${i}`;
      return dice.chance(LARGE) ? this.#largeChange(number) : this.#newChange(number);
    });
    return { call: this.#calls, atomic: dice.chance(0.2), changes };
  }

  #newChange(number: string): SentChange {
    const dice = this.#dice;
    const collection = dice.pick(COLLECTIONS);
    const key = `k${dice.between(0, KEYS - 1)}`;
    const roll = dice.next();
    const write = roll < 0.5 ? 'UPSERT' : roll < 0.85 ? 'PATCH' : 'DELETE';
    const data = {
      status: dice.pick(STATUSES),
      amount: dice.between(0, 9),
      note: `${this.options.name} ${number}`,
    };
    const part = dice.pick([
      { status: data.status },
      { amount: data.amount },
      { note: null, amount: data.amount },
    ]);
    const guarded = dice.chance(0.15);
    const timed = dice.chance(0.5);
    return {
      ...{ collection, key, write },
      data: write === 'UPSERT' ? data : write === 'PATCH' ? part : null,
      sourceId: `${this.options.name}-${number}`,
      expectedVersion: guarded ? (this.#known.get(`${collection}/${key}`) ?? 0) : null,
      ...(timed ? { occurredAt: this.options.clock.now() } : {}),
    };
  }

  /** A change of a large entity: all of it, or a part that leaves it large. */
  #largeChange(number: string): SentChange {
    const dice = this.#dice;
    const key = `k${dice.between(0, LARGE_KEYS - 1)}`;
    const size = dice.pick(SIZES);
    return dice.chance(0.3) ? this.#smallPatch(key, number) : this.#wholeOf(key, number, size);
  }

  #wholeOf(key: string, number: string, size: number): SentChange {
    const dice = this.#dice;
    const sourceId = `${this.options.name}-${number}`;
    const data = { status: dice.pick(STATUSES), amount: dice.between(0, 9), note: sourceId, blob: '' };
    const letter = String.fromCharCode(97 + dice.between(0, 25));
    const blob = letter.repeat(size - JSON.stringify(data).length);
    return {
      collection: BLOBS,
      key,
      write: 'UPSERT',
      data: { ...data, blob },
      sourceId,
      expectedVersion: null,
    };
  }

  #smallPatch(key: string, number: string): SentChange {
    const sourceId = `${this.options.name}-${number}`;
    return {
      collection: BLOBS,
      key,
      write: 'PATCH',
      data: { note: sourceId },
      sourceId,
      expectedVersion: null,
    };
  }

  /** A large entity, and many small patches of it, each of which makes a large change. */
  #patches(count: number): Batch {
    const key = `k${this.#dice.between(0, LARGE_KEYS - 1)}`;
    const whole = this.#wholeOf(key, `${this.#calls}-0`, LARGEST);
    const patches = Array.from({ length: count }, (_none, i) =>
      this.#smallPatch(key, `${this.#calls}-${i + 1}`),
    );
    return { call: this.#calls, atomic: false, changes: [whole, ...patches] };
  }

  /** Sends a call until it is answered; false where it was given up. */
  async #publish(batch: Batch): Promise<boolean> {
    const { hubs } = this.options;
    const twice = this.#dice.chance(0.08);
    const reads = this.#dice.chance(0.15);
    for (;;) {
      const targets = [this.#home, ...(twice ? [this.#elsewhere()] : [])];
      const outcomes = await Promise.all(targets.map((hub) => this.#send(hub, batch)));
      const ok = outcomes.find((outcome) => outcome.kind === 'ok');
      if (ok) {
        this.#learn(batch, ok.value.results);
        if (reads) await this.#readBack(batch, ok.value.cursor);
        return true;
      }
      // What is refused for good would be refused for ever.
      if (outcomes.some((outcome) => outcome.kind === 'fail' && !outcome.retryable)) return true;
      if (performance.now() > this.#giveUpAt) return false;
      this.#home = this.#retryDice.pick(hubs);
      await sleep(this.#retryDice.between(20, 300));
    }
  }

  async #send(hub: Hub, { call: number, atomic, changes }: Batch): Promise<Outcome> {
    const { name, source, recorder } = this.options;
    const invokedAt = recorder.now();
    const answer = await call<Published>(hub.url, PUBLISH, { source, changes, atomic });
    const outcome = mapOutcome(answer, resultsOf);
    recorder.add({
      kind: 'publish',
      producer: name,
      source,
      call: number,
      hub: hub.name,
      invokedAt,
      atomic,
      changes: shrunk(changes),
      outcome,
    });
    return outcome;
  }

  /** Reads one of the entities that were written, at another hub. */
  async #readBack(batch: Batch, atLeast: string): Promise<void> {
    const { name, recorder } = this.options;
    const change = batch.changes[0];
    if (!change) return;
    const { collection, key } = change;
    const hub = this.#elsewhere();
    const invokedAt = recorder.now();
    const answer = await call<Read>(hub.url, READ, { collection, key, atLeast });
    const outcome = mapOutcome(answer, ({ entity }) => shrunk(entity));
    recorder.add({
      kind: 'read',
      producer: name,
      hub: hub.name,
      invokedAt,
      collection,
      key,
      atLeast,
      outcome,
    });
  }

  #elsewhere(): Hub {
    return this.#retryDice.pick(this.options.hubs.filter((hub) => hub !== this.#home));
  }

  #learn(batch: Batch, results: readonly PublishedResult[]): void {
    results.forEach(({ version }, i) => {
      const change = batch.changes[i];
      if (change && version !== null) this.#known.set(`${change.collection}/${change.key}`, version);
    });
  }
}
