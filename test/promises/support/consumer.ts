import { acknowledge, changesOf, follow } from '../../support/operations.js';
import type { BatchData, ChangeData } from '../../support/operations.js';
import type { TestSubscription } from '../../support/client.js';
import { eventually } from '../../support/wait.js';
import type { Dice } from './dice.js';

/** What one session of a consumer got. */
export interface SessionRecord {
  readonly changes: readonly ChangeData[];
  /** The cursor that was known to be acknowledged when the session began; null before the first acknowledgement. */
  readonly acknowledgedBefore: string | null;
}

export interface RestlessOptions {
  readonly name: string;
  readonly filter?: object;
  /** Where the next session goes. */
  readonly url: () => string;
  readonly dice: Dice;
}

/**
 * A consumer that comes and goes: sessions of random length at random hubs, with random batches and windows, that
 * acknowledge now and then and break off without a word. It keeps everything that it got.
 */
export class RestlessConsumer {
  readonly sessions: SessionRecord[] = [];
  #acknowledged: string | null = null;

  constructor(readonly options: RestlessOptions) {}

  /** One session: a few batches, some of them acknowledged, then the socket is gone. */
  async session(): Promise<void> {
    const { dice, url } = this.options;
    const acknowledgedBefore = this.#acknowledged;
    const at = url();
    const reader = this.#open(at);
    const batches = dice.between(1, 6);
    for (let n = 1; n <= batches; n += 1) {
      const came = await eventually(() => reader.messages.length > n || reader.errors, {
        what: 'a batch',
        timeoutMs: 1_500,
      })
        .then(() => reader.errors === null)
        .catch(() => false);
      const batch = reader.messages[n]?.changes;
      if (!came || !batch) break;
      if (dice.chance(0.5)) await this.#acknowledge(at, batch.cursor);
    }
    await reader.close();
    this.sessions.push({ changes: changesOf(reader), acknowledgedBefore });
  }

  /** A last session that takes everything up to `end` and acknowledges it. */
  async finish(end: string): Promise<void> {
    const acknowledgedBefore = this.#acknowledged;
    const at = this.options.url();
    const reader = this.#open(at);
    await eventually(
      async () => {
        const newest = reader.messages.at(-1)?.changes.cursor;
        if (newest !== undefined && newest !== this.#acknowledged) await this.#acknowledge(at, newest);
        return newest === end;
      },
      { what: `the end of the log (errors: ${JSON.stringify(reader.errors)})`, timeoutMs: 20_000 },
    );
    await reader.close();
    this.sessions.push({ changes: changesOf(reader), acknowledgedBefore });
  }

  #open(url: string): TestSubscription<{ changes: BatchData }> {
    const { name, filter, dice } = this.options;
    const size = { batchSize: dice.between(1, 40), maxInFlight: dice.between(20, 200) };
    return follow(url, { consumer: name, startAt: 'EARLIEST', filter, ...size });
  }

  /** An acknowledgement without an answer may have gone through: only what was answered counts as known. */
  async #acknowledge(url: string, cursor: string): Promise<void> {
    const answer = await acknowledge(url, this.options.name, cursor).catch(() => null);
    if (answer) this.#acknowledged = answer.cursor;
  }
}

/**
 * Holds what a consumer got against what it should have: each session in log order without a hole, none of them with a
 * change that was known to be acknowledged before it began, and all of them together everything.
 */
export function expectNothingSkipped(
  consumer: { readonly sessions: readonly SessionRecord[] },
  expected: readonly string[],
  positionOf: (cursor: string) => number,
): void {
  const places = expected.map(positionOf);
  const indexOf = new Map(places.map((place, i) => [place, i]));
  const seen = new Set<number>();
  for (const { changes, acknowledgedBefore } of consumer.sessions) {
    const got = changes.map((change) => positionOf(change.cursor));
    const indices = got.map((place) => indexOf.get(place) ?? -1);
    const [first = 0] = indices;
    expect(indices).toEqual(indices.map((_index, i) => first + i));
    if (acknowledgedBefore !== null) {
      const before = positionOf(acknowledgedBefore);
      expect(got.filter((place) => place <= before)).toEqual([]);
    }
    // A session begins right behind something that was seen before it: what lies between was not skipped.
    expect(indices.length === 0 || first === 0 || seen.has(places[first - 1] ?? 0)).toBe(true);
    for (const place of got) seen.add(place);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual(places);
}
