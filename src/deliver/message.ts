import { randomUUID } from 'node:crypto';
import type { Batch } from '../model/batch.js';
import type { Render } from './outlet.js';

/**
 * Stands in a message where each member of a lane has its own session. Made anew in every process and shown to nobody, so
 * no data can hold it.
 */
const SESSION = `session-${randomUUID()}`;

/** A batch printed once for many: its text, cut where the session goes. */
export interface Message {
  readonly batch: Batch;
  readonly parts: readonly string[];
}

/** Prints a batch, for members that have sessions or for anonymous looks. */
export function print(batch: Omit<Batch, 'session'>, named: boolean, render: Render): Message {
  const whole = { ...batch, session: named ? SESSION : null };
  return { batch: whole, parts: render(whole).split(SESSION) };
}

/** The text of a message for one session. */
export const textFor = ({ parts }: Message, session: string): string =>
  parts.length === 1 ? (parts[0] ?? '') : parts.join(session);
