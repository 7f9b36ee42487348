/** What a run amounts to, in numbers. */
import type { FaultEntry, History } from '../history.js';
import { consumersOf } from './consumers.js';
import type { Consumer } from './consumers.js';
import { deliveriesOf } from './delivery-checks.js';
import { Model } from './model.js';

export interface Figures {
  /** Changes in the log at the end. */
  readonly changes: number;
  readonly deliveries: number;
  /**
   * Deliveries of a change that the consumer had got before, and how they share out over kinds of faults. What comes again
   * since the consumer was sought or made again was asked for, and does not count.
   */
  readonly duplicates: number;
  /** A duplicate counts for the fault that went on when it came, or else for the last one before it ("none": no fault). */
  readonly duplicatesByFault: Readonly<Record<string, number>>;
  /** Calls without a known outcome, by kind of call. */
  readonly unknown: Readonly<Record<string, number>>;
  /**
   * The longest that a change took from its answer to a consumer that was connected all that time and had room for it;
   * null where no change was delivered so.
   */
  readonly longestStall: { readonly ms: number; readonly consumer: string; readonly place: number } | null;
  /** By kind: how many faults there were, and how many of them had no effect that anybody observed. */
  readonly faults: Readonly<Record<string, { readonly injected: number; readonly withoutEffect: number }>>;
}

export function figures(history: History): Figures {
  const model = new Model(history);
  const faults = model.entries('fault');
  const duplicatesByFault: Record<string, number> = {};
  let deliveries = 0;
  let duplicates = 0;
  let longestStall: Figures['longestStall'] = null;
  for (const consumer of consumersOf(model)) {
    const seen = new Set<number>();
    let moves = 0;
    for (const { place, batch } of deliveriesOf(model, consumer)) {
      deliveries += 1;
      const movesBefore = consumer.seeks.filter(({ invokedAt }) => invokedAt <= batch.at).length;
      if (movesBefore > moves) seen.clear();
      moves = Math.max(moves, movesBefore);
      if (seen.has(place)) {
        duplicates += 1;
        const fault = faultAt(faults, batch.at);
        duplicatesByFault[fault] = (duplicatesByFault[fault] ?? 0) + 1;
      }
      seen.add(place);
    }
    const stall = longestStallOf(model, consumer);
    if (stall && stall.ms > (longestStall?.ms ?? -1)) longestStall = { ...stall, consumer: consumer.name };
  }
  return {
    ...{ changes: model.end, deliveries, duplicates, duplicatesByFault, longestStall },
    unknown: unknownCalls(history),
    faults: countFaults(faults),
  };
}

/** The figures as rows of a table: name and value. */
export function figureRows(of: Figures): (readonly [string, string | number])[] {
  const { longestStall: stall } = of;
  return [
    ['changes in the log', of.changes],
    ['deliveries', of.deliveries],
    ['duplicates delivered', of.duplicates],
    ...Object.entries(of.duplicatesByFault).map(([fault, n]) => [`  duplicates by: ${fault}`, n] as const),
    ...Object.entries(of.unknown).map(([kind, n]) => [`${kind} without an answer`, n] as const),
    ['longest stall', stall ? `${Math.round(stall.ms)} ms (${stall.consumer})` : 'none'],
    ...Object.entries(of.faults).map(
      ([fault, { injected, withoutEffect }]) =>
        [`fault: ${fault}`, `${injected} injected, ${withoutEffect} without effect`] as const,
    ),
  ];
}

/** Faults that nothing showed to have taken hold: no defect of the hub, but a run that did not test what it says. */
export const faultsWithoutEffect = (history: History): FaultEntry[] =>
  history.filter((entry): entry is FaultEntry => entry.kind === 'fault' && entry.effect === null);

function faultAt(faults: readonly FaultEntry[], moment: number): string {
  const begun = faults.filter((fault) => fault.startedAt <= moment);
  const present = begun.find((fault) => fault.at >= moment);
  const last = begun.reduce<FaultEntry | null>((a, b) => (a && a.at > b.at ? a : b), null);
  return (present ?? last)?.fault ?? 'none';
}

function unknownCalls(history: History): Record<string, number> {
  const unknown: Record<string, number> = {};
  for (const entry of history) {
    if (!('outcome' in entry) || entry.outcome.kind !== 'unknown') continue;
    unknown[entry.kind] = (unknown[entry.kind] ?? 0) + 1;
  }
  return unknown;
}

function countFaults(faults: readonly FaultEntry[]): Figures['faults'] {
  const counts: Record<string, { injected: number; withoutEffect: number }> = {};
  for (const { fault, effect } of faults) {
    const count = (counts[fault] ??= { injected: 0, withoutEffect: 0 });
    count.injected += 1;
    if (effect === null) count.withoutEffect += 1;
  }
  return counts;
}

function longestStallOf(model: Model, consumer: Consumer): { ms: number; place: number } | null {
  let longest: { ms: number; place: number } | null = null;
  const acknowledged = consumer.acknowledges.filter((entry) => entry.outcome.kind === 'ok');
  for (const { connection, first, batches } of consumer.stretches) {
    const room = connection.subscribe.maxInFlight / 2;
    let delivered = 0;
    let done = 0;
    let next = 0;
    for (const batch of batches) {
      for (; (acknowledged[next]?.at ?? Infinity) <= batch.at; next += 1) done = delivered;
      for (const change of batch.changes) {
        const place = model.place(change.cursor) ?? 0;
        const answered = model.answeredAt(place);
        // Who is far behind waits for itself, and who was not there yet does not wait.
        const healthy = delivered - done <= room && answered >= first.at;
        const ms = batch.at - answered;
        if (healthy && ms > (longest?.ms ?? -1)) longest = { ms, place };
      }
      delivered += batch.changes.length;
    }
  }
  return longest;
}
