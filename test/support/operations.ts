import { ask, subscribe } from './client.js';
import type { TestSubscription } from './client.js';

/** Every field of a change, for tests that look at all of it. */
export const CHANGE_FIELDS =
  'id cursor sourceId collection key operation version before after changedFields scope source headers occurredAt recordedAt';

export interface ChangeData {
  readonly id: string;
  readonly cursor: string;
  readonly sourceId: string;
  readonly collection: string;
  readonly key: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly version: number;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly changedFields: readonly string[];
  readonly scope: 'ENTERED' | 'WITHIN' | 'LEFT';
  readonly source: string;
  readonly headers: Record<string, unknown> | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
}

export interface ResultData {
  readonly outcome: 'APPLIED' | 'UNCHANGED' | 'DUPLICATE' | 'CONFLICT' | 'ABORTED';
  readonly change: ChangeData | null;
  readonly conflict: {
    readonly reason: string;
    readonly currentVersion: number;
    readonly current: unknown;
  } | null;
}

export interface PublishData {
  readonly cursor: string;
  readonly results: readonly ResultData[];
}

export interface BatchData {
  readonly cursor: string;
  readonly attempt: number;
  readonly head: string;
  readonly session: string | null;
  readonly changes: readonly ChangeData[];
}

export interface ConsumerData {
  readonly name: string;
  readonly cursor: string;
  readonly lag: number;
  readonly inFlight: number;
  readonly connected: boolean;
  readonly acknowledgedAt: string | null;
}

export const PUBLISH = `mutation ($source: String!, $changes: [ChangeInput!]!, $atomic: Boolean! = false) {
  publish(source: $source, changes: $changes, atomic: $atomic) {
    cursor
    results { outcome change { ${CHANGE_FIELDS} } conflict { reason currentVersion current } }
  }
}`;

export async function publish(
  url: string,
  changes: readonly object[],
  { source = 'crm', atomic = false }: { source?: string; atomic?: boolean } = {},
): Promise<PublishData> {
  return (await ask<{ publish: PublishData }>(url, PUBLISH, { source, changes, atomic })).publish;
}

/** Makes a durable consumer. */
export const createConsumer = (url: string, input: object): Promise<unknown> =>
  ask(url, 'mutation ($input: CreateConsumerInput!) { createConsumer(input: $input) { name } }', { input });

export const ACKNOWLEDGE = `mutation ($consumer: ID!, $cursor: Cursor!, $session: ID) {
  acknowledge(consumer: $consumer, cursor: $cursor, session: $session) { name cursor lag inFlight connected acknowledgedAt }
}`;

export async function acknowledge(url: string, consumer: string, cursor: string): Promise<ConsumerData> {
  return (await ask<{ acknowledge: ConsumerData }>(url, ACKNOWLEDGE, { consumer, cursor })).acknowledge;
}

export const CHANGES = `subscription (
  $consumer: ID, $startAt: StartAt, $cursor: Cursor, $time: DateTime, $filter: ChangeFilter,
  $batchSize: Int! = 100, $maxInFlight: Int! = 1000
) {
  changes(consumer: $consumer, startAt: $startAt, cursor: $cursor, time: $time, filter: $filter,
    batchSize: $batchSize, maxInFlight: $maxInFlight) { cursor attempt head session changes { ${CHANGE_FIELDS} } }
}`;

/** Follows the log as a consumer does, on a socket of its own. */
export const follow = (url: string, variables: object): TestSubscription<{ changes: BatchData }> =>
  subscribe(url, CHANGES, variables);

/** All changes that a subscription has got so far, in the order in which they came. */
export const changesOf = (subscription: TestSubscription<{ changes: BatchData }>): ChangeData[] =>
  subscription.messages.flatMap((message) => message.changes.changes);
