import type { Start } from '../model/consumer.js';
import { badInput } from '../model/errors.js';
import type { ChangeFilter } from '../model/filter.js';
import type { Limits } from '../model/limits.js';
import { checkName } from '../model/names.js';

const MAX_ATTEMPTS = 1_000;
/** How often a consumer's changes are tried where its first subscription makes it. */
export const DEFAULT_ATTEMPTS = 5;

/** What a client says of a consumer that it creates. */
export interface CreateRequest {
  readonly name: string;
  readonly filter: ChangeFilter;
  readonly start: Start;
  readonly maxAttempts: number;
}

/** @throws HubError BAD_USER_INPUT */
export function checkNew(request: CreateRequest, limits: Limits): CreateRequest {
  const { name, maxAttempts } = request;
  checkName(name, 'input.name', limits);
  if (maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS)
    throw badInput('input.maxAttempts', `is ${maxAttempts}; give 1 to ${MAX_ATTEMPTS}`);
  return request;
}
