/**
 * The one catalogue of errors that reach a user. Each has a code (stable, part of the contract), one sentence that says
 * what is wrong and what to do, and details that name the place.
 */
export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'INVALID_CURSOR'
  | 'CURSOR_EXPIRED'
  | 'CURSOR_AHEAD'
  | 'CONSUMER_NOT_FOUND'
  | 'CONSUMER_EXISTS'
  | 'CONSUMER_TAKEN_OVER'
  | 'CONSUMER_DELETED'
  | 'FORBIDDEN'
  | 'PAYLOAD_TOO_LARGE'
  | 'TOO_MANY_CHANGES'
  | 'LOG_UNAVAILABLE'
  | 'OVERLOADED';

/** What stands beside the code in `errors[].extensions`. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error that users see as it is. Anything else that is thrown is a defect of the hub. */
export class HubError extends Error {
  override readonly name = 'HubError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A value that is not allowed; `place` names it, as `changes[3].key` or `first`. */
export const badInput = (place: string, sentence: string, details: ErrorDetails = {}): HubError =>
  new HubError('BAD_USER_INPUT', `${place}: ${sentence}`, { path: place, ...details });

/** A caller that may not use the hub; `place` is the header that says who it is. */
export const forbidden = (place: string, sentence: string): HubError =>
  new HubError('FORBIDDEN', `${place}: ${sentence}`, { path: place });

/** The database does not answer. `cause` is kept for the hub's own logs and never shown. */
export const logUnavailable = (cause: unknown): HubError =>
  new HubError(
    'LOG_UNAVAILABLE',
    'The database does not answer and no change was recorded; send the same call again.',
    { retryable: true },
    { cause },
  );

/** What SQLite says of a file that it cannot trust; sent again, the same call fails again. */
export const logDamaged = (cause: unknown): HubError =>
  new HubError(
    'LOG_UNAVAILABLE',
    'The database file is damaged and no change was recorded; restore it from a backup.',
    { retryable: false },
    { cause },
  );

/** Whether the database did not answer; not, where its file is damaged. */
export const isUnavailable = (error: unknown): error is HubError =>
  error instanceof HubError && error.code === 'LOG_UNAVAILABLE' && error.details.retryable !== false;

/** Whether a session that met an error may wait and try again: it is no defect, and the database may come back. */
export const mayPass = (error: unknown): boolean =>
  error instanceof HubError && !(error.code === 'LOG_UNAVAILABLE' && error.details.retryable === false);

/** A commit whose answer was lost: the one case in which the hub cannot say whether it recorded. */
export const commitUnknown = (cause: unknown): HubError =>
  new HubError(
    'LOG_UNAVAILABLE',
    'The database went away during the commit, so it is not known whether the changes were recorded; ' +
      'send the same call again with the same sourceIds, and they are recorded once.',
    { retryable: true, unknown: true },
    { cause },
  );

/** The same for anything else that is written: an acknowledgement, a rejection, a consumer. */
export const writeUnknown = (cause: unknown): HubError =>
  new HubError(
    'LOG_UNAVAILABLE',
    'The database went away before it answered, so it is not known whether the call took effect; send it again.',
    { retryable: true, unknown: true },
    { cause },
  );

/** A subscription that ended for an unexpected reason, which is in the hub's own logs. */
export const subscriptionFailed = (): HubError =>
  new HubError(
    'LOG_UNAVAILABLE',
    'The subscription failed; subscribe again to go on after what was acknowledged.',
    { retryable: true },
  );

/** A consumer rejects what it cannot have received. */
export const notSent = (): HubError =>
  badInput('change', 'was not sent to this consumer; reject a change by its own cursor');

/** A consumer rejects what a session may have sent whose hub cannot say so. */
export const sessionSilent = (name: string): HubError =>
  new HubError(
    'LOG_UNAVAILABLE',
    `The hub that holds the session of consumer ${JSON.stringify(name)} does not report, so it is not known whether the ` +
      'change was sent; nothing was recorded; send the same call again, or subscribe again: the change is delivered again.',
    { retryable: true, consumer: name },
  );

export const consumerNotFound = (name: string): HubError =>
  new HubError(
    'CONSUMER_NOT_FOUND',
    `There is no consumer named ${JSON.stringify(name)}; subscribe with that name, or call createConsumer first.`,
    { consumer: name },
  );

export const consumerExists = (name: string): HubError =>
  new HubError(
    'CONSUMER_EXISTS',
    `A consumer named ${JSON.stringify(name)} exists already; subscribe to it, or choose another name.`,
    { consumer: name },
  );

export const consumerTakenOver = (name: string): HubError =>
  new HubError(
    'CONSUMER_TAKEN_OVER',
    `A newer session of consumer ${JSON.stringify(name)} took over; one name serves one session at a time.`,
    { consumer: name },
  );

export const consumerDeleted = (name: string): HubError =>
  new HubError(
    'CONSUMER_DELETED',
    `Consumer ${JSON.stringify(name)} was deleted; subscribe again to create a new one.`,
    { consumer: name },
  );
