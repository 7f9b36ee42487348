/** Rejects that a hub must refuse: of what was not sent to the consumer, and of what is acknowledged. */
import type { History, RejectEntry } from '../history.js';
import { isAside } from './consumers.js';
import type { Consumer } from './consumers.js';
import type { Verdict } from './invariants.js';
import { entityName } from './model.js';
import type { Model } from './model.js';
import { Snapshots } from './snapshots.js';

/** Where a change came again, by the cursor with which it came, whichever consumer got it. */
export function placesOfAttempts(model: Model): ReadonlyMap<string, number> {
  const attempts = model.entries('batch').filter((batch) => isAside(model, batch));
  return new Map(
    attempts.map((batch) => [batch.cursor, model.place(batch.changes[0]?.cursor ?? '') ?? 0] as const),
  );
}

export function checkRejects(
  model: Model,
  consumers: readonly Consumer[],
  history: History,
  verdict: Verdict,
): void {
  const attempts = placesOfAttempts(model);
  const rejects = history.filter((entry) => entry.kind === 'reject');
  for (const name of new Set(rejects.map(({ consumer }) => consumer))) {
    const consumer = consumers.find((one) => one.name === name);
    const own = rejects.filter((entry) => entry.consumer === name);
    const check = new RejectCheck(model, name, consumer, own, attempts);
    for (const entry of own) check.check(entry, verdict);
  }
}

class RejectCheck {
  readonly #snapshots: Snapshots | null;
  /** Whether nothing moved the consumer but what it acknowledged. */
  readonly #isSteady: boolean;
  readonly #maxInFlight: number;

  constructor(
    readonly model: Model,
    readonly name: string,
    /** Undefined: it never subscribed. */
    readonly consumer: Consumer | undefined,
    readonly rejects: readonly RejectEntry[],
    readonly attempts: ReadonlyMap<string, number>,
  ) {
    this.#snapshots = consumer ? new Snapshots(model, consumer, () => true) : null;
    this.#isSteady = consumer?.seeks.length === 0;
    const windows = consumer?.connections.map(({ subscribe }) => subscribe.maxInFlight) ?? [];
    this.#maxInFlight = Math.max(0, ...windows);
  }

  check(entry: RejectEntry, verdict: Verdict): void {
    const { outcome } = entry;
    if (outcome.kind === 'unknown' || (outcome.kind === 'fail' && outcome.retryable)) return;
    const named = outcome.kind === 'ok' ? outcome.value.change : entry.change;
    const place = this.model.place(named) ?? this.attempts.get(named);
    if (place === undefined || !this.model.at(place)) return;
    const defect = this.#notSent(place, entry) ?? this.#isAcknowledged(place, entry);
    if (defect === null) {
      if (outcome.kind === 'fail' && outcome.code === 'BAD_USER_INPUT' && this.#isOpen(place, entry)) {
        const sentence = `${this.name}: a reject of the change at ${place}, which its session holds open, was refused by ${entry.hub}.`;
        verdict.add('refused for nothing', entry.at, sentence);
      }
      return;
    }
    if (outcome.kind === 'ok') {
      const sentence = `${this.name}: a reject of the change at ${place}, which ${defect}, was taken by ${entry.hub}.`;
      verdict.add('wrong reject taken', entry.at, sentence);
    } else if (!this.#isRefusal(entry, outcome.code)) {
      const sentence = `${this.name}: a reject of the change at ${place}, which ${defect}, was refused as ${outcome.code}.`;
      verdict.add('wrong reject taken', entry.at, sentence);
    }
  }

  /** Codes with which such a reject may be refused. */
  #isRefusal({ session, probe, invokedAt }: RejectEntry, code: string): boolean {
    if (code === 'BAD_USER_INPUT') return true;
    if (code === 'CONSUMER_NOT_FOUND') return !this.#isThere(invokedAt);
    return code === 'CONSUMER_TAKEN_OVER'
      ? session !== null
      : code === 'INVALID_CURSOR' && probe === 'foreign';
  }

  /** Whether the consumer surely was there at a moment: its first session had begun, and nobody ever deleted it. */
  #isThere(moment: number): boolean {
    const { consumer } = this;
    return consumer?.deletes.length === 0 && (consumer.stretches[0]?.first.at ?? Infinity) < moment;
  }

  /**
   * Whether the newest session surely holds the change open: it received it in log order, nobody acknowledged it, nothing of
   * the consumer was rejected before, and nothing happened to the session's hub, which alone may know what was sent.
   */
  #isOpen(place: number, entry: RejectEntry): boolean {
    const { consumer, model } = this;
    const connection = consumer?.connections.find((one) => one.subscribe.connection === entry.connection);
    if (!consumer || !connection || !this.#isSteady || entry.attempt > 1) return false;
    const { subscribe, ended, batches } = connection;
    const received = batches.find(
      (batch) =>
        !isAside(model, batch) && batch.changes.some((change) => model.place(change.cursor) === place),
    );
    const isLive = (ended?.at ?? Infinity) > entry.at && consumer.isNewest(connection, entry.at);
    if (!isLive || (received?.at ?? Infinity) >= entry.invokedAt) return false;
    const touched = consumer.acknowledges.some(
      (one) =>
        one.invokedAt < entry.at &&
        one.outcome.kind !== 'fail' &&
        (model.place(one.cursor) ?? place) >= place,
    );
    const rejected = this.rejects.some(
      (one) => one !== entry && one.invokedAt < entry.at && one.outcome.kind !== 'fail',
    );
    const hit = model
      .entries('fault')
      .some(
        ({ target, startedAt, at }) =>
          target === subscribe.hub && startedAt <= entry.at && at >= subscribe.at,
      );
    return !touched && !rejected && !hit;
  }

  /** Why the change can surely not have been sent to the consumer by the moment of the answer; null: it may have been. */
  #notSent(place: number, entry: RejectEntry): string | null {
    const { consumer, model } = this;
    const { at } = entry;
    const subscribed = consumer?.connections.some(({ subscribe }) => subscribe.at <= at);
    if (!consumer || !subscribed) return 'was not sent, as the consumer had not subscribed';
    if (consumer.scopes[place - 1] === null && this.#snapshots?.neverBrings(place))
      return 'the filter leaves out';
    // What is held back takes no room in the window, and a snapshot leaves out what a later change replaced.
    const isHeld = this.rejects.some(
      (other) => other !== entry && other.invokedAt < at && other.outcome.kind !== 'fail',
    );
    if (!this.#isSteady || isHeld || consumer.firstSubscribe?.startAt === 'SNAPSHOT') return null;
    const acknowledged = consumer.atMost(at);
    const out = consumer.scopes.slice(acknowledged, place).filter((scope) => scope !== null).length;
    if (out <= this.#maxInFlight || place > model.end) return null;
    return `is the ${out}th behind the cursor, in a window of ${this.#maxInFlight}`;
  }

  /** Whether the change was surely acknowledged when the reject was sent, and nothing of its key was ever rejected. */
  #isAcknowledged(place: number, { invokedAt, at }: RejectEntry): string | null {
    const { consumer, model } = this;
    if (!consumer || !this.#isSteady || place > consumer.atLeast(invokedAt, at)) return null;
    const change = model.at(place);
    const ofKey = this.rejects.some((other) => {
      if (other.outcome.kind === 'fail' || (other.probe && other.invokedAt >= invokedAt)) return false;
      const rejected = model.at(model.place(other.change) ?? this.attempts.get(other.change) ?? 0);
      return rejected && change && entityName(rejected) === entityName(change);
    });
    return ofKey ? null : 'is acknowledged';
  }
}
