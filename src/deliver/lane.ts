import type { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import type { Lens, VisibleChange } from '../view/view.js';
import { Message } from './message.js';
import type { Render } from './message.js';

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
export class Lane {
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
  advance(changes: readonly Change[], head: Position): void {
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
      const last = part.at(-1)?.position ?? head;
      this.#send(i + part.length === seen.length ? head : last, part, head, before);
      before = last;
    }
  }

  /** Moves the cursor of every member that is behind `head`, with nothing to deliver. */
  moveCursors(head: Position): void {
    const behind = [...this.#members].filter((member) => member.sent < head && member.hasRoomFor(0));
    if (behind.length === 0) return;
    const message = this.#message(head, [], head);
    for (const member of behind) member.send(message);
  }

  #message(cursor: Position, changes: readonly VisibleChange[], head: Position): Message {
    const { named, render } = this.kind;
    return new Message({ cursor, redelivery: null, changes, head }, named, render);
  }

  #send(cursor: Position, changes: readonly VisibleChange[], head: Position, before: Position): void {
    const message = this.#message(cursor, changes, head);
    for (const member of this.#members) {
      if (member.takes(changes.length)) member.send(message);
      else member.fellBehind(before);
    }
  }
}
