import type { Change, ScopedChange } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { matcher } from '../model/filter.js';
import type { ChangeFilter, Matcher } from '../model/filter.js';
import { print } from './message.js';
import type { Message } from './message.js';
import type { Render } from './outlet.js';
import type { Session } from './session.js';

/**
 * Subscribers at the head with the same operation, variables and rights. A group of changes is matched, executed and
 * printed once, and the text goes to every member. A member without room leaves, and reads on by itself.
 */
export class Lane {
  readonly #members = new Set<Session>();
  readonly #matches: Matcher;

  constructor(
    readonly filter: ChangeFilter,
    readonly batchSize: number,
    readonly render: Render,
    /** Whether members are consumers, with sessions, or anonymous looks. */
    readonly named: boolean,
  ) {
    this.#matches = matcher(filter);
  }

  get size(): number {
    return this.#members.size;
  }

  add(session: Session): void {
    this.#members.add(session);
  }

  remove(session: Session): void {
    this.#members.delete(session);
  }

  /** Takes changes that end at the log's `head`; members have everything before the first of them. */
  advance(changes: readonly Change[], head: Position): void {
    const matching: ScopedChange[] = [];
    for (const change of changes) {
      const scope = this.#matches(change);
      if (scope !== null) matching.push({ change, scope });
    }
    for (let i = 0; i < matching.length && this.#members.size > 0; i += this.batchSize) {
      const part = matching.slice(i, i + this.batchSize);
      const isLast = i + part.length === matching.length;
      const cursor = isLast ? head : positionOf(part.at(-1)?.change);
      // Who leaves now has everything up to the part before.
      const before = i === 0 ? positionOf(changes[0]) - 1n : positionOf(matching[i - 1]?.change);
      this.#send(cursor, part, head, before);
    }
  }

  /** Moves the cursor of every member that is behind `head`, with nothing to deliver. */
  moveCursors(head: Position): void {
    const behind = [...this.#members].filter((member) => member.sent < head && member.hasRoomFor(0));
    if (behind.length === 0) return;
    const message = this.#print(head, [], head);
    if (message) for (const member of behind) member.send(message);
  }

  /** Prints a batch; where it cannot be printed, its members end and no other lane is troubled. */
  #print(cursor: Position, changes: readonly ScopedChange[], head: Position): Message | null {
    try {
      return print({ cursor, redelivery: null, changes, head }, this.named, this.render);
    } catch (error) {
      for (const member of this.#members) member.fail(error);
      return null;
    }
  }

  #send(cursor: Position, changes: readonly ScopedChange[], head: Position, before: Position): void {
    const message = this.#print(cursor, changes, head);
    if (!message) return;
    for (const member of this.#members) {
      if (member.takes(changes.length)) member.send(message);
      else member.leaveLane(before);
    }
  }
}

const positionOf = (change: Change | undefined): Position => change?.row.position ?? 0n;
