import type { ConsumerRecord, Consumers } from '../ack/ack.js';
import type { Feed } from '../feed/feed.js';
import { Change } from '../model/change.js';
import type { Scope } from '../model/change.js';
import type { Place } from '../model/cursor.js';
import type { DeadLetter } from '../model/dead-letter.js';
import { badInput, consumerNotFound, notSent } from '../model/errors.js';
import { matcher, snapshotMatcher } from '../model/filter.js';

/** Characters of a reason. */
const MAX_REASON = 4_000;
/** A week. */
const MAX_RETRY_SECONDS = 604_800;

/** What a consumer says of a change that it could not process. */
export interface RejectRequest {
  /** The change, or the cursor of the batch in which it came again. */
  readonly place: Place;
  readonly reason: string;
  /** Seconds until it comes again; null: as the backoff says. */
  readonly retryInSeconds: number | null;
  /** The session of the batch; null: not fenced. */
  readonly session: string | null;
}

/** See Deliverer.reject. */
export async function reject(
  { feed, consumers }: { readonly feed: Feed; readonly consumers: Consumers },
  name: string,
  { place, reason, retryInSeconds, session }: RejectRequest,
): Promise<DeadLetter> {
  checkReason(reason);
  const retryMs = checkRetry(retryInSeconds);
  const consumer = await consumers.find(name);
  if (!consumer) throw consumerNotFound(name);
  const { position, attempt } = place;
  const row = await feed.log.changeAt(position);
  if (!row) throw notSent();
  const change = new Change(row);
  const scope = scopeFor(consumer, change);
  const { collection, key } = row;
  const rejection = await consumers.rejections.reject(
    name,
    {
      ...{ position, collection, key, reason, retryMs },
      scope: scope ?? 'WITHIN',
      mayBeNew: scope !== null && position <= (consumers.sentTo(consumer) ?? position),
      ticket: attempt?.ticket ?? null,
    },
    session,
  );
  return { ...rejection, change: { change, scope: rejection.scope } };
}

function scopeFor({ filter, snapshotUntil }: ConsumerRecord, change: Change): Scope | null {
  const inSnapshot = snapshotUntil !== null && change.row.position <= snapshotUntil;
  return (inSnapshot ? snapshotMatcher(filter) : matcher(filter))(change);
}

/** The wait in milliseconds. */
function checkRetry(seconds: number | null): number | null {
  if (seconds === null) return null;
  if (seconds < 0 || seconds > MAX_RETRY_SECONDS)
    throw badInput('retryInSeconds', `is ${seconds}; give 0 to ${MAX_RETRY_SECONDS}`);
  return seconds * 1_000;
}

function checkReason(reason: string): void {
  if (reason.trim() === '') throw badInput('reason', 'is empty; say why the change could not be processed');
  if (reason.length > MAX_REASON)
    throw badInput('reason', `has ${reason.length} characters; ${MAX_REASON} are allowed`);
  if (reason.includes('\0') || !reason.isWellFormed())
    throw badInput('reason', 'holds U+0000 or half of a surrogate pair, which is not text; mend it');
}
