import type { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Render } from './outlet.js';
import { Lane } from './lane.js';
import type { Session } from './session.js';

/** How often, in milliseconds, cursors move over changes that a filter left out. */
const MOVE_CURSORS_MS = 1_000;

/** The lanes of a hub, found by the collections that their filters name: lanes of other collections cost nothing. */
export class Lanes {
  readonly #byKey = new Map<string, Lane>();
  readonly #byCollection = new Map<string, Set<Lane>>();
  readonly #ofEverything = new Set<Lane>();
  readonly #mover: NodeJS.Timeout;

  /** @param head the log's end as the hub knows it */
  constructor(readonly head: () => Position) {
    this.#mover = setInterval(() => this.#moveCursors(), MOVE_CURSORS_MS);
    this.#mover.unref();
  }

  /** Puts a session into the lane of its kind; answers how to take it out. */
  join(session: Session, key: string, filter: ChangeFilter, render: Render): () => void {
    let lane = this.#byKey.get(key);
    if (!lane) {
      lane = new Lane(filter, session.options.batchSize, render, session.named);
      this.#byKey.set(key, lane);
      for (const set of this.#setsOf(lane)) set.add(lane);
    }
    lane.add(session);
    return () => this.#leave(session, key);
  }

  advance(changes: readonly Change[]): void {
    const collections = new Set(changes.map((change) => change.row.collection));
    const lanes = new Set(this.#ofEverything);
    for (const name of collections) for (const lane of this.#byCollection.get(name) ?? []) lanes.add(lane);
    for (const lane of lanes) lane.advance(changes, this.head());
  }

  close(): void {
    clearInterval(this.#mover);
  }

  #leave(session: Session, key: string): void {
    const lane = this.#byKey.get(key);
    lane?.remove(session);
    if (!lane || lane.size > 0) return;
    this.#byKey.delete(key);
    for (const set of this.#setsOf(lane)) set.delete(lane);
    for (const name of lane.filter.collections ?? []) {
      if (this.#byCollection.get(name)?.size === 0) this.#byCollection.delete(name);
    }
  }

  #setsOf(lane: Lane): Set<Lane>[] {
    if (!lane.filter.collections) return [this.#ofEverything];
    return lane.filter.collections.map((name) => {
      let set = this.#byCollection.get(name);
      if (!set) this.#byCollection.set(name, (set = new Set()));
      return set;
    });
  }

  #moveCursors(): void {
    for (const lane of this.#byKey.values()) lane.moveCursors(this.head());
  }
}
