/** What consumers got, held against the log. */
import type { BatchEntry, DeliveredChange } from '../history.js';
import type { Connection, Consumer, Stretch } from './consumers.js';
import { isAside } from './consumers.js';
import { scopeInSnapshot } from './filter.js';
import type { Verdict } from './invariants.js';
import { same } from './json.js';
import type { Model } from './model.js';
import { quietAfter } from './quiet.js';
import type { Rejections } from './rejections.js';

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
  readonly #delivered = new Set<number>();
  readonly #snapshotUntil: number;

  constructor(
    readonly model: Model,
    readonly consumer: Consumer,
    readonly rejections: Rejections,
    readonly verdict: Verdict,
  ) {
    this.#snapshotUntil = consumer.snapshotUntil;
  }

  /** Every change that came, in whichever batch: it is what the log holds, and what the filter asks for. */
  contents(connection: Connection): void {
    for (const batch of connection.batches) {
      if (batch.changes.length > connection.subscribe.batchSize) {
        this.#report('past the window', batch, `a batch of ${batch.changes.length} changes`);
      }
      for (const change of batch.changes) this.#content(batch, change);
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
      this.#gaps(batch, new Set(places), reached, cursor);
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

  /** A session that began while the consumer was surely paused brings no changes until somebody resumes. */
  paused({ subscribe, batches }: Connection): void {
    const { pauses } = this.consumer;
    for (const pause of pauses) {
      if (pause.kind !== 'pause' || pause.outcome.kind !== 'ok' || pause.at >= subscribe.at) continue;
      const resumed = pauses.find(
        ({ kind, outcome, at }) =>
          kind === 'resume' &&
          (outcome.kind === 'unknown' || (outcome.kind === 'ok' && at > pause.invokedAt)),
      );
      const early = batches.find(
        (batch) => batch.changes.length > 0 && batch.at < (resumed?.invokedAt ?? Infinity),
      );
      if (early) this.#report('delivered while paused', early, 'it brings changes');
    }
  }

  /** All that matches, from the start to where the consumer is at the end, came at least once. */
  completeness(): void {
    const { model, consumer, rejections } = this;
    const start = model.place(consumer.stretches[0]?.first.cursor ?? '') ?? model.end;
    const end = consumer.state ? (model.place(consumer.state.cursor) ?? 0) : 0;
    for (let place = Math.max(start, consumer.soughtTo) + 1; place <= end; place += 1) {
      if (this.#delivered.has(place) || !this.#isDue(place, Infinity)) continue;
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

  /** A session that was taken over ends, once no fault keeps it from hearing so; and no two sessions share an id. */
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
    const ids = new Map<string, number>();
    for (const { session, connection, first } of consumer.stretches) {
      const other = ids.get(session);
      ids.set(session, connection.subscribe.connection);
      if (other !== undefined && other !== connection.subscribe.connection) {
        this.#report('one live session', first, `session ${session} is that of connection ${other} too`);
      }
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

  #content(batch: BatchEntry, change: DeliveredChange): void {
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
    this.#delivered.add(place);
    const due = [this.consumer.scopes[place - 1]];
    if (place <= this.#snapshotUntil) due.push(scopeInSnapshot(this.consumer.filter, recorded));
    if (!due.includes(scope)) {
      this.#report(
        'not asked for',
        batch,
        `the change at ${place} came as ${scope}, not ${due.join(' or ')}`,
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

  #gaps(batch: BatchEntry, places: ReadonlySet<number>, reached: number, cursor: number): void {
    for (let place = reached + 1; place <= Math.min(cursor, this.model.end); place += 1) {
      if (places.has(place) || !this.#isDue(place, batch.at)) continue;
      if (this.rejections.mayWait(place, batch.at)) continue;
      this.#report(
        'skipped',
        batch,
        `the change at ${place} lies between ${reached} and ${cursor} and did not come`,
      );
    }
  }

  /** Whether the consumer must have got this change by a moment; in a snapshot what is not newest any more may be left out. */
  #isDue(place: number, moment: number): boolean {
    const scope = this.consumer.scopes[place - 1] ?? null;
    if (place > this.#snapshotUntil) return scope !== null;
    const change = this.model.at(place);
    if (!change?.after) return false;
    const next = this.model.nextOfEntity(place);
    if (next !== null && next <= this.model.endAtMost(moment)) return false;
    return scopeInSnapshot(this.consumer.filter, change) !== null;
  }

  /**
   * The earliest place that a seek can have led a session to; Infinity: there was none. Batches may come long after they were
   * sent, so every seek since the session subscribed counts.
   */
  #sought(connection: Connection, first: BatchEntry): number {
    const targets = this.consumer.seeks
      .filter((seek) => seek.at >= connection.subscribe.at && seek.invokedAt <= first.at)
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
