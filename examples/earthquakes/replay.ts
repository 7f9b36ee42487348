/** Plays the feed again: every report from its own network, one after the other, a week in a few seconds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './data.js';
import type { Producer } from './producer.js';

/** Every so many reports, a network sends one again, as if it had not heard the answer. */
const REPEAT_EVERY = 50;

export interface ReplayOptions {
  /** How long the week takes, in milliseconds. */
  readonly durationMs: number;
  /** The producer of a network. */
  readonly producerOf: (network: string) => Producer;
  /** A report is about to be sent; `done` are recorded. */
  readonly onReport: (report: Report, done: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Sends the reports in order, each when its time has come. The next waits for the answer to the one before, because
 * networks publish over connections of their own and only an answer says that the order is settled.
 * @returns how many reports were sent twice on purpose
 */
export async function replay(reports: readonly Report[], options: ReplayOptions): Promise<number> {
  const { durationMs, producerOf, onReport, signal } = options;
  const dueAt = timetable(reports, durationMs);
  let repeated = 0;
  for (const [i, report] of reports.entries()) {
    const wait = dueAt(report) - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
    signal.throwIfAborted();
    onReport(report, i);
    const producer = producerOf(report.source);
    await producer.publish([report.change]);
    if (i % REPEAT_EVERY === 0) {
      await producer.publish([report.change]);
      repeated += 1;
    }
  }
  return repeated;
}

/** Says at which time of this process's clock a report is due. */
function timetable(reports: readonly Report[], durationMs: number): (report: Report) => number {
  const moment = (report: Report | undefined): number => Date.parse(report?.change.occurredAt ?? '');
  const first = moment(reports[0]);
  const span = Math.max(1, moment(reports.at(-1)) - first);
  const begin = performance.now();
  return (report) => begin + ((moment(report) - first) / span) * durationMs;
}
