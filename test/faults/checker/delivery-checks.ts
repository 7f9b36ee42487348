/** What consumers got, held against the log. */
import type { BatchEntry, DeliveredChange } from '../history.js';
import type { Connection, Consumer, Stretch } from './consumers.js';
import { isAside } from './consumers.js';
import type { Verdict } from './invariants.js';
import { same } from './json.js';
import type { Model } from './model.js';
import { quietAfter } from './quiet.js';
import type { Rejections } from './rejections.js';
import { Snapshots } from './snapshots.js';

export function checkDeliveries(
  model: Model,
  consumer: Consumer,
  rejections: Rejections,
  verdict: Verdict,
): void {
  const checker = new DeliveryCheck(model, consumer, rejections, verdict);
  for (const connection of consumer.connections) checker.contents(connection);
  for (const stretch of consumer.stretches) {
    checker.beginning(stretch);
    checker.sequence(stretch);
    if (!consumer.anonymous) checker.window(stretch);
  }
  if (consumer.anonymous) return;
  for (const connection of consumer.connections) checker.paused(connection);
  checker.completeness();
  checker.end();
  checker.oneSession();
}

class DeliveryCheck {
  readonly #snapshots: Snapshots;

  constructor(
    readonly model: Model,
    readonly consumer: Consumer,
    readonly rejections: Rejections,
    readonly verdict: Verdict,
  ) {
    this.#snapshots = new Snapshots(model, consumer, (place, batch) => rejections.mayWait(place, batch.at));
  }

  /** Every change that came, in whichever batch: it is what the log holds, and what the filter asks for. */
  contents(connection: Connection): void {
    for (const batch of connection.batches) {
      if (batch.changes.length > connection.subscribe.batchSize) {
        this.#report('past the window', batch, `a batch of ${batch.changes.length} changes`);
      }
      const stretches = this.consumer.stretches.filter((one) => one.connection === connection);
      for (const change of batch.changes) this.#content(batch, change, stretches);
    }
  }

  /** A stretch begins with an empty batch at the cursor that the consumer had. */
  beginning({ connection, first, previous }: Stretch): void {
    const place = this.model.place(first.cursor);
    if (place === null) return;
    if (first.changes.length > 0) this.#report('out of order', first, 'the first batch is not empty');
    const { consumer } = this;
    if (consumer.anonymous) return this.#look(connection, first, place);
    const least = previous
      ? this.#sought(connection, first)
      : consumer.atLeast(connection.subscribe.at, first.at);
    const most = consumer.atMost(first.at);
    if (place > most) {
      this.#report('resumed too late', first, `it begins at ${place}; the cursor was at ${most} at most`);
    }
    if (place < least) {
      const sentence = Number.isFinite(least)
        ? `it begins at ${place}; the cursor was at ${least} at least`
        : 'the session changed without a seek';
      this.#report('resumed too early', first, sentence);
    }
  }

  /** Each batch goes on where the one before ended, and holds all that matches up to its cursor. */
  sequence(stretch: Stretch): void {
    let reached = this.model.place(stretch.first.cursor);
    for (const batch of stretch.batches) {
      const cursor = this.model.place(batch.cursor);
      if (cursor === null || reached === null) {
        return this.#report('out of order', batch, `${batch.cursor} is no cursor of this log`);
      }
      if (cursor < reached) this.#report('out of order', batch, `cursor ${cursor} behind ${reached}`);
      const places = batch.changes.map((change) => this.model.place(change.cursor) ?? 0);
      this.#order(batch, places, reached, cursor);
      this.#gaps(stretch, batch, new Set(places), reached, cursor);
      reached = Math.max(reached, cursor);
    }
  }

