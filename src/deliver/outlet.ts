import type { Batch } from '../model/batch.js';

/** Makes the text of a message from a batch; for one lane always the same text from the same batch. */
export type Render = (batch: Batch) => string;

/** Where a subscription's messages go. */
export interface Outlet {
  /** Whether what was written is mostly sent: while it is not, nothing more may be written. */
  readonly hasRoom: boolean;
  /** Writes one message; never waits, never throws. */
  send(text: string): void;
  /** Calls `wake` once, as soon as there is room again; a later call replaces an earlier one. */
  onRoom(wake: () => void): void;
}
