import type { Change } from '../model/change.js';
import type { Cancel, Timers } from '../model/clock.js';
import type { Point, Position } from '../model/cursor.js';
import type { Lens, VisibleChange } from '../view/view.js';
import { Message } from './message.js';
import type { Render } from './message.js';

/** How often, in milliseconds, cursors move over changes that a filter left out. */
const MOVE_CURSORS_MS = 1_000;

/** A session as its lane knows it. */
export interface LaneMember {
  /** The cursor of the newest batch that was sent in the log's order. */
  readonly sent: Position;
  /** Whether a batch of so many changes may be sent now. */
  hasRoomFor(changes: number): boolean;
  /** The same, and none of the changes might have to be held. */
  takes(changes: number): boolean;
  send(message: Message): void;
  /** The lane could not send what follows this position: the member leaves, and reads on from there. */
  fellBehind(position: Position): void;
}

/** What makes a lane; see Lane. */
export interface LaneKind {
  /** Subscriptions of one kind have equal keys. */
  readonly key: string;
  readonly lens: Lens;
  readonly batchSize: number;
  readonly render: Render;
  /** Whether members are consumers, with sessions, or anonymous looks. */
  readonly named: boolean;
}

/**
 * Subscribers at the head with the same operation, variables and rights. A group of changes is matched, executed and
 * printed once, and the text goes to every member. A member without room leaves, and reads on by itself.
 */
class Lane {
  readonly #members = new Set<LaneMember>();

  constructor(readonly kind: LaneKind) {}

  get size(): number {
    return this.#members.size;
  }

  add(member: LaneMember): void {
    this.#members.add(member);
  }

  remove(member: LaneMember): void {
    this.#members.delete(member);
  }

  /** Takes changes that end at the log's `head`; members have everything before the first of them. */
  advance(changes: readonly Change[], head: Point): void {
    const { batchSize, lens } = this.kind;
    const seen: VisibleChange[] = [];
    for (const change of changes) {
      const visible = lens.see(change, 'log');
      if (visible !== null) seen.push(visible);
    }
    // A member that leaves has everything up to the part before.
    let before = (changes[0]?.row.position ?? 1n) - 1n;
    for (let i = 0; i < seen.length && this.#members.size > 0; i += batchSize) {
      const part = seen.slice(i, i + batchSize);
      const last = part.at(-1) ?? head;
      this.#send(i + part.length === seen.length ? head : last, part, head, before);
      before = last.position;
    }
  }

  /** Moves the cursor of every member that is behind `head`, with nothing to deliver. */
  moveCursors(head: Point): void {
    const behind = [...this.#members].filter((member) => member.sent < head.position && member.hasRoomFor(0));
    if (behind.length === 0) return;
    const message = this.#message(head, [], head);
    for (const member of behind) member.send(message);
  }

  #message(cursor: Point, changes: readonly VisibleChange[], head: Point): Message {
    const { named, render } = this.kind;
    return new Message({ cursor, redelivery: null, changes, head }, named, render);
  }

  #send(cursor: Point, changes: readonly VisibleChange[], head: Point, before: Position): void {
    const message = this.#message(cursor, changes, head);
    for (const member of this.#members) {
      if (member.takes(changes.length)) member.send(message);
      else member.fellBehind(before);
    }
  }
}

/** The lanes of a hub, found by the collections that their filters name: lanes of other collections cost nothing. */
export class Lanes {
  readonly #byKey = new Map<string, Lane>();
  readonly #byCollection = new Map<string, Set<Lane>>();
  readonly #ofEverything = new Set<Lane>();
  readonly #stopMoving: Cancel;

  /** @param head the log's end as the hub knows it */
  constructor(
    readonly head: () => Point,
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