  /** No more is out than the window holds. */
  window(stretch: Stretch): void {
    const { maxInFlight } = stretch.connection.subscribe;
    const acknowledged = this.consumer.acknowledges
      .filter((entry) => entry.outcome.kind !== 'fail' && entry.attempt <= 1)
      .map((entry) => ({ at: entry.invokedAt, place: this.model.place(entry.cursor) ?? 0 }))
      .sort((a, b) => a.at - b.at);
    let out: number[] = [];
    let next = 0;
    let furthest = 0;
    for (const batch of stretch.batches) {
      for (; (acknowledged[next]?.at ?? Infinity) <= batch.at; next += 1) {
        furthest = Math.max(furthest, acknowledged[next]?.place ?? 0);
      }
      out.push(...batch.changes.map((change) => this.model.place(change.cursor) ?? 0));
      if (out.length > maxInFlight) out = out.filter((place) => place > furthest);
      if (out.length > maxInFlight) {
        return this.#report('past the window', batch, `${out.length} changes are out; ${maxInFlight} may be`);
      }
    }
  }

  /**
   * While a consumer was surely paused a session that began meanwhile brings no changes, and its session, whenever it began,
   * none that were published after the pause was answered.
   */
  paused(connection: Connection): void {
    const { pauses, seeks } = this.consumer;
    const { subscribe, batches } = connection;
    for (const pause of pauses) {
      if (pause.kind !== 'pause' || pause.outcome.kind !== 'ok') continue;
      const resumed = pauses.find(
        ({ kind, outcome, at }) =>
          kind === 'resume' &&
          (outcome.kind === 'unknown' || (outcome.kind === 'ok' && at > pause.invokedAt)),
      );
      const remade = seeks.find(({ isRemake, at }) => isRemake && at > pause.invokedAt);
      const until = Math.min(resumed?.invokedAt ?? Infinity, remade?.invokedAt ?? Infinity);
      const meanwhile = batches.filter((batch) => batch.changes.length > 0 && batch.at < until);
      const early = pause.at < subscribe.at ? meanwhile[0] : undefined;
      if (early) this.#report('delivered while paused', early, 'it brings changes');
      const late = meanwhile.find(
        (batch) =>
          this.consumer.isNewest(connection, batch.at) &&
          batch.changes.some(
            ({ cursor }) =>
              this.model.sentAt(this.model.place(cursor) ?? 0) > pause.at && batch.at > pause.at,
          ),
      );
      if (late) this.#report('delivered while paused', late, 'it brings what was published after the pause');
    }
  }

