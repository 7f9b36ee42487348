import type { Answer } from '../../support/client.js';
import type { Outcome } from '../history.js';
import { refusal } from '../history.js';

/** An answer that did not come by then is given up, in milliseconds. */
const PATIENCE_MS = 4_000;

/** Sends one operation over HTTP, once; never throws. What has no answer is unknown. */
export async function call<T>(
  url: string,
  query: string,
  variables: object,
  patienceMs = PATIENCE_MS,
): Promise<Outcome<T>> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const { data, errors } = (await response.json()) as Answer<T>;
    if (errors?.[0]) return refusal(errors[0].extensions);
    if (data) return { kind: 'ok', value: data };
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
