/**
 * The model that a history is held against: the log as it is at the end, with what the checks ask of it again and again.
 *
 * Place: a change's number in the run's log, 1 for the first; 0 is before it. A place is a position less the position at
 * which the run began, so it fits a number even where positions do not.
 */
import { CursorCodec } from '../../../src/model/cursor.js';
import type {
  ChangeRecord,
  FinalEntry,
  History,
  HistoryEntry,
  PublishEntry,
  SentChange,
  StartEntry,
} from '../history.js';

/** One try of one change: the entry that holds it, and where in it. */
export interface Try {
  readonly entry: PublishEntry;
  readonly index: number;
  readonly change: SentChange;
}

export const entityName = (of: { readonly collection: string; readonly key: string }): string =>
  `${of.collection}/${of.key}`;
export const idName = (source: string, id: string): string => `${source}/${id}`;

export class Model {
  readonly start: StartEntry;
  readonly final: FinalEntry;
  /** The log of the first hub; `log[place - 1]`. */
  readonly log: readonly ChangeRecord[];
  /** Places of an entity's changes, in order. */
  readonly chains = new Map<string, number[]>();
  /** Places under (source, id): more than one is a violation. */
  readonly byId = new Map<string, number[]>();
  /** All tries of an id. */
  readonly tries = new Map<string, Try[]>();
  readonly #byKind = new Map<HistoryEntry['kind'], readonly HistoryEntry[]>();
  readonly #base: bigint;
  readonly #codec: CursorCodec;
  /** By place: when it was first sent, and when a try of it was first answered. */
  readonly #sentAt: number[] = [];
  readonly #answeredAt: number[] = [];
  /** By place: the place of the entity's next change. */
  readonly #next: number[] = [];
  readonly #places = new Map<string, number | null>();
  readonly #ends = new Map<number, number>();

  constructor(readonly history: History) {
    this.start = only(history, 'start');
    this.final = only(history, 'final');
    this.#codec = new CursorCodec(this.start.logId);
    this.#base = this.#codec.decode(this.start.head, 'start.head').position;
    this.log = this.final.hubs[0]?.log ?? [];
    this.#indexTries();
    this.#indexLog();
  }

  get end(): number {
    return this.log.length;
  }

  /** All entries of a kind, in their order. */
  entries<K extends HistoryEntry['kind']>(kind: K): readonly Extract<HistoryEntry, { kind: K }>[] {
    let entries = this.#byKind.get(kind);
    if (!entries) {
      entries = this.history.filter((entry) => entry.kind === kind);
      this.#byKind.set(kind, entries);
    }
    return entries as readonly Extract<HistoryEntry, { kind: K }>[];
  }

  /** The place that a cursor stands for; null: it is none of this log, or carries an attempt. Negative: before the run. */
  place(cursor: string): number | null {
    let place = this.#places.get(cursor);
    if (place === undefined) {
      place = this.#decode(cursor);
      this.#places.set(cursor, place);
    }
    return place;
  }

  at(place: number): ChangeRecord | undefined {
    return this.log[place - 1];
  }

  /** The furthest end that the log can have had at a moment: what was not sent yet was not in it. */
  endAtMost(moment: number): number {
    let end = this.#ends.get(moment);
    if (end === undefined) {
      end = this.#sentAt.findLastIndex((sent) => sent <= moment) + 1;
      this.#ends.set(moment, end);
    }
    return end;
  }

  /** The end that the log had at least at a moment: what was answered was in it. */
  endAtLeast(moment: number): number {
    return this.#answeredAt.findLastIndex((answered) => answered <= moment) + 1;
  }

  /** When a try of the change at a place was first answered with its cursor; Infinity: never. */
  answeredAt(place: number): number {
    return this.#answeredAt[place - 1] ?? Infinity;
  }

  /** When a try of the change at a place was first sent. */
  sentAt(place: number): number {
    return this.#sentAt[place - 1] ?? Infinity;
  }

  /** The place of an entity's next change behind a place; null: it is its newest. */
  nextOfEntity(place: number): number | null {
    return this.#next[place - 1] ?? null;
  }

  /** What an entity can have been at some place from `from` on: its newest change at `from`, and every later one. */
  statesFrom(name: string, from: number): (ChangeRecord | null)[] {
    const chain = this.chains.get(name) ?? [];
    const first = chain.findLastIndex((place) => place <= from);
    const later = chain.slice(Math.max(first, 0)).map((place) => this.at(place) ?? null);
    return first < 0 ? [null, ...later] : later;
  }

  #decode(cursor: string): number | null {
    try {
      const { position, attempt } = this.#codec.decode(cursor, 'cursor');
      return attempt === null ? Number(position - this.#base) : null;
    } catch {
      return null;
    }
  }

  #indexTries(): void {
    for (const entry of this.entries('publish')) {
      entry.changes.forEach((change, index) => {
        pushTo(this.tries, idName(entry.source, change.sourceId), { entry, index, change });
      });
    }
  }

  #indexLog(): void {
    this.log.forEach((change, i) => {
      const before = this.chains.get(entityName(change))?.at(-1);
      if (before !== undefined) this.#next[before - 1] = i + 1;
      pushTo(this.chains, entityName(change), i + 1);
      pushTo(this.byId, idName(change.source, change.sourceId), i + 1);
      const tries = this.tries.get(idName(change.source, change.sourceId)) ?? [];
      const answered = tries.filter(
        ({ entry: { outcome }, index }) =>
          outcome.kind === 'ok' && outcome.value.results[index]?.cursor === change.cursor,
      );
      this.#sentAt.push(Math.min(...tries.map(({ entry }) => entry.invokedAt)));
      this.#answeredAt.push(Math.min(...answered.map(({ entry }) => entry.at)));
    });
  }
}

export function pushTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function only<K extends 'start' | 'final'>(history: History, kind: K): Extract<HistoryEntry, { kind: K }> {
  const found = history.filter((entry): entry is Extract<HistoryEntry, { kind: K }> => entry.kind === kind);
  const [entry] = found;
  if (!entry || found.length > 1)
    throw new Error(`A history has one entry ${kind}; this has ${found.length}.`);
  return entry;
}
