/**
 * A hub that keeps every promise, in memory and in virtual time, and sources and consumers that give it trouble: it makes
 * histories in which nothing is wrong. A test doctors them to see that the checker finds what it was told to find.
 */
import { CursorCodec } from '../../../src/model/cursor.js';
import { Dice } from '../../promises/support/dice.js';
import type {
  BatchEntry,
  ChangeRecord,
  DeliveredChange,
  EntityRecord,
  Filter,
  HistoryEntry,
  Outcome,
  PublishedResult,
  PublishEntry,
  SentChange,
  StartAt,
  SubscribeEntry,
  Unstamped,
} from '../history.js';
import { scopeInSnapshot, scopeUnder } from './filter.js';
import { merged, same } from './json.js';
import { entityName } from './model.js';
import { pointAt } from '../../contract/support/parts.js';

const LOG_ID = '7f3c2a10-0000-4000-8000-000000000000';
const HUBS = ['a', 'b', 'c'];

interface Session {
  readonly subscribe: SubscribeEntry;
  readonly session: string;
  place: number;
  /** Places out and not acknowledged. */
  out: number[];
  newest: BatchEntry | null;
}

interface SimulatedConsumer {
  readonly name: string;
  readonly filter: Filter | null;
  readonly startAt: StartAt;
  place: number;
  snapshotUntil: number;
  epoch: number;
  seeks: number;
  made: boolean;
  live: Session | null;
  readonly copy: Map<string, EntityRecord>;
}

const NAMES: readonly (readonly [string, Filter | null, StartAt])[] = [
  ['all', null, 'EARLIEST'],
  ['late', { collections: ['orders'] }, 'LATEST'],
  ['paid', { where: [{ field: 'paid', eq: true }] }, 'EARLIEST'],
  ['copy', { where: [{ field: 'n', gte: 3 }] }, 'SNAPSHOT'],
  ['copy of some', { where: [{ field: 'paid', eq: true }], changedFields: ['n'] }, 'SNAPSHOT'],
];

export interface SimulationOptions {
  readonly seed: number;
  readonly steps?: number;
  /** The position before the run. Default 0. */
  readonly base?: bigint;
}

/** A history of a hub without a fault; the same options always give the same one, for one TEST_SEED. */
export const simulate = (options: SimulationOptions): HistoryEntry[] => new Simulation(options).run();

class Simulation {
  readonly #dice: Dice;
  readonly #codec = new CursorCodec(LOG_ID);
  readonly #entries: HistoryEntry[] = [];
  readonly #log: ChangeRecord[] = [];
  readonly #entities = new Map<string, ChangeRecord>();
  readonly #consumers: SimulatedConsumer[];
  readonly #waiting: PublishEntry[] = [];
  #clock = 0;
  #calls = 0;
  #connections = 0;

