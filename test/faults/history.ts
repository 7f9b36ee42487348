/**
 * The recorded history of a run: what producers sent and were answered, what consumers got and acknowledged, which faults
 * there were, and what the hubs hold at the end. A list of plain objects in the order in which they were recorded, JSON
 * throughout: a history can be saved, one entry a line, and checked again.
 *
 * Words used below:
 * - call: one request to a hub. Its entry is appended when its answer came or was given up.
 * - outcome of a call: `ok` the hub answered; `fail` the hub refused, and says that nothing happened; `unknown` it may have
 *   happened or not. Whoever records must not guess: an answer that did not come is `unknown`, never `fail`.
 * - connection: one subscription operation on one socket. Numbers are unique over the whole history.
 * - cursor: as the hub gave it, never decoded by who records.
 * - data: as it was sent and as it came, but for long strings, which stand as their length and their hash (see `shrunk`).
 */
/** Milliseconds of the recorder's monotonic clock (`performance.now()`): one clock for the whole history. */
export type Milliseconds = number;
export type JsonObject = Readonly<Record<string, unknown>>;

interface Entry {
  /** When the entry was appended: for a call the moment of its answer, or of giving up. Never goes back in a history. */
  readonly at: Milliseconds;
}

interface Call extends Entry {
  /** When the call was sent, or the moment just before. */
  readonly invokedAt: Milliseconds;
  /** The name of the hub that was asked, as in `StartEntry.hubs`. */
  readonly hub: string;
}

export interface Ok<T> {
  readonly kind: 'ok';
  readonly value: T;
}

/** The hub answered with an error that promises that nothing was done. */
export interface Fail {
  readonly kind: 'fail';
  /** `extensions.code` of the first error. */
  readonly code: string;
  /** `extensions.retryable`. */
  readonly retryable: boolean;
}

/** No answer (the socket broke, or the time ran out), or an answer that says that the hub does not know. */
export interface Unknown {
  readonly kind: 'unknown';
  /** For people: "timeout", "socket closed", "LOG_UNAVAILABLE, unknown" … */
  readonly why: string;
}

export type Outcome<T> = Ok<T> | Fail | Unknown;

// ── the run ──────────────────────────────────────────────────────────────────────────────────────

/** First entry of a history. */
export interface StartEntry extends Entry {
  readonly kind: 'start';
  readonly seed: number;
  readonly logId: string;
  /** `hub { head }` before anything was published: the log of the run begins behind it. */
  readonly head: string;
  readonly hubs: readonly string[];
}

/** One injected fault, appended when it is over. */
export interface FaultEntry extends Entry {
  readonly kind: 'fault';
  /** Short name of the kind, as "kill hub", "cut database", "drop hints". Figures count by it. */
  readonly fault: string;
  /** What it hit: a hub, a link, a server. */
  readonly target: string;
  readonly startedAt: Milliseconds;
  /** What was observed that shows that it took hold ("process exited by SIGKILL", "12 connections cut"); null: nothing. */
  readonly effect: string | null;
}

/** Resident memory of a hub's process, the most of several samples. */
export interface MemoryEntry extends Entry {
  readonly kind: 'memory';
  readonly hub: string;
  readonly bytes: number;
}

// ── producers ────────────────────────────────────────────────────────────────────────────────────

/** One change as it was sent. */
export interface SentChange {
  readonly collection: string;
  readonly key: string;
  readonly write: 'UPSERT' | 'PATCH' | 'DELETE';
  /** Null with DELETE. */
  readonly data: JsonObject | null;
  /** Always given: without it a retry could not be told from a new change. */
  readonly sourceId: string;
  readonly expectedVersion: number | null;
  readonly occurredAt?: string;
}

/** One result of a publish that was answered; cursor, version and operation are those of `change`, null where it is null. */
export interface PublishedResult {
  readonly outcome: 'APPLIED' | 'UNCHANGED' | 'DUPLICATE' | 'CONFLICT' | 'ABORTED';
  readonly cursor: string | null;
  readonly version: number | null;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | null;
}

/** A call of `publish`. A retry is an entry of its own with the same sourceIds (and the same `call` number). */
export interface PublishEntry extends Call {
  readonly kind: 'publish';
  readonly producer: string;
  readonly source: string;
  /** The producer's own number of the call; a retry keeps it. */
  readonly call: number;
  readonly atomic: boolean;
  readonly changes: readonly SentChange[];
  readonly outcome: Outcome<{ readonly cursor: string; readonly results: readonly PublishedResult[] }>;
}