  /** All that matches, from the start to where the consumer is at the end, came at least once. */
  completeness(): void {
    const { model, consumer, rejections } = this;
    const { last } = this.#snapshots;
    const newest = consumer.stretches.at(-1);
    if (!last || !newest) return;
    const stretches = consumer.stretches.filter((stretch) => last(stretch));
    const connections = new Set(stretches.map(({ connection }) => connection.subscribe.connection));
    const came = new Set(
      consumer.connections
        .filter(({ subscribe }) => connections.has(subscribe.connection))
        .flatMap(({ batches }) =>
          batches.flatMap((batch) => batch.changes.map(({ cursor }) => model.place(cursor))),
        ),
    );
    const start = model.place(stretches[0]?.first.cursor ?? '') ?? model.end;
    const end = consumer.state ? (model.place(consumer.state.cursor) ?? 0) : 0;
    for (let place = Math.max(start, consumer.soughtTo) + 1; place <= end; place += 1) {
      if (came.has(place) || this.#snapshots.allowed(newest, place).includes(null)) continue;
      if (rejections.mayBeSetAside(place)) continue;
      this.verdict.add('never delivered', null, `${consumer.name} never got the change at ${place}.`);
    }
  }

  /** When everything is quiet. */
  end(): void {
    const { model, consumer, verdict } = this;
    const { name, state } = consumer;
    if (!state) return verdict.add('not drained', null, `${name} is not among the consumers.`);
    const place = model.place(state.cursor);
    if (place !== model.end) {
      verdict.add('not drained', null, `${name} is at ${place}; the log ends at ${model.end}.`);
    } else if (state.lag !== 0) {
      verdict.add('not drained', null, `${name} is at the end of the log, with a lag of ${state.lag}.`);
    }
  }

  /** A session that was taken over ends, once no fault keeps it from hearing so. */
  oneSession(): void {
    const { model, consumer, verdict } = this;
    const faults = model.entries('fault');
    for (const { connection, first } of consumer.stretches) {
      const newer = consumer.stretches.find((other) => other.connection.subscribe.at > first.at);
      if (!newer) continue;
      const due = quietAfter(faults, newer.first.at);
      const { ended, subscribe } = connection;
      if ((ended?.at ?? model.final.at) <= due) continue;
      const since = ((ended?.at ?? model.final.at) - newer.first.at).toFixed(0);
      const sentence = `${consumer.name}: connection ${subscribe.connection} lived on for ${since} ms after it was taken over.`;
      verdict.add('one live session', newer.first.at, sentence);
    }
  }

  /** An anonymous look begins where it says, or at the beginning. */
  #look({ subscribe }: Connection, first: BatchEntry, place: number): void {
    const due = subscribe.startAt === 'CURSOR' ? this.model.place(subscribe.cursor ?? '') : 0;
    if (subscribe.startAt === 'LATEST' || subscribe.startAt === 'TIME' || place === due) return;
    const late = place > (due ?? 0);
    this.#report(
      late ? 'resumed too late' : 'resumed too early',
      first,
      `it begins at ${place}, not at ${due}`,
    );
  }

  #content(batch: BatchEntry, change: DeliveredChange, stretches: readonly Stretch[]): void {
    const place = this.model.place(change.cursor);
    const recorded = place === null ? undefined : this.model.at(place);
    const { scope, ...record } = change;
    if (place === null || !recorded || !same(record, recorded)) {
      const is = recorded ? 'another' : 'no';
      return this.#report(
        'one position, one change',
        batch,
        `at ${place ?? change.cursor} the log has ${is} change`,
      );
    }
    const due = new Set(stretches.flatMap((stretch) => this.#snapshots.allowed(stretch, place)));
    if (stretches.length > 0 && !due.has(scope)) {
      this.#report(
        'not asked for',
        batch,
        `the change at ${place} came as ${scope}, not ${[...due].map((one) => one ?? 'not at all').join(' or ')}`,
      );
    }
  }

  #order(batch: BatchEntry, places: readonly number[], reached: number, cursor: number): void {
    let before = reached;
    for (const place of places) {
      if (place <= before || place > cursor) {
        this.#report(
          'out of order',
          batch,
          `the change at ${place} came behind ${before}, in a batch up to ${cursor}`,
        );
      }
      before = place;
    }
  }

  #gaps(
    stretch: Stretch,
    batch: BatchEntry,
    places: ReadonlySet<number>,
    reached: number,
    cursor: number,
  ): void {
    for (let place = reached + 1; place <= Math.min(cursor, this.model.end); place += 1) {
      if (places.has(place) || this.#snapshots.allowed(stretch, place).includes(null)) continue;
      if (this.rejections.mayWait(place, batch.at)) continue;
      this.#report(
        'skipped',
        batch,
        `the change at ${place} lies between ${reached} and ${cursor} and did not come`,
      );
    }
  }

  /**
   * The earliest place that a seek can have led a session to; Infinity: there was none. Batches may come long after they were
   * sent, so every seek since the session subscribed counts.
   */
  #sought(connection: Connection, first: BatchEntry): number {
    const targets = this.consumer.seeks
      .filter((seek) => !seek.isRemake && seek.at >= connection.subscribe.at && seek.invokedAt <= first.at)
      .map((seek) => (seek.outcome.kind === 'ok' ? this.consumer.targetOf(seek) : 0));
    return Math.min(...targets);
  }

  #report(invariant: Parameters<Verdict['add']>[0], batch: BatchEntry, what: string): void {
    const { consumer, connection } = batch;
    this.verdict.add(invariant, batch.at, `${consumer}, connection ${connection}: ${what}.`);
  }
}

/** Deliveries by consumer and place, those that come again by an attempt not counted: the figures ask for them. */
export function deliveriesOf(model: Model, consumer: Consumer): { place: number; batch: BatchEntry }[] {
  return consumer.connections.flatMap(({ batches }) =>
    batches
      .filter((batch) => !isAside(model, batch))
      .flatMap((batch) => batch.changes.map((change) => ({ place: model.place(change.cursor) ?? 0, batch }))),
  );
}
