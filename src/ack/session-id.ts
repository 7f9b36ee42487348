import { badInput } from '../model/errors.js';

/**
 * What tells the sessions of all consumers apart, for good: which consumer, which of its sessions, and how often it had been
 * sought when the batch was sent. Consumers' ids are never given twice, so a fence is not either.
 */
export interface Fence {
  /** See `ConsumerState.id`. */
  readonly id: bigint;
  /** 1 for the consumer's first session. */
  readonly epoch: bigint;
  readonly seeks: bigint;
}

export const sameFence = (a: Fence, b: Fence): boolean =>
  a.id === b.id && a.epoch === b.epoch && a.seeks === b.seeks;

/** Whether two fences are of one session, wherever it was sought meanwhile. */
export const sameSession = (a: Omit<Fence, 'seeks'>, b: Omit<Fence, 'seeks'>): boolean =>
  a.id === b.id && a.epoch === b.epoch;

/** A session's id as batches carry it; opaque to clients. */
export const sessionId = ({ id, epoch, seeks }: Fence): string => `${id}.${epoch}.${seeks}`;

/**
 * The fence that a session's id stands for; null where none is given.
 * @throws HubError BAD_USER_INPUT where the text is not a session's id
 */
export function fenceOf(sessionId: string | null): Fence | null {
  if (sessionId === null) return null;
  const [, id, epoch, seeks] = /^(\d{1,18})\.(\d{1,18})\.(\d{1,18})$/.exec(sessionId) ?? [];
  if (id === undefined || epoch === undefined || seeks === undefined)
    throw badInput('session', "is not a session's id; send back the one of the batch");
  return { id: BigInt(id), epoch: BigInt(epoch), seeks: BigInt(seeks) };
}
