/** Writes down what a consumer went through, so that the report can tell and judge it. */
import type { Change, ConsumerWatch } from './consumer.js';

/** When each change was handed to `publish`, by sourceId, on this process's clock. */
export type SentAt = ReadonlyMap<string, number>;

export class Witness implements ConsumerWatch {
  /** The sourceIds of all changes that came, in the order in which they came, by session. */
  readonly sessions: string[][] = [];
  /** What the consumer made of the changes: the newest state by collection and key. */
  readonly copy = new Map<string, unknown>();
  /** Milliseconds from publish to here, of changes that were published while the consumer was connected. */
  readonly latencies: number[] = [];
  readonly #seen = new Set<string>();
  #liveSince = 0;
  #acknowledged = 0;

  /** @param onBegan told of each session, with its number */
  constructor(
    readonly sentAt: SentAt,
    readonly onBegan: (session: number) => void = () => undefined,
  ) {}

  get delivered(): number {
    return this.sessions.reduce((sum, one) => sum + one.length, 0);
  }

  /** Changes that came again after they had come before. */
  get duplicates(): number {
    return this.delivered - this.#seen.size;
  }

  get acknowledgedChanges(): number {
    return this.#acknowledged;
  }

  began(): void {
    this.sessions.push([]);
    this.#liveSince = performance.now();
    this.onBegan(this.sessions.length);
  }

  received(changes: readonly Change[]): void {
    const now = performance.now();
    for (const { sourceId } of changes) {
      this.sessions.at(-1)?.push(sourceId);
      const sentAt = this.sentAt.get(sourceId) ?? 0;
      if (!this.#seen.has(sourceId) && sentAt > this.#liveSince) this.latencies.push(now - sentAt);
      this.#seen.add(sourceId);
    }
  }

  acknowledged(changes: number): void {
    this.#acknowledged += changes;
  }

  /** What both consumers do for a living: keep a copy. */
  keep({ collection, key, after }: Change): void {
    if (after === null) this.copy.delete(`${collection}/${key}`);
    else this.copy.set(`${collection}/${key}`, after);
  }
}
