import { badInput } from '../model/errors.js';

/** What fences a session: how many sessions the consumer has had, and how often it was sought elsewhere. */
export interface Fence {
  readonly epoch: bigint;
  readonly seeks: bigint;
}

/** A session's id as batches carry it; opaque to clients. */
export const sessionId = ({ epoch, seeks }: Fence): string => `${epoch}.${seeks}`;

/**
 * The fence that a session's id stands for; null where none is given.
 * @throws HubError BAD_USER_INPUT where it is no session's id
 */
export function fenceOf(id: string | null): Fence | null {
  if (id === null) return null;
  const [, epoch, seeks] = /^(\d{1,18})\.(\d{1,18})$/.exec(id) ?? [];
  if (epoch === undefined || seeks === undefined)
    throw badInput('session', 'is no session; send back the one of the batch');
  return { epoch: BigInt(epoch), seeks: BigInt(seeks) };
}