  constructor(readonly options: SimulationOptions) {
    this.#dice = new Dice(options.seed);
    this.#consumers = NAMES.map(([name, filter, startAt]) => ({
      ...{ name, filter, startAt, place: 0, snapshotUntil: 0, epoch: 0, seeks: 0, made: false, live: null },
      copy: new Map(),
    }));
  }

  run(): HistoryEntry[] {
    this.#add({ kind: 'start', seed: this.options.seed, logId: LOG_ID, head: this.#cursor(0), hubs: HUBS });
    for (let step = 0; step < (this.options.steps ?? 300); step += 1) this.#step();
    while (this.#waiting.length > 0) this.#retry();
    for (const consumer of this.#consumers) this.#drain(consumer);
    this.#finish();
    return this.#entries;
  }

  #step(): void {
    const dice = this.#dice;
    const consumer = dice.pick(this.#consumers);
    const roll = dice.next();
    if (roll < 0.25) this.#publish();
    else if (roll < 0.3) this.#retry();
    else if (roll < 0.4) this.#connect(consumer);
    else if (roll < 0.7) this.#deliver(consumer);
    else if (roll < 0.9) this.#acknowledge(consumer);
    else if (roll < 0.93) this.#disconnect(consumer);
    else if (roll < 0.94) this.#seek(consumer);
    else
      this.#add({ kind: 'fault', fault: 'kill hub', target: 'a', startedAt: this.#clock, effect: 'exited' });
  }

  #now(): number {
    this.#clock += 1;
    return this.#clock;
  }

  #add(entry: Unstamped): void {
    this.#entries.push({ at: this.#now(), ...entry });
  }

  #cursor(place: number): string {
    return this.#codec.encode(pointAt((this.options.base ?? 0n) + BigInt(place)));
  }

  #call(): { invokedAt: number; hub: string } {
    return { invokedAt: this.#now(), hub: this.#dice.pick(HUBS) };
  }

  // ── producers ──

  #publish(): void {
    const dice = this.#dice;
    const call = (this.#calls += 1);
    const changes = Array.from({ length: dice.between(1, 4) }, (_none, i) =>
      this.#change(`${this.options.seed}-${call}-${i}`),
    );
    this.#send({ producer: 'p', source: 'crm', call, atomic: dice.chance(0.3), changes });
  }

  #change(sourceId: string): SentChange {
    const dice = this.#dice;
    const to = { collection: dice.pick(['orders', 'parts']), key: `k${dice.between(0, 5)}`, sourceId };
    const expectedVersion = dice.chance(0.2) ? dice.between(0, 3) : null;
    const write = dice.pick(['UPSERT', 'UPSERT', 'PATCH', 'DELETE'] as const);
    const data = write === 'DELETE' ? null : { n: dice.between(0, 5), paid: dice.chance(0.5) };
    return { ...to, write, data, expectedVersion };
  }

  /** What no answer came to is sent again, by and by. */
  #retry(): void {
    const entry = this.#waiting.shift();
    if (entry) this.#send(entry);
  }

  #send(sent: Pick<PublishEntry, 'producer' | 'source' | 'call' | 'atomic' | 'changes'>): void {
    const { producer, source, call, atomic, changes } = sent;
    const asked = this.#call();
    const roll = this.#dice.next();
    const results = roll < 0.8 ? this.#record(source, changes, atomic) : null;
    const outcome: PublishEntry['outcome'] =
      results && roll < 0.7
        ? { kind: 'ok', value: { cursor: this.#cursor(this.#log.length), results } }
        : roll < 0.9
          ? { kind: 'unknown', why: 'timeout' }
          : { kind: 'fail', code: 'LOG_UNAVAILABLE', retryable: true };
    const entry = { kind: 'publish' as const, ...asked, producer, source, call, atomic, changes, outcome };
    this.#add(entry);
    if (outcome.kind !== 'ok') {
      // Now and then a source gives up.
      if (this.#dice.chance(0.8)) this.#waiting.push({ at: this.#clock, ...entry });
      return;
    }
    const [change] = changes;
    if (change) this.#read(change, outcome.value.cursor);
  }

  #read({ collection, key }: SentChange, atLeast: string): void {
    const newest = this.#entities.get(entityName({ collection, key }));
    const data = newest?.after;
    const value = data ? { version: newest.version, cursor: newest.cursor, data } : null;
    const outcome: Outcome<typeof value> = { kind: 'ok', value };
    this.#add({ kind: 'read', ...this.#call(), producer: 'p', collection, key, atLeast, outcome });
  }

  #record(source: string, changes: readonly SentChange[], atomic: boolean): PublishedResult[] {
    const before = { length: this.#log.length, entities: new Map(this.#entities) };
    const results = changes.map((change) => this.#apply(source, change));
    if (!atomic || results.every((result) => result.outcome !== 'CONFLICT')) return results;
    this.#log.length = before.length;
    this.#entities.clear();
    for (const [name, change] of before.entities) this.#entities.set(name, change);
    return results.map((result) =>
      result.outcome === 'CONFLICT' || (result.outcome === 'DUPLICATE' && result.cursor)
        ? result
        : NOTHING('ABORTED'),
    );
  }

  #apply(source: string, change: SentChange): PublishedResult {
    const earlier = this.#log.find((one) => one.source === source && one.sourceId === change.sourceId);
    if (earlier) return { ...earlier, outcome: 'DUPLICATE' };
    const { collection, key, sourceId, expectedVersion } = change;
    const current = this.#entities.get(entityName(change));
    const before = current?.after ?? null;
    const version = before ? (current?.version ?? 0) : 0;
    if (expectedVersion !== null && expectedVersion !== version) return NOTHING('CONFLICT');
    const after = change.write === 'PATCH' ? merged(before, change.data ?? {}) : change.data;
    if (same(before, after)) return NOTHING('UNCHANGED');
    const names = Object.keys({ ...before, ...after });
    const record: ChangeRecord = {
      ...{ cursor: this.#cursor(this.#log.length + 1), sourceId, collection, key, before, after, source },
      operation: before === null ? 'CREATE' : after === null ? 'DELETE' : 'UPDATE',
      version: (current?.version ?? 0) + 1,
      changedFields: names.filter((name) => !same(before?.[name], after?.[name])),
      recordedAt: new Date(1_700_000_000_000 + Math.floor(this.#clock / 3)).toISOString(),
    };
    this.#log.push(record);
    this.#entities.set(entityName(change), record);
    return { ...record, outcome: 'APPLIED' };
  }

  // ── consumers ──

  #connect(consumer: SimulatedConsumer): void {
    const { name, filter, startAt } = consumer;
    if (!consumer.made) {
      consumer.made = true;
      consumer.place = startAt === 'LATEST' ? this.#log.length : 0;
      consumer.snapshotUntil = startAt === 'SNAPSHOT' ? this.#log.length : 0;
    }
    const taken = consumer.live;
    const subscribe = {
      ...{
        kind: 'subscribe' as const,
        consumer: name,
        connection: (this.#connections += 1),
        startAt,
        filter,
      },
      ...{
        hub: this.#dice.pick(HUBS),
        batchSize: this.#dice.between(1, 10),
        maxInFlight: this.#dice.between(5, 30),
      },
    };
    this.#add(subscribe);
    consumer.epoch += 1;
    this.#begin(consumer, { at: this.#clock, ...subscribe });
    if (taken) this.#end(consumer, taken, 'CONSUMER_TAKEN_OVER');
    if (taken?.newest && this.#dice.chance(0.5)) this.#acknowledgeStale(consumer, taken.newest);
  }

  #begin(consumer: SimulatedConsumer, subscribe: SubscribeEntry): void {
    const session = `${consumer.epoch}.${consumer.seeks}`;
    consumer.live = { subscribe, session, place: consumer.place, out: [], newest: null };
    this.#batch(consumer, consumer.live, []);
  }

  #end(consumer: SimulatedConsumer, session: Session, code: string | null): void {
    const { connection } = session.subscribe;
    const by = code === null ? 'socket' : 'hub';
    this.#add({ kind: 'ended', consumer: consumer.name, connection, by, code, closeCode: null, reason: '' });
  }

  #disconnect(consumer: SimulatedConsumer): void {
    if (consumer.live) this.#end(consumer, consumer.live, null);
    consumer.live = null;
  }

  #deliver(consumer: SimulatedConsumer): void {
    const { live } = consumer;
    if (!live) return;
    const room = Math.min(live.subscribe.batchSize, live.subscribe.maxInFlight - live.out.length);
    const changes: DeliveredChange[] = [];
    while (live.place < this.#log.length && changes.length < room) {
      live.place += 1;
      const change = this.#log[live.place - 1];
      const scope = change && this.#scope(consumer, change, live.place);
      if (scope) changes.push({ ...change, scope });
    }
    if (room > 0) this.#batch(consumer, live, changes);
  }

  #scope(consumer: SimulatedConsumer, change: ChangeRecord, place: number): DeliveredChange['scope'] | null {
    const filter = consumer.filter ?? {};
    if (place > consumer.snapshotUntil) return scopeUnder(filter, change);
    const isReplaced = this.#log
      .slice(place, consumer.snapshotUntil)
      .some((later) => entityName(later) === entityName(change));
    return !isReplaced && change.after ? scopeInSnapshot(filter, change) : null;
  }

  #batch(consumer: SimulatedConsumer, live: Session, changes: readonly DeliveredChange[]): void {
    const first = live.place - changes.length;
    live.out.push(...changes.map((_change, i) => first + i));
    for (const { collection, key, version, after, scope } of changes) {
      if (after === null || scope === 'LEFT') consumer.copy.delete(entityName({ collection, key }));
      else consumer.copy.set(entityName({ collection, key }), { collection, key, version, data: after });
    }
    const to = { consumer: consumer.name, connection: live.subscribe.connection, session: live.session };
    const cursor = this.#cursor(live.place);
    const entry = {
      kind: 'batch' as const,
      ...to,
      cursor,
      attempt: 1,
      head: this.#cursor(this.#log.length),
      changes,
    };
    this.#add(entry);
    live.newest = { at: this.#clock, ...entry };
  }

  #acknowledge(consumer: SimulatedConsumer, surely = false): void {
    const batch = consumer.live?.newest;
    if (!batch || !consumer.live) return;
    const roll = surely ? 0 : this.#dice.next();
    const asked = this.#call();
    if (roll < 0.9) {
      consumer.place = Math.max(consumer.place, this.#place(batch.cursor));
      consumer.live.out = [];
    }
    const outcome: Outcome<{ cursor: string }> =
      roll < 0.8
        ? { kind: 'ok', value: { cursor: this.#cursor(consumer.place) } }
        : { kind: 'unknown', why: 'timeout' };
    this.#addAcknowledge(asked, batch, outcome);
  }

  #acknowledgeStale(consumer: SimulatedConsumer, batch: BatchEntry): void {
    const fail = { kind: 'fail' as const, code: 'CONSUMER_TAKEN_OVER', retryable: false };
    if (consumer.live) this.#addAcknowledge(this.#call(), batch, fail);
  }

  #addAcknowledge(
    asked: { invokedAt: number; hub: string },
    { consumer, connection, cursor, session, attempt }: BatchEntry,
    outcome: Outcome<{ cursor: string }>,
  ): void {
    this.#add({ kind: 'acknowledge', ...asked, consumer, connection, cursor, session, attempt, outcome });
  }

  #seek(consumer: SimulatedConsumer): void {
    if (!consumer.made || consumer.startAt === 'SNAPSHOT') return;
    const asked = this.#call();
    const place = this.#dice.between(0, this.#log.length);
    consumer.place = place;
    consumer.seeks += 1;
    const cursor = this.#cursor(place);
    const outcome = { kind: 'ok' as const, value: { cursor } };
    this.#add({ kind: 'seek', ...asked, consumer: consumer.name, to: 'CURSOR', cursor, time: null, outcome });
    if (consumer.live) this.#begin(consumer, consumer.live.subscribe);
  }

  #place(cursor: string): number {
    return Number(this.#codec.decode(cursor, 'cursor').position - (this.options.base ?? 0n));
  }

  #drain(consumer: SimulatedConsumer): void {
    if (!consumer.live) this.#connect(consumer);
    while (consumer.place < this.#log.length) {
      this.#deliver(consumer);
      this.#acknowledge(consumer, true);
    }
  }

  #finish(): void {
    const entities = [...this.#entities.values()].flatMap(({ collection, key, version, after, cursor }) =>
      after ? [{ collection, key, version, data: after, cursor }] : [],
    );
    const head = this.#cursor(this.#log.length);
    const state = { logId: LOG_ID, head, changeCount: this.#log.length, log: this.#log, entities };
    this.#add({
      kind: 'final',
      hubs: HUBS.map((hub) => ({ hub, ...state })),
      consumers: this.#consumers.map(({ name, place }) => ({
        ...{ name, cursor: this.#cursor(place), lag: this.#log.length - place },
        ...{ deadLetters: [], maxAttempts: 5 },
      })),
      copies: this.#consumers
        .filter(({ startAt }) => startAt === 'SNAPSHOT')
        .map(({ name, copy }) => ({ consumer: name, entities: [...copy.values()] })),
    });
  }
}

const NOTHING = (outcome: PublishedResult['outcome']): PublishedResult => ({
  ...{ outcome, cursor: null, version: null, operation: null },
});
