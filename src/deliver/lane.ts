import type { Change } from '../model/change.js';
import type { Position } from '../model/cursor.js';
import { matcher } from '../model/filter.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Batch } from '../model/batch.js';
import type { Render } from './outlet.js';
import type { Session } from './session.js';

/**
 * Subscribers at the head with the same operation, variables and rights. A group of changes is matched, executed and
 * printed once, and the text goes to every member. A member without room leaves, and reads on by itself.
 */
export class Lane {
  readonly #members = new Set<Session>();
  readonly #matches: (change: Change) => boolean;

  constructor(
    readonly filter: ChangeFilter,
    readonly batchSize: number,
    readonly render: Render,
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
    const matching = changes.filter(this.#matches);
    for (let i = 0; i < matching.length && this.#members.size > 0; i += this.batchSize) {
      const part = matching.slice(i, i + this.batchSize);
      const isLast = i + part.length === matching.length;
      const cursor = isLast ? head : positionOf(part.at(-1));
      // Who leaves now has everything up to the part before.
      const before = i === 0 ? positionOf(changes[0]) - 1n : positionOf(matching[i - 1]);
      this.#send({ cursor, changes: part, head }, before);
    }
  }

  /** Moves the cursor of every member that is behind `head`, with nothing to deliver. */
  moveCursors(head: Position): void {
    const behind = [...this.#members].filter((member) => member.sent < head && member.hasRoomFor(0));
    if (behind.length === 0) return;
    const batch = { cursor: head, changes: [], head };
    const text = this.#print(batch);
    if (text === null) return;
    for (const member of behind) member.send(batch, text);
  }

  /** The text of a batch; where it cannot be made, its members end and no other lane is troubled. */
  #print(batch: Batch): string | null {
    try {
      return this.render(batch);
    } catch (error) {
      for (const member of this.#members) member.fail(error);
      return null;
    }
  }

  #send(batch: Batch, before: Position): void {
    const text = this.#print(batch);
    if (text === null) return;
    for (const member of this.#members) {
      if (member.hasRoomFor(batch.changes.length)) member.send(batch, text);
      else member.leaveLane(before);
    }
  }
}

const positionOf = (change: Change | undefined): Position => change?.row.position ?? 0n;
