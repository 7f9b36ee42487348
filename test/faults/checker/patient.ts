/** A history that doctors may write to, and what they look for in it. */
import type { BatchEntry, HistoryEntry } from '../history.js';
import { Model } from './model.js';

/** What a doctor may write to: everything. */
export type Open<T> = T extends readonly (infer E)[]
  ? Open<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Open<T[K]> }
    : T;
export type OpenEntry = Open<HistoryEntry>;
export type OpenOf<K extends HistoryEntry['kind']> = Extract<OpenEntry, { kind: K }>;

export class Patient {
  readonly model: Model;

  constructor(readonly entries: OpenEntry[]) {
    this.model = new Model(entries);
  }

  all<K extends HistoryEntry['kind']>(kind: K): OpenOf<K>[] {
    return this.entries.filter((entry): entry is OpenOf<K> => entry.kind === kind);
  }

  get final(): OpenOf<'final'> {
    return this.all('final')[0] ?? fail();
  }

  get beginning(): string {
    return this.model.start.head;
  }

  get end(): string {
    return this.final.hubs[0]?.head ?? '';
  }

  /** Does the same to the log of every hub. */
  toLog(change: (log: OpenOf<'final'>['hubs'][number]['log']) => void): true {
    for (const hub of this.final.hubs) change(hub.log);
    return true;
  }

  /** Calls that were answered, and recorded at least so many changes. */
  applied(least: number): { entry: OpenOf<'publish'>; results: PublishResults }[] {
    return this.all('publish').flatMap((entry) => {
      if (entry.outcome.kind !== 'ok') return [];
      const { results } = entry.outcome.value;
      return results.filter((result) => result.outcome === 'APPLIED').length >= least
        ? [{ entry, results }]
        : [];
    });
  }

  acknowledged(): { entry: OpenOf<'acknowledge'>; answer: { cursor: string } }[] {
    return this.all('acknowledge').flatMap((entry) =>
      entry.outcome.kind === 'ok' ? [{ entry, answer: entry.outcome.value }] : [],
    );
  }

  /** Batches of consumers that are not sought nor in a snapshot, with so many changes at least. */
  batches(least: number): Open<BatchEntry>[] {
    const sought = new Set([...this.all('seek').map((seek) => seek.consumer), 'copy', 'copy of some']);
    return this.all('batch').filter((one) => one.changes.length >= least && !sought.has(one.consumer));
  }

  /** First batches of a consumer's connections that came after it had acknowledged something. */
  resumptions(): Open<BatchEntry>[] {
    return this.all('subscribe').flatMap((subscribe) => {
      const isOwn = (entry: { consumer: string }): boolean => entry.consumer === subscribe.consumer;
      if (this.all('seek').some(isOwn)) return [];
      const before = this.acknowledged().some(
        ({ entry, answer }) => isOwn(entry) && entry.at < subscribe.at && answer.cursor !== this.beginning,
      );
      const first = this.all('batch').find((batch) => batch.connection === subscribe.connection);
      return before && first ? [first] : [];
    });
  }
}

type PublishResults = Extract<OpenOf<'publish'>['outcome'], { kind: 'ok' }>['value']['results'];

/** What every history holds is not there. */
export const fail = (): never => {
  throw new Error('The history does not hold what every history holds.');
};
