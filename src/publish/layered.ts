/** A map whose newest entries can be kept or taken back at once, at the cost of those entries alone. */
export class Layered<V> {
  readonly #kept = new Map<string, V>();
  readonly #open = new Map<string, V>();

  get(key: string): V | undefined {
    return this.#open.get(key) ?? this.#kept.get(key);
  }

  set(key: string, value: V): void {
    this.#open.set(key, value);
  }

  /** Keeps what was set since the last `keep` or `takeBack`. */
  keep(): void {
    for (const [key, value] of this.#open) this.#kept.set(key, value);
    this.#open.clear();
  }

  /** Forgets what was set since the last `keep` or `takeBack`. */
  takeBack(): void {
    this.#open.clear();
  }
}
