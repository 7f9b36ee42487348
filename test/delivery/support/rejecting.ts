import { ask, post } from '../../support/client.js';
import type { Answer, TestSubscription } from '../../support/client.js';
import type { BatchData, ChangeData } from '../../support/operations.js';
import { eventually } from '../../support/wait.js';

export interface DeadLetterData {
  readonly id: string;
  readonly change: Pick<ChangeData, 'key' | 'version' | 'cursor' | 'scope'>;
  readonly reason: string;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly dead: boolean;
  readonly at: string;
}

const LETTER = 'id reason attempts nextAttemptAt dead at change { key version cursor scope }';

const REJECT = `mutation ($consumer: ID!, $change: Cursor!, $reason: String!, $retryInSeconds: Int, $session: ID) {
  reject(consumer: $consumer, change: $change, reason: $reason, retryInSeconds: $retryInSeconds, session: $session) {
    ${LETTER}
  }
}`;

export interface RejectOptions {
  readonly retryInSeconds?: number;
  readonly session?: string | null;
  readonly reason?: string;
}

/** Rejects a change; comes again at once unless said otherwise. */
export const tryReject = (
  url: string,
  consumer: string,
  change: string,
  options: RejectOptions = {},
): Promise<Answer<{ reject: DeadLetterData }>> =>
  post(url, REJECT, { consumer, change, reason: 'no such account', retryInSeconds: 0, ...options });

export async function reject(...args: Parameters<typeof tryReject>): Promise<DeadLetterData> {
  const { data, errors } = await tryReject(...args);
  if (!data) throw new Error(JSON.stringify(errors));
  return data.reject;
}

export async function deadLetters(url: string, consumer: string): Promise<readonly DeadLetterData[]> {
  const query = `query ($consumer: ID!) { consumer(name: $consumer) { deadLetters { nodes { ${LETTER} } } } }`;
  const { consumer: found } = await ask<{
    consumer: { deadLetters: { nodes: readonly DeadLetterData[] } };
  }>(url, query, { consumer });
  return found.deadLetters.nodes;
}

export const redrive = async (url: string, consumer: string, ids?: readonly string[]): Promise<number> =>
  (
    await ask<{ redrive: number }>(
      url,
      'mutation ($consumer: ID!, $ids: [ID!]) { redrive(consumer: $consumer, ids: $ids) }',
      { consumer, ...(ids ? { ids } : {}) },
    )
  ).redrive;

export const discard = async (url: string, consumer: string, ids: readonly string[]): Promise<number> =>
  (
    await ask<{ discard: number }>(
      url,
      'mutation ($consumer: ID!, $ids: [ID!]!) { discard(consumer: $consumer, ids: $ids) }',
      { consumer, ids },
    )
  ).discard;

/** A change as tests name it: key, version, and which attempt it came with. */
export const namesOf = (reader: TestSubscription<{ changes: BatchData }>): string[] =>
  reader.messages.flatMap(({ changes: { attempt, changes } }) =>
    changes.map(({ key, version }) => `${key}${version}${attempt > 1 ? `#${attempt}` : ''}`),
  );

/** Waits until so many changes came in all; answers the newest batch that has any. */
export async function delivered(
  reader: TestSubscription<{ changes: BatchData }>,
  count: number,
): Promise<BatchData> {
  await eventually(() => namesOf(reader).length >= count, { what: `${count} changes` });
  const batch = reader.messages.findLast(({ changes }) => changes.changes.length > 0);
  if (!batch) throw new Error('There is no batch with changes.');
  return batch.changes;
}