/** A read of an entity with `atLeast`, right after the producer's own publish was answered. */
export interface ReadEntry extends Call {
  readonly kind: 'read';
  readonly producer: string;
  readonly collection: string;
  readonly key: string;
  /** The `cursor` that the publish answered. */
  readonly atLeast: string;
  /** The entity, or null where it is not live. */
  readonly outcome: Outcome<{
    readonly version: number;
    readonly cursor: string;
    readonly data: JsonObject;
  } | null>;
}

// ── consumers ────────────────────────────────────────────────────────────────────────────────────

/** The filter of a subscription: what the contract's ChangeFilter is. */
export interface Filter {
  readonly collections?: readonly string[];
  readonly keys?: readonly string[];
  readonly operations?: readonly string[];
  readonly sources?: readonly string[];
  readonly excludeSources?: readonly string[];
  readonly changedFields?: readonly string[];
  readonly where?: readonly (JsonObject & { readonly field: string })[];
}

export type StartAt = 'EARLIEST' | 'LATEST' | 'SNAPSHOT' | 'CURSOR' | 'TIME';

/** A consumer subscribes, or an anonymous look; appended when the operation is sent. */
export interface SubscribeEntry extends Entry {
  readonly kind: 'subscribe';
  readonly consumer: string;
  readonly connection: number;
  readonly hub: string;
  /**
   * No consumer is named: `consumer` is then a name of the recorder's own, and `session` of its batches is empty. The look
   * begins with EARLIEST, and resumes with CURSOR at the cursor of the last batch that it got.
   */
  readonly anonymous?: true;
  readonly startAt: StartAt;
  /** With CURSOR only. */
  readonly cursor?: string;
  /** The filter that is given; null: none. A consumer's filter is the same in all its connections. */
  readonly filter: Filter | null;
  readonly batchSize: number;
  readonly maxInFlight: number;
}

/** A change as a consumer got it, or as the log holds it. */
export interface ChangeRecord {
  readonly cursor: string;
  readonly sourceId: string;
  readonly collection: string;
  readonly key: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly version: number;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly changedFields: readonly string[];
  readonly source: string;
  readonly recordedAt: string;
}

export interface DeliveredChange extends ChangeRecord {
  readonly scope: 'ENTERED' | 'WITHIN' | 'LEFT';
}

/** A batch came, empty ones too; appended when it was received, before anything is done with it. */
export interface BatchEntry extends Entry {
  readonly kind: 'batch';
  readonly consumer: string;
  readonly connection: number;
  readonly session: string;
  readonly cursor: string;
  /** 1 where the hub has no attempts yet. */
  readonly attempt: number;
  readonly head: string;
  readonly changes: readonly DeliveredChange[];
}

/** A connection is over: nothing of it comes any more. Every connection gets exactly one, also those that never got a batch. */
export interface EndedEntry extends Entry {
  readonly kind: 'ended';
  readonly consumer: string;
  readonly connection: number;
  /** consumer: it closed by itself; hub: an `error` or `complete` message came; socket: the socket closed. */
  readonly by: 'consumer' | 'hub' | 'socket';
  /** `extensions.code` of the error message; null where there was none. */
  readonly code: string | null;
  /** Close code of the socket, where it closed. */
  readonly closeCode: number | null;
  readonly reason: string;
}

/** A call for a consumer, by whichever hub. */
interface ConsumerCall extends Call {
  readonly consumer: string;
}

/** A consumer is made by a call of its own. A subscription that makes one has no such entry. */
export interface CreateEntry extends ConsumerCall {
  readonly kind: 'create';
  readonly startAt: StartAt;
  readonly filter: Filter | null;
  readonly maxAttempts: number;
  /** `cursor` of the Consumer that was made. */
  readonly outcome: Outcome<{ readonly cursor: string }>;
}

/** A consumer is deleted. One request may delete and create: two entries, with the same moments. */
export interface DeleteEntry extends ConsumerCall {
  readonly kind: 'delete';
  readonly outcome: Outcome<{ readonly cursor: string }>;
}

export interface AcknowledgeEntry extends ConsumerCall {
  readonly kind: 'acknowledge';
  /** Another consumer, which got the batch; `connection` is then 0, and `session` null. */
  readonly foreign?: string;
  /** The connection that got the batch. */
  readonly connection: number;
  /** The batch's cursor, session and attempt. `session` null: sent without one. */
  readonly cursor: string;
  readonly session: string | null;
  readonly attempt: number;
  /** `cursor` of the Consumer that was answered. */
  readonly outcome: Outcome<{ readonly cursor: string }>;
}

