/** What fences a session: how many sessions the consumer has had, and how often it was sought elsewhere. */
export interface Fence {
  readonly epoch: bigint;
  readonly seeks: bigint;
}

/** A session's id as batches carry it; opaque to clients. */
export const sessionId = ({ epoch, seeks }: Fence): string => `${epoch}.${seeks}`;

/** The fence that an id stands for; null where it is no session's id. */
export function fenceOf(id: string): Fence | null {
  const [, epoch, seeks] = /^(\d{1,18})\.(\d{1,18})$/.exec(id) ?? [];
  return epoch !== undefined && seeks !== undefined ? { epoch: BigInt(epoch), seeks: BigInt(seeks) } : null;
}
