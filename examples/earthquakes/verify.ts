/** Did every consumer get exactly what it should? Answers in sentences; none means yes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Connection } from './connection.js';
import type { Outcome } from './producer.js';
import type { Witness } from './witness.js';

/** How long the consumers may take to finish after the last change, in milliseconds. */
const SETTLE_MS = 15_000;
/** Milliseconds between looks. */
const LOOK_MS = 50;

const LAG = 'query ($name: ID!) { consumer(name: $name) { lag } }';

const COUNT = '{ hub { changeCount } }';

const ENTITIES = `query ($collection: String!, $where: [FieldCondition!], $after: String) {
  entities(collection: $collection, where: $where, first: 1000, after: $after) {
    nodes { key data }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** A consumer, and what is due to it. */
export interface Following {
  readonly name: string;
  readonly witness: Witness;
  /** The sourceIds of the changes that it must get, in the order in which they were published. */
  readonly due: readonly string[];
  /** The entities that its copy must equal. */
  readonly collections: readonly string[];
  readonly where?: readonly Record<string, unknown>[];
  /** Whether it loses its connection on the way. */
  readonly isCutOff: boolean;
}

/** What was published, over all sources. */
export interface Sent {
  /** Changes, each counted once. */
  readonly changes: number;
  /** Changes that were sent a second time on purpose. */
  readonly repeated: number;
  readonly answered: (outcome: Outcome) => number;
}

/** Changes in the hub's log behind what the consumer acknowledged. */
export async function lagOf(hub: Connection, name: string): Promise<number> {
  const { consumer } = await hub.ask<{ consumer: { lag: number } | null }>(LAG, { name });
  return consumer?.lag ?? Number.NaN;
}

/** Waits until every consumer has acknowledged the whole log; one that does not in time is `verify`'s to tell. */
export async function settled(
  hub: Connection,
  followings: readonly Following[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const lags = await Promise.all(followings.map(({ name }) => lagOf(hub, name)));
    if (lags.every((lag) => lag === 0) || performance.now() > deadline) return;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** What the hub lacks: every change recorded, and recorded once, also those that were sent twice. */
export async function verifyHub(hub: Connection, sent: Sent): Promise<string[]> {
  const { changes, repeated, answered } = sent;
  const { hub: state } = await hub.ask<{ hub: { changeCount: number } }>(COUNT);
  const lacks: string[] = [];
  if (state.changeCount !== changes)
    lacks.push(`The hub recorded ${state.changeCount} changes where ${changes} were published.`);
  // A repeat after a lost answer is a DUPLICATE too, so there may be more of them, and then fewer APPLIED.
  const duplicates = answered('DUPLICATE');
  if (duplicates < repeated || answered('APPLIED') + duplicates !== changes + repeated)
    lacks.push(
      `The hub answered APPLIED ${answered('APPLIED')} times and DUPLICATE ${duplicates} times to ${changes} changes and ` +
        `${repeated} repeats.`,
    );
  return lacks;
}

/** What one consumer lacks. */
export async function verify(hub: Connection, following: Following): Promise<string[]> {
  const { name, witness, due } = following;
  const lacks = orderDefects(witness.sessions, due);
  const lag = await lagOf(hub, name);
  if (lag !== 0) lacks.push(`acknowledged too little: its lag is ${lag}, not 0`);
  if (witness.acknowledgedChanges !== due.length)
    lacks.push(`acknowledged ${witness.acknowledgedChanges} of ${due.length} changes`);
  // Without it, nothing would show that it resumes.
  if (following.isCutOff && (witness.sessions.length < 2 || witness.duplicates === 0))
    lacks.push('was not cut off between processing and acknowledging');
  lacks.push(...copyDefects(witness.copy, await stateOf(hub, following)));
  return lacks.map((lack) => `${name} ${lack}.`);
}

/**
 * Within a session every change must be the one after the last, and a session may begin again earlier, never later, than
 * the one before ended. That is: at least once, in log order, nothing skipped, nothing that was not due.
 */
function orderDefects(sessions: readonly (readonly string[])[], due: readonly string[]): string[] {
  const placeOf = new Map(due.map((id, place) => [id, place]));
  let reached = 0;
  for (const ids of sessions) {
    let next: number | null = null;
    for (const id of ids) {
      const place = placeOf.get(id);
      if (place === undefined) return [`got ${id}, which was not due`];
      if (next === null ? place > reached : place !== next)
        return [`got ${id} where ${due[next ?? reached] ?? 'nothing'} was due`];
      next = place + 1;
      reached = Math.max(reached, next);
    }
  }
  return reached === due.length ? [] : [`lacks ${due.length - reached} changes, from ${due[reached]} on`];
}

function copyDefects(copy: ReadonlyMap<string, unknown>, state: ReadonlyMap<string, unknown>): string[] {
  const wrong = [...state].filter(([key, data]) => !isDeepStrictEqual(copy.get(key), data));
  const surplus = [...copy.keys()].filter((key) => !state.has(key));
  return [
    ...(wrong.length > 0 ? [`has ${wrong.length} entities other than the hub, as ${wrong[0]?.[0]}`] : []),
    ...(surplus.length > 0 ? [`has ${surplus.length} entities that the hub has not, as ${surplus[0]}`] : []),
  ];
}

/** The newest state as the hub has it, by collection and key, page by page. */
async function stateOf(hub: Connection, { collections, where }: Following): Promise<Map<string, unknown>> {
  const state = new Map<string, unknown>();
  for (const collection of collections) {
    let after: string | null = null;
    do {
      const variables: Record<string, unknown> = { collection, where, after };
      const { entities } = await hub.ask<EntityPage>(ENTITIES, variables);
      for (const { key, data } of entities.nodes) state.set(`${collection}/${key}`, data);
      after = entities.pageInfo.hasNextPage ? entities.pageInfo.endCursor : null;
    } while (after !== null);
  }
  return state;
}

interface EntityPage {
  readonly entities: {
    readonly nodes: readonly { readonly key: string; readonly data: unknown }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}
