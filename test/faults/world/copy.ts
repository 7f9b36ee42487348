import type { DeliveredChange, EntityRecord } from '../history.js';

/** The copy of a consumer that began with SNAPSHOT: what it makes of the changes that it gets. */
export class Copy {
  readonly #entities = new Map<string, EntityRecord>();

  apply({ collection, key, version, after, operation, scope }: DeliveredChange): void {
    const name = `${collection}/${key}`;
    if (operation === 'DELETE' || scope === 'LEFT' || after === null) this.#entities.delete(name);
    else this.#entities.set(name, { collection, key, version, data: after });
  }

  get entities(): readonly EntityRecord[] {
    return [...this.#entities.values()];
  }
}
