import type { DeliveredChange } from '../history.js';

/**
 * Keeps one object for changes that are equal in every field: a dozen consumers get the same change, and a history of some
 * minutes would not fit otherwise. A change that differs in anything stays an object of its own.
 */
export class Interner {
  readonly #kept = new Map<string, { readonly text: string; readonly change: DeliveredChange }>();

  of(change: DeliveredChange): DeliveredChange {
    const name = `${change.cursor} ${change.scope}`;
    const text = JSON.stringify(change);
    const kept = this.#kept.get(name);
    if (kept?.text === text) return kept.change;
    if (!kept) this.#kept.set(name, { text, change });
    return change;
  }
}
