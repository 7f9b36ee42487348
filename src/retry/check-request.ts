import { badInput } from '../model/errors.js';
import { textDefect } from '../model/json-check.js';

/** Characters of a reason. */
const MAX_REASON = 4_000;
/** A week. */
const MAX_RETRY_SECONDS = 604_800;

/** Answers the wait in milliseconds; null: as the backoff says. @throws HubError BAD_USER_INPUT */
export function checkRequest({
  reason,
  retryInSeconds,
}: {
  readonly reason: string;
  readonly retryInSeconds: number | null;
}): number | null {
  if (reason.trim() === '') throw badInput('reason', 'is empty; say why the change could not be processed');
  if (reason.length > MAX_REASON)
    throw badInput('reason', `has ${reason.length} characters; ${MAX_REASON} are allowed`);
  const defect = textDefect(reason);
  if (defect !== null) throw badInput('reason', defect);
  if (retryInSeconds === null) return null;
  if (retryInSeconds < 0 || retryInSeconds > MAX_RETRY_SECONDS)
    throw badInput('retryInSeconds', `is ${retryInSeconds}; give 0 to ${MAX_RETRY_SECONDS}`);
  return retryInSeconds * 1_000;
}
