import type { Change } from '../model/change.js';
import type { Cancel, Timers } from '../model/clock.js';
import type { Position } from '../model/cursor.js';
import { Lane } from './lane.js';
import type { LaneKind, LaneMember } from './lane.js';

/** How often, in milliseconds, cursors move over changes that a filter left out. */
const MOVE_CURSORS_MS = 1_000;

/** The lanes of a hub, found by the collections that their filters name: lanes of other collections cost nothing. */
export class Lanes {
  readonly #byKey = new Map<string, Lane>();
  readonly #byCollection = new Map<string, Set<Lane>>();
  readonly #ofEverything = new Set<Lane>();
  readonly #stopMoving: Cancel;

  /** @param head the log's end as the hub knows it */
  constructor(
    readonly head: () => Position,
    timers: Timers,
  ) {
    this.#stopMoving = timers.every(MOVE_CURSORS_MS, () => this.#moveCursors());
  }

  /** Puts a session into the lane of its kind; answers how to take it out. */
  join(member: LaneMember, kind: LaneKind): Cancel {
    let lane = this.#byKey.get(kind.key);
    if (!lane) {
      lane = new Lane(kind);
      this.#byKey.set(kind.key, lane);
      for (const set of this.#setsOf(lane)) set.add(lane);
    }
    lane.add(member);
    return () => this.#leave(member, kind.key);
  }

  advance(changes: readonly Change[]): void {
    const collections = new Set(changes.map((change) => change.row.collection));
    const lanes = new Set(this.#ofEverything);
    for (const name of collections) for (const lane of this.#byCollection.get(name) ?? []) lanes.add(lane);
    for (const lane of lanes) lane.advance(changes, this.head());
  }

  close(): void {
    this.#stopMoving();
  }

  #leave(member: LaneMember, key: string): void {
    const lane = this.#byKey.get(key);
    lane?.remove(member);
    if (!lane || lane.size > 0) return;
    this.#byKey.delete(key);
    for (const set of this.#setsOf(lane)) set.delete(lane);
    for (const name of lane.kind.lens.filter.collections ?? []) {
      if (this.#byCollection.get(name)?.size === 0) this.#byCollection.delete(name);
    }
  }

  #setsOf({ kind }: Lane): Set<Lane>[] {
    const { collections } = kind.lens.filter;
    if (!collections) return [this.#ofEverything];
    return collections.map((name) => {
      let set = this.#byCollection.get(name);
      if (!set) this.#byCollection.set(name, (set = new Set()));
      return set;
    });
  }

  #moveCursors(): void {
    for (const lane of this.#byKey.values()) lane.moveCursors(this.head());
  }
}
