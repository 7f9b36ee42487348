import { randomUUID } from 'node:crypto';
import type { Batch } from '../view/view.js';

/** Makes the text of a batch; for one lane always the same text from the same batch. */
export type Render = (batch: Batch) => string;

/**
 * Stands in a text where each member of a lane has its own session. Made anew in every process and shown to nobody, so no
 * data can contain it.
 */
const SESSION = `session-${randomUUID()}`;

/** A batch for any number of subscriptions that differ in their session only; printed once, when first asked for. */
export class Message {
  #parts: readonly string[] | null = null;

  /** @param named whether the subscriptions have sessions, or are anonymous looks */
  constructor(
    readonly batch: Omit<Batch, 'session'>,
    readonly named: boolean,
    readonly render: Render,
  ) {}

  /** The text for one session. @throws what `render` throws */
  textFor(session: string | null): string {
    this.#parts ??= this.render({ ...this.batch, session: this.named ? SESSION : null }).split(SESSION);
    return this.#parts.length === 1 ? (this.#parts[0] ?? '') : this.#parts.join(session ?? '');
  }
}