/** A DeadLetter as it was answered or listed. */
export interface DeadLetterRecord {
  readonly id: string;
  /** `change { cursor }`: the cursor that the change has in the log. */
  readonly change: string;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly dead: boolean;
}

export interface RejectEntry extends ConsumerCall {
  readonly kind: 'reject';
  /** The caller expects a refusal and says why; `connection` is then 0. What the history proves counts, not what it says. */
  readonly probe?: 'never subscribed' | 'left out' | 'beyond the window' | 'acknowledged' | 'foreign';
  readonly connection: number;
  /** The cursor of the change, as it came. */
  readonly change: string;
  /** The attempt of the batch that it came in. */
  readonly attempt: number;
  readonly reason: string;
  readonly retryInSeconds: number | null;
  readonly session: string | null;
  readonly outcome: Outcome<DeadLetterRecord>;
}

export interface RedriveEntry extends ConsumerCall {
  readonly kind: 'redrive';
  /** Null: all. */
  readonly ids: readonly string[] | null;
  /** The cursors that the changes of `ids` have in the log, in the order of `ids`, where the list told them. */
  readonly listed?: readonly string[];
  readonly outcome: Outcome<{ readonly count: number }>;
}

export interface DiscardEntry extends ConsumerCall {
  readonly kind: 'discard';
  readonly ids: readonly string[];
  /** As in `RedriveEntry`. */
  readonly listed?: readonly string[];
  readonly outcome: Outcome<{ readonly count: number }>;
}

export interface SeekEntry extends ConsumerCall {
  readonly kind: 'seek';
  readonly to: StartAt;
  /** With CURSOR. */
  readonly cursor: string | null;
  /** With TIME. */
  readonly time: string | null;
  readonly outcome: Outcome<{ readonly cursor: string }>;
}

interface PauseOrResume<K> extends ConsumerCall {
  readonly kind: K;
  readonly outcome: Outcome<{ readonly cursor: string }>;
}
export type PauseEntry = PauseOrResume<'pause'> | PauseOrResume<'resume'>;

// ── the end ──────────────────────────────────────────────────────────────────────────────────────

export interface EntityRecord {
  readonly collection: string;
  readonly key: string;
  readonly version: number;
  readonly data: JsonObject;
}

/** What one hub says when everything is quiet. */
export interface HubState {
  readonly hub: string;
  readonly logId: string;
  readonly head: string;
  readonly changeCount: number;
  /** Every change, as pages of `changes` told them, in their order. */
  readonly log: readonly ChangeRecord[];
  /** Every live entity of every collection, with the cursor of its newest change. */
  readonly entities: readonly (EntityRecord & { readonly cursor: string })[];
}

export interface ConsumerState {
  readonly name: string;
  readonly cursor: string;
  readonly lag: number;
  /** What `deadLetters` lists. Empty where the hub has none yet. */
  readonly deadLetters: readonly DeadLetterRecord[];
  /** maxAttempts that the consumer was made with. */
  readonly maxAttempts: number;
}

/**
 * Last entry, taken after all faults stopped and all consumers were drained: a consumer is drained when it got a batch
 * whose cursor is the head and that acknowledgement was answered; how long to wait for it is the recorder's choice, and a
 * consumer that does not get there is recorded as it is.
 */
export interface FinalEntry extends Entry {
  readonly kind: 'final';
  readonly hubs: readonly HubState[];
  readonly consumers: readonly ConsumerState[];
  /** What consumers that began with SNAPSHOT made of what they got. Folded by the recorder: LEFT and DELETE remove. */
  readonly copies: readonly { readonly consumer: string; readonly entities: readonly EntityRecord[] }[];
}

export type HistoryEntry =
  | StartEntry
  | FaultEntry
  | MemoryEntry
  | PublishEntry
  | ReadEntry
  | SubscribeEntry
  | BatchEntry
  | EndedEntry
  | CreateEntry
  | DeleteEntry
  | AcknowledgeEntry
  | RejectEntry
  | RedriveEntry
  | DiscardEntry
  | SeekEntry
  | PauseEntry
  | FinalEntry;

export type History = readonly HistoryEntry[];

/** An entry without `at`, which the recorder gives. */
export type Unstamped = HistoryEntry extends infer E ? (E extends Entry ? Omit<E, 'at'> : never) : never;
