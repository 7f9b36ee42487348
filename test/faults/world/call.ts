import type { Answer } from '../../support/client.js';
import type { Outcome, Unknown } from '../history.js';
import { refusal } from '../recording.js';

/** An answer that did not come by then is given up, in milliseconds. */
const PATIENCE_MS = 4_000;

/** Sends one operation over HTTP, once; never throws. What has no answer is unknown. */
export async function call<T>(
  url: string,
  query: string,
  variables: object,
  patienceMs = PATIENCE_MS,
): Promise<Outcome<T>> {
  const answer = await send<T>(url, query, variables, patienceMs);
  if ('kind' in answer) return answer;
  const { data, errors } = answer;
  if (errors?.[0]) return refusal(errors[0].extensions);
  return data ? { kind: 'ok', value: data } : { kind: 'unknown', why: 'an answer without data' };
}

/**
 * Sends one mutation of several non-null fields and answers the outcome of each that was executed: fields are executed in
 * order, and none after the first that fails.
 */
export async function callParts<T>(
  url: string,
  query: string,
  variables: object,
  parts: readonly string[],
): Promise<Partial<Record<string, Outcome<T>>>> {
  const answer = await send<Record<string, T>>(url, query, variables, PATIENCE_MS);
  if ('kind' in answer) return Object.fromEntries(parts.map((part) => [part, answer]));
  const { data, errors } = answer;
  const failed = errors?.[0] ? parts.indexOf(String(errors[0].path?.[0])) : parts.length;
  const reached = failed < 0 ? parts : parts.slice(0, failed + 1);
  return Object.fromEntries(
    reached.map((part, i): [string, Outcome<T>] => {
      const value = data?.[part];
      if (i === failed || failed < 0) return [part, refusal(errors?.[0]?.extensions)];
      // The values of the parts before the one that failed are not in the answer.
      return [part, { kind: 'ok', value: value ?? ({ cursor: '' } as T) }];
    }),
  );
}

async function send<T>(
  url: string,
  query: string,
  variables: object,
  patienceMs: number,
): Promise<Answer<T> | Unknown> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const answer = (await response.json()) as Answer<T>;
    if (answer.data || answer.errors?.[0]) return answer;
    return { kind: 'unknown', why: `HTTP ${response.status} without data` };
  } catch (error) {
    return { kind: 'unknown', why: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : null;
  return code ?? error.name;
}

/** The value of an answer made into another; what is no answer stays as it is. */
export function mapOutcome<T, U>(outcome: Outcome<T>, map: (value: T) => U): Outcome<U> {
  return outcome.kind === 'ok' ? { kind: 'ok', value: map(outcome.value) } : outcome;
}
