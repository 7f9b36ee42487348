// Generated from schema/ by `npm run codegen`. Do not edit.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { VisibleChange as VisibleChangeRow, VisibleEntity as VisibleEntityRow, VisibleConflict as VisibleConflictRow, VisibleDeadLetter as VisibleDeadLetterRow, Batch as BatchRow, VisibleCollection as VisibleCollectionRow, VisibleSource as VisibleSourceRow, VisibleHub as VisibleHubRow } from '../view/view.js';
import type { ConsumerState as ConsumerStateRow, ConsumerSession as ConsumerSessionRow } from '../model/consumer.js';
import type { PageInfo as PageInfoRow } from '../model/page.js';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * A place in one hub log: opaque, URL-safe text. Store it and send it back, never build it.
   * Equal places have equal texts.
   */
  Cursor: { input: string; output: string; }
  /** A date-time as RFC 3339 with milliseconds, UTC: `2018-01-31T02:18:21.235Z`. */
  DateTime: { input: number; output: number; }
  /** Any JSON value. */
  JSON: { input: unknown; output: unknown; }
  /** A JSON object. */
  JSONObject: { input: Record<string, unknown>; output: unknown; }
  /** A whole number up to 2^53 - 1: counts outgrow Int. */
  SafeInt: { input: number; output: number; }
};

/** One recorded change of one entity: a line of the log, as consumers get it. */
export type Change = Node & {
  readonly __typename?: 'Change';
  /** The entity after; null on DELETE. */
  readonly after?: Maybe<Scalars['JSONObject']['output']>;
  /** The entity before; null on CREATE. */
  readonly before?: Maybe<Scalars['JSONObject']['output']>;
  /** Top-level fields that differ between before and after. */
  readonly changedFields: ReadonlyArray<Scalars['String']['output']>;
  readonly collection: Scalars['String']['output'];
  /** The place of this change in the log: resume after it, or acknowledge everything up to it. */
  readonly cursor: Scalars['Cursor']['output'];
  /**
   * SHA-256 chain over the log up to this change, base64url: it covers the hash of the change before, this change's columns and
   * a salted digest of its content, so two logs with equal hashes at one place are equal up to there.
   */
  readonly hash: Scalars['String']['output'];
  /** Carried through untouched: trace context, correlation id, … */
  readonly headers?: Maybe<Scalars['JSONObject']['output']>;
  /** Global, as of every Node. */
  readonly id: Scalars['ID']['output'];
  readonly key: Scalars['ID']['output'];
  /** The source's clock (recordedAt where the source gave none). */
  readonly occurredAt: Scalars['DateTime']['output'];
  readonly operation: Operation;
  /** The hub's clock; never goes back along the log. */
  readonly recordedAt: Scalars['DateTime']['output'];
  /**
   * Against the where of the subscription or query that this change comes by: LEFT = no longer matches, drop your copy. It is the
   * only field of a change that one caller may get different values of.
   */
  readonly scope: Scope;
  /** The system that published the change. */
  readonly source: Scalars['String']['output'];
  /** The source's own id of the change, or one that the hub gave (UUIDv7). */
  readonly sourceId: Scalars['ID']['output'];
  /** 1, 2, 3 … of this entity; goes on over a delete. */
  readonly version: Scalars['Int']['output'];
};

/** What one message of the changes subscription holds. */
export type ChangeBatch = {
  readonly __typename?: 'ChangeBatch';
  /**
   * 1: changes in log order, and cursor acknowledges all up to it. 2, 3, …: one change, alone, that is delivered again or that
   * waited behind one; it grows with every rejection, and begins at 2 again after a redrive. cursor settles this attempt, and
   * nothing else does.
   */
  readonly attempt: Scalars['Int']['output'];
  /**
   * Up to batchSize, in log order. Empty: the first batch, always, sent at once when the subscription is live, its
   * cursor the start; and later ones that only move the cursor over filtered changes, at most one a second or every
   * 1,000 changes.
   */
  readonly changes: ReadonlyArray<Change>;
  /** Acknowledge this when the whole batch is processed. */
  readonly cursor: Scalars['Cursor']['output'];
  /** The log's end when this batch was sent. */
  readonly head: Scalars['Cursor']['output'];
  /** Of a named consumer: give it to acknowledge and reject, and a session that does not know it was taken over changes nothing. */
  readonly session?: Maybe<Scalars['ID']['output']>;
};

export type ChangeConnection = {
  readonly __typename?: 'ChangeConnection';
  readonly edges: ReadonlyArray<ChangeEdge>;
  readonly nodes: ReadonlyArray<Change>;
  readonly pageInfo: PageInfo;
};

export type ChangeEdge = {
  readonly __typename?: 'ChangeEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Change;
};

/** Which changes to get; conditions on different fields all hold, values within one are alternatives. */
export type ChangeFilter = {
  /** At least one of these top-level fields changed. */
  readonly changedFields?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly collections?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** A system that also publishes leaves out its own changes. */
  readonly excludeSources?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  readonly keys?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  readonly operations?: InputMaybe<ReadonlyArray<Operation>>;
  readonly sources?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** All hold on the entity, after the change or before it; scope says which. */
  readonly where?: InputMaybe<ReadonlyArray<FieldCondition>>;
};

/** One change that a source asks to record. */
export type ChangeInput = {
  /** The kind of entity: `quakes`, `customers`. */
  readonly collection: Scalars['String']['input'];
  /** Required by UPSERT and PATCH, refused by DELETE. */
  readonly data?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Apply only on this version; 0 = not live (never was, or deleted). */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>;
  /** Carried through untouched. */
  readonly headers?: InputMaybe<Scalars['JSONObject']['input']>;
  /** The entity's own key within the collection. */
  readonly key: Scalars['ID']['input'];
  /** When it happened, by the source's clock. */
  readonly occurredAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Unique within the source: sent twice, recorded once. The hub gives one (UUIDv7) where it is absent. */
  readonly sourceId?: InputMaybe<Scalars['ID']['input']>;
  readonly write: Write;
};

export type ChangeResult = {
  readonly __typename?: 'ChangeResult';
  /** What is recorded: on APPLIED now, on DUPLICATE then. */
  readonly change?: Maybe<Change>;
  /** Why the change was refused, on CONFLICT. */
  readonly conflict?: Maybe<Conflict>;
  readonly outcome: Outcome;
};

export type Collection = {
  readonly __typename?: 'Collection';
  readonly changeCount: Scalars['SafeInt']['output'];
  /** Whether a type is declared for it. */
  readonly declared: Scalars['Boolean']['output'];
  /** Live entities. */
  readonly entityCount: Scalars['SafeInt']['output'];
  readonly name: Scalars['String']['output'];
};

/** A change that did not fit what the hub holds. */
export type Conflict = Node & {
  readonly __typename?: 'Conflict';
  readonly at: Scalars['DateTime']['output'];
  readonly collection: Scalars['String']['output'];
  /** The entity as the hub holds it; null where it is not live. */
  readonly current?: Maybe<Scalars['JSONObject']['output']>;
  /** The entity's version as the hub holds it; 0 where it never was. */
  readonly currentVersion: Scalars['Int']['output'];
  /** Global, as of every Node. */
  readonly id: Scalars['ID']['output'];
  /** What the source sent as data. */
  readonly incoming?: Maybe<Scalars['JSONObject']['output']>;
  readonly key: Scalars['ID']['output'];
  /** VERSION_MISMATCH: expectedVersion is not the entity's version. ID_REUSED: the sourceId stands for another content. */
  readonly reason: Scalars['String']['output'];
  /** REJECTED: the incoming change was not recorded. */
  readonly resolution: Scalars['String']['output'];
  readonly source: Scalars['String']['output'];
};

/** A durable consumer: a name with an acknowledged cursor that survives restarts. */
export type Consumer = Node & {
  readonly __typename?: 'Consumer';
  readonly acknowledgedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Whether a session is open; as last reported by the hub that holds it, some seconds old at most. */
  readonly connected: Scalars['Boolean']['output'];
  readonly createdAt: Scalars['DateTime']['output'];
  /** Acknowledged up to here; it also moves over what the filter leaves out, see lag. */
  readonly cursor: Scalars['Cursor']['output'];
  /** What was set aside after too many attempts, in log order, until somebody redrives or discards it. */
  readonly deadLetters: DeadLetterConnection;
  /** Global, as of every Node. A consumer that is deleted and created again is another one. */
  readonly id: Scalars['ID']['output'];
  /** Delivered, not acknowledged; as last reported by the hub that holds the session, some seconds old at most. */
  readonly inFlight: Scalars['Int']['output'];
  /**
   * Changes in the log behind that cursor, before the filter. What the filter leaves out counts as acknowledged once the session
   * has passed it and nothing before it is open: delivered and not acknowledged, or waiting for its redelivery. Exact at the hub
   * that holds the session; elsewhere, and in the cursor, some seconds old at most.
   */
  readonly lag: Scalars['SafeInt']['output'];
  /**
   * Age of the oldest matching change that is not acknowledged, by its recordedAt; 0 where there is none. Exact at the hub that
   * holds the session; as last reported elsewhere, some seconds old at most. Where nobody is connected, while the session catches
   * up or is paused with nothing in flight, and while a rejected change waits, the filter is not asked: the oldest change behind
   * the cursor counts, so that the true age is that or less. What was rejected and then acknowledged does not count.
   */
  readonly lagSeconds: Scalars['Float']['output'];
  readonly name: Scalars['ID']['output'];
  readonly paused: Scalars['Boolean']['output'];
  /** The live session; null where nobody is connected. As last reported by its hub, some seconds old at most. */
  readonly session?: Maybe<ConsumerSession>;
};


/** A durable consumer: a name with an acknowledged cursor that survives restarts. */
export type ConsumerDeadLettersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

/** A live session of a consumer. */
export type ConsumerSession = {
  readonly __typename?: 'ConsumerSession';
  /** The hub that holds it: host name and port. */
  readonly hub: Scalars['String']['output'];
  /** As its batches carry it. */
  readonly id: Scalars['ID']['output'];
  /** The peer of its socket, which is a proxy where there is one before the hub; null for a consumer within the hub's process. */
  readonly remoteAddress?: Maybe<Scalars['String']['output']>;
  readonly since: Scalars['DateTime']['output'];
  readonly state: SessionState;
};

export type CreateConsumerInput = {
  /** The place to start after, with startAt: CURSOR. */
  readonly cursor?: InputMaybe<Scalars['Cursor']['input']>;
  /** Absent: every change. */
  readonly filter?: InputMaybe<ChangeFilter>;
  /** How often a change is tried before it is set aside. */
  readonly maxAttempts: Scalars['Int']['input'];
  readonly name: Scalars['ID']['input'];
  readonly startAt: StartAt;
  /** The time to start at, with startAt: TIME. */
  readonly time?: InputMaybe<Scalars['DateTime']['input']>;
};

/** A change that a consumer could not process. */
export type DeadLetter = Node & {
  readonly __typename?: 'DeadLetter';
  /** When it was rejected last. */
  readonly at: Scalars['DateTime']['output'];
  /** How often it was tried. */
  readonly attempts: Scalars['Int']['output'];
  readonly change: Change;
  /** Whether it was set aside: it comes again only when it is redriven. */
  readonly dead: Scalars['Boolean']['output'];
  /** Global, as of every Node; redrive and discard take it. */
  readonly id: Scalars['ID']['output'];
  /** Null while it is out, while it waits behind another change of its key, and once it is dead. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>;
  /** As the consumer gave it; for a change that only waited behind another one, that. */
  readonly reason: Scalars['String']['output'];
};

export type DeadLetterConnection = {
  readonly __typename?: 'DeadLetterConnection';
  readonly edges: ReadonlyArray<DeadLetterEdge>;
  readonly nodes: ReadonlyArray<DeadLetter>;
  readonly pageInfo: PageInfo;
};

export type DeadLetterEdge = {
  readonly __typename?: 'DeadLetterEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: DeadLetter;
};

/** The newest state of one live entity. */
export type Entity = Node & {
  readonly __typename?: 'Entity';
  readonly collection: Scalars['String']['output'];
  /** The place of its newest change in the log. */
  readonly cursor: Scalars['Cursor']['output'];
  readonly data: Scalars['JSONObject']['output'];
  /** Its changes, newest first. */
  readonly history: ChangeConnection;
  /** Global, as of every Node. An entity that is deleted and created again has the same one. */
  readonly id: Scalars['ID']['output'];
  readonly key: Scalars['ID']['output'];
  /** The source of its newest change. */
  readonly source: Scalars['String']['output'];
  readonly updatedAt: Scalars['DateTime']['output'];
  readonly version: Scalars['Int']['output'];
};


/** The newest state of one live entity. */
export type EntityHistoryArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first: Scalars['Int']['input'];
};

export type EntityConnection = {
  readonly __typename?: 'EntityConnection';
  readonly edges: ReadonlyArray<EntityEdge>;
  readonly nodes: ReadonlyArray<Entity>;
  readonly pageInfo: PageInfo;
};

export type EntityEdge = {
  readonly __typename?: 'EntityEdge';
  readonly cursor: Scalars['String']['output'];
  readonly node: Entity;
};

/**
 * A condition on one field of an entity; every operator given holds.
 * Comparisons hold between two numbers or two strings (by code point), never across types.
 * A field that is absent equals nothing, null neither.
 */
export type FieldCondition = {
  /** Equal as JSON: objects whatever the order of fields. */
  readonly eq?: InputMaybe<Scalars['JSON']['input']>;
  /** true: the field is there (null too); false: it is not. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** Dotted path into the entity's objects: `origin.latitude`. Arrays are values: a path does not enter them. */
  readonly field: Scalars['String']['input'];
  readonly gt?: InputMaybe<Scalars['JSON']['input']>;
  readonly gte?: InputMaybe<Scalars['JSON']['input']>;
  /** Equal to one of these. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['JSON']['input']>>;
  readonly lt?: InputMaybe<Scalars['JSON']['input']>;
  readonly lte?: InputMaybe<Scalars['JSON']['input']>;
  /** Not equal; holds where the field is absent. */
  readonly ne?: InputMaybe<Scalars['JSON']['input']>;
  readonly startsWith?: InputMaybe<Scalars['String']['input']>;
};

export type Hub = {
  readonly __typename?: 'Hub';
  readonly changeCount: Scalars['SafeInt']['output'];
  /** SQLite or PostgreSQL, with its version. */
  readonly database: Scalars['String']['output'];
  /** The log's end. */
  readonly head: Scalars['Cursor']['output'];
  /** The hash of the newest change: two hubs that agree on head and headHash hold the same log. */
  readonly headHash: Scalars['String']['output'];
  /** New for a new or a restored log; cursors are bound to it. */
  readonly logId: Scalars['ID']['output'];
  /** in-process, or redis: up, redis: down. */
  readonly signal: Scalars['String']['output'];
  /** When this hub process started. */
  readonly startedAt: Scalars['DateTime']['output'];
  /** The hub's own version. */
  readonly version: Scalars['String']['output'];
};

export type Mutation = {
  readonly __typename?: 'Mutation';
  /**
   * Everything up to cursor is processed: it will not be delivered again. Durable when it answers.
   * Cumulative; an older cursor changes nothing and is no error. One beyond what was ever sent to the consumer is CURSOR_AHEAD; while
   * its session is at another hub, one beyond the log's end.
   * session: the batch's. With it, an acknowledgement of a session that was taken over, or whose consumer was deleted, is refused
   * (CONSUMER_TAKEN_OVER), and one of a batch from before a seek answers the consumer and moves nothing. Without it, an
   * acknowledgement counts whatever happened meanwhile: one that was on its way when the consumer was sought back undoes the seek.
   */
  readonly acknowledge: Consumer;
  /** Makes a durable consumer before its first subscription. CONSUMER_EXISTS where the name is taken. */
  readonly createConsumer: Consumer;
  /**
   * Forgets a consumer and its cursor; its live subscription ends with CONSUMER_DELETED, at whichever hub it is. A consumer that
   * is created later under the same name is another one: sessions, cursors of redeliveries and dead letters of this one do not
   * count for it. Answers what it was.
   */
  readonly deleteConsumer: Consumer;
  /** Forgets dead letters; those that died behind one stay dead letters. Answers how many there were. */
  readonly discard: Scalars['Int']['output'];
  /** Stops delivering to a consumer until resumeConsumer. In force at the hub of its live session when it answers. */
  readonly pauseConsumer: Consumer;
  /**
   * Records changes of one source, in the order given; durable when it answers.
   * A change that is not valid fails the whole call, names its index, and nothing is recorded.
   * atomic: one CONFLICT and nothing of the call is recorded.
   * Send a change with the same sourceId again after an error or no answer: it is recorded once.
   */
  readonly publish: PublishResult;
  /**
   * Tries dead letters once more, their attempts counted from 0. Once it answers, later changes of their keys wait behind them,
   * at every hub. ids absent: all. Answers how many. Moves no cursor.
   */
  readonly redrive: Scalars['Int']['output'];
  /**
   * One change could not be processed. The hub delivers it again, later and later, and after maxAttempts sets it aside as a
   * dead letter. Later changes of the same key wait behind it; other keys go on. The batch that held it is acknowledged as usual.
   * Changes of that key that were sent already, in this batch or later ones, are held too and are delivered again behind it, one
   * by one, alone, in order, with attempt 2, 3, …: skip the rest of the key. When the change becomes a dead letter, those that
   * wait behind it become dead letters with it; changes of the key that are sent later are delivered as usual.
   * A redelivery is settled by acknowledging its own cursor, which carries consumer and attempt and never moves
   * Consumer.cursor; after a reject, or once a later attempt is out, that cursor settles nothing. An attempt cut off by a
   * disconnect does not count.
   * change: its cursor, or that of the batch in which it was redelivered; the batch's says which attempt is meant, also where a
   * call is sent again since no answer came. retryInSeconds: replaces the backoff once.
   * session: the batch's; with it, a session that was taken over is refused (CONSUMER_TAKEN_OVER).
   * A change that was not sent, at any hub, is acknowledged already, or was redelivered to another consumer:
   * BAD_USER_INPUT.
   */
  readonly reject: DeadLetter;
  /** Resumes delivering to a consumer, where it stopped. */
  readonly resumeConsumer: Consumer;
  /**
   * Puts a consumer elsewhere in the log, also backwards; a live session goes on from there, with an empty first batch and a
   * session of its own. To SNAPSHOT: the consumer starts with an empty copy (earlier deletes are not sent).
   */
  readonly seekConsumer: Consumer;
};


export type MutationAcknowledgeArgs = {
  consumer: Scalars['ID']['input'];
  cursor: Scalars['Cursor']['input'];
  session?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationCreateConsumerArgs = {
  input: CreateConsumerInput;
};


export type MutationDeleteConsumerArgs = {
  name: Scalars['ID']['input'];
};


export type MutationDiscardArgs = {
  consumer: Scalars['ID']['input'];
  ids: ReadonlyArray<Scalars['ID']['input']>;
};


export type MutationPauseConsumerArgs = {
  name: Scalars['ID']['input'];
};


export type MutationPublishArgs = {
  atomic: Scalars['Boolean']['input'];
  changes: ReadonlyArray<ChangeInput>;
  source: Scalars['String']['input'];
};


export type MutationRedriveArgs = {
  consumer: Scalars['ID']['input'];
  ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
};


export type MutationRejectArgs = {
  change: Scalars['Cursor']['input'];
  consumer: Scalars['ID']['input'];
  reason: Scalars['String']['input'];
  retryInSeconds?: InputMaybe<Scalars['Int']['input']>;
  session?: InputMaybe<Scalars['ID']['input']>;
};


export type MutationResumeConsumerArgs = {
  name: Scalars['ID']['input'];
};


export type MutationSeekConsumerArgs = {
  cursor?: InputMaybe<Scalars['Cursor']['input']>;
  name: Scalars['ID']['input'];
  time?: InputMaybe<Scalars['DateTime']['input']>;
  to: StartAt;
};

/**
 * What has an id of its own. An id is global: no two objects have the same one, whatever their types, and an object has the same
 * one in every answer, so that caches of clients can hold objects by their ids. It is opaque, URL-safe text, and bound to the log:
 * where the log is restored or replaced, ids are other ones. Store it and send it back, never build it; it is not a cursor.
 */
export type Node = {
  readonly id: Scalars['ID']['output'];
};

/** What happened to the entity. */
export type Operation =
  /** It was not live before (it never was, or it had been deleted). */
  | 'CREATE'
  /** It is not live any more; its version goes on. */
  | 'DELETE'
  /** It was live before, and differs now. */
  | 'UPDATE';

/** What became of one change of a call. */
export type Outcome =
  /** The call is atomic and another of its changes conflicted: nothing of the call is recorded. */
  | 'ABORTED'
  /** Recorded, and durable now. */
  | 'APPLIED'
  /** Refused: expectedVersion, or a sourceId reused for another content. conflict says why. */
  | 'CONFLICT'
  /** This sourceId was recorded before; change is what was recorded then. */
  | 'DUPLICATE'
  /** The entity was so already: nothing recorded, the sourceId neither, nobody woken. */
  | 'UNCHANGED';

export type PageInfo = {
  readonly __typename?: 'PageInfo';
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  readonly hasNextPage: Scalars['Boolean']['output'];
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  readonly startCursor?: Maybe<Scalars['String']['output']>;
};

export type PublishResult = {
  readonly __typename?: 'PublishResult';
  /** Covers every result; give it as atLeast to read your own writes. */
  readonly cursor: Scalars['Cursor']['output'];
  /** In the order of the input. */
  readonly results: ReadonlyArray<ChangeResult>;
};

/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type Query = {
  readonly __typename?: 'Query';
  /** The change at this place; null where there is none. */
  readonly change?: Maybe<Change>;
  /** Changes in log order: first and after page forwards, last and before backwards. */
  readonly changes: ChangeConnection;
  /** Collections that hold changes, by name. */
  readonly collections: ReadonlyArray<Collection>;
  readonly consumer?: Maybe<Consumer>;
  /** Durable consumers, by name. */
  readonly consumers: ReadonlyArray<Consumer>;
  /** Live entities of a collection in the order of their keys. */
  readonly entities: EntityConnection;
  /**
   * One live entity, or null. atLeast: answer only once the state holds everything up to this cursor (read your own
   * writes).
   */
  readonly entity?: Maybe<Entity>;
  readonly hub: Hub;
  /**
   * What an id names. Null for what is not there, or no longer, for what the caller may not see, and for a text that is no id of
   * this hub. A Conflict is not kept: null.
   */
  readonly node?: Maybe<Node>;
  /**
   * What ids name, in the order of the ids, each as node answers it; 1,000 ids at most. PAYLOAD_TOO_LARGE where it would be more
   * than 8 MiB of data: ask for fewer at once. One id is always answered.
   */
  readonly nodes: ReadonlyArray<Maybe<Node>>;
  /** Sources that published, by name. */
  readonly sources: ReadonlyArray<Source>;
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryChangeArgs = {
  cursor: Scalars['Cursor']['input'];
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryChangesArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  before?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<ChangeFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryConsumerArgs = {
  name: Scalars['ID']['input'];
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryEntitiesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  atLeast?: InputMaybe<Scalars['Cursor']['input']>;
  collection: Scalars['String']['input'];
  first: Scalars['Int']['input'];
  where?: InputMaybe<ReadonlyArray<FieldCondition>>;
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryEntityArgs = {
  atLeast?: InputMaybe<Scalars['Cursor']['input']>;
  collection: Scalars['String']['input'];
  key: Scalars['ID']['input'];
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Pages hold at most 1,000 nodes, 50 where nothing is said. */
export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
};

/**
 * Where an entity stands against a filter's where. A CREATE that matches has ENTERED, a DELETE of a match has LEFT; neither is
 * ever left out by operations or changedFields. In a SNAPSHOT the present state alone counts. WITHIN everywhere that no where
 * applies.
 */
export type Scope =
  /** It matches now and did not before. */
  | 'ENTERED'
  /** It matched before and does no longer: drop your copy. */
  | 'LEFT'
  /** It matched before and does now. */
  | 'WITHIN';

export type SessionState =
  /** It reads changes that were recorded before it came to the log's end. */
  | 'CATCHING_UP'
  /** It is at the log's end and gets every change as it is recorded. */
  | 'LIVE'
  | 'PAUSED'
  /** Its window or its socket is full: it goes on when something is acknowledged or read. */
  | 'WAITING';

export type Source = {
  readonly __typename?: 'Source';
  readonly changeCount: Scalars['SafeInt']['output'];
  readonly lastChangeAt?: Maybe<Scalars['DateTime']['output']>;
  readonly name: Scalars['String']['output'];
};

/** Where a consumer or a subscription starts in the log. */
export type StartAt =
  /** After the place given as cursor. */
  | 'CURSOR'
  /** Every change that the log holds. */
  | 'EARLIEST'
  /** Only what comes from now on (the default). */
  | 'LATEST'
  /**
   * The newest change of every entity that is live now, in cursor order, then what comes from now on, without a seam. What changes
   * while it is delivered comes behind it, and leaves nothing out of it.
   */
  | 'SNAPSHOT'
  /** recordedAt at or after the time given, which may be in the future. */
  | 'TIME';

export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * Every matching change after the start, at least once, in log order, nothing skipped.
   *
   * consumer named: goes on after its acknowledged cursor, takes over from an older session of the same name, and holds
   * at most maxInFlight changes that are not acknowledged. First use creates it, with startAt and filter. Later, startAt
   * is passed over; a filter that is given and differs replaces the kept one from here on; none given keeps it.
   *
   * no consumer: an anonymous look, from startAt; nothing is kept, maxInFlight does not apply.
   *
   * batchSize 1 to 1,000, maxInFlight 1 to 100,000.
   */
  readonly changes: ChangeBatch;
};


export type SubscriptionChangesArgs = {
  batchSize: Scalars['Int']['input'];
  consumer?: InputMaybe<Scalars['ID']['input']>;
  cursor?: InputMaybe<Scalars['Cursor']['input']>;
  filter?: InputMaybe<ChangeFilter>;
  maxInFlight: Scalars['Int']['input'];
  startAt?: InputMaybe<StartAt>;
  time?: InputMaybe<Scalars['DateTime']['input']>;
};

/** What a source asks for. */
export type Write =
  /** The entity is not live any more; takes no data. */
  | 'DELETE'
  /** data is a JSON Merge Patch (RFC 7396): its fields replace, null removes. On an entity that is not live it creates. */
  | 'PATCH'
  /** The entity becomes exactly data. */
  | 'UPSERT';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;




/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( VisibleChangeRow )
    | ( VisibleConflictRow )
    | ( ConsumerStateRow )
    | ( VisibleDeadLetterRow )
    | ( VisibleEntityRow )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Change: ResolverTypeWrapper<VisibleChangeRow>;
  ChangeBatch: ResolverTypeWrapper<BatchRow>;
  ChangeConnection: ResolverTypeWrapper<Omit<ChangeConnection, 'edges' | 'nodes' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['ChangeEdge']>, nodes: ReadonlyArray<ResolversTypes['Change']>, pageInfo: ResolversTypes['PageInfo'] }>;
  ChangeEdge: ResolverTypeWrapper<Omit<ChangeEdge, 'node'> & { node: ResolversTypes['Change'] }>;
  ChangeFilter: ChangeFilter;
  ChangeInput: ChangeInput;
  ChangeResult: ResolverTypeWrapper<Omit<ChangeResult, 'change' | 'conflict'> & { change?: Maybe<ResolversTypes['Change']>, conflict?: Maybe<ResolversTypes['Conflict']> }>;
  Collection: ResolverTypeWrapper<VisibleCollectionRow>;
  Conflict: ResolverTypeWrapper<VisibleConflictRow>;
  Consumer: ResolverTypeWrapper<ConsumerStateRow>;
  ConsumerSession: ResolverTypeWrapper<ConsumerSessionRow>;
  CreateConsumerInput: CreateConsumerInput;
  Cursor: ResolverTypeWrapper<Scalars['Cursor']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  DeadLetter: ResolverTypeWrapper<VisibleDeadLetterRow>;
  DeadLetterConnection: ResolverTypeWrapper<Omit<DeadLetterConnection, 'edges' | 'nodes' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['DeadLetterEdge']>, nodes: ReadonlyArray<ResolversTypes['DeadLetter']>, pageInfo: ResolversTypes['PageInfo'] }>;
  DeadLetterEdge: ResolverTypeWrapper<Omit<DeadLetterEdge, 'node'> & { node: ResolversTypes['DeadLetter'] }>;
  Entity: ResolverTypeWrapper<VisibleEntityRow>;
  EntityConnection: ResolverTypeWrapper<Omit<EntityConnection, 'edges' | 'nodes' | 'pageInfo'> & { edges: ReadonlyArray<ResolversTypes['EntityEdge']>, nodes: ReadonlyArray<ResolversTypes['Entity']>, pageInfo: ResolversTypes['PageInfo'] }>;
  EntityEdge: ResolverTypeWrapper<Omit<EntityEdge, 'node'> & { node: ResolversTypes['Entity'] }>;
  FieldCondition: FieldCondition;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Hub: ResolverTypeWrapper<VisibleHubRow>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  JSONObject: ResolverTypeWrapper<Scalars['JSONObject']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  Operation: Operation;
  Outcome: Outcome;
  PageInfo: ResolverTypeWrapper<PageInfoRow>;
  PublishResult: ResolverTypeWrapper<Omit<PublishResult, 'results'> & { results: ReadonlyArray<ResolversTypes['ChangeResult']> }>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  SafeInt: ResolverTypeWrapper<Scalars['SafeInt']['output']>;
  Scope: Scope;
  SessionState: SessionState;
  Source: ResolverTypeWrapper<VisibleSourceRow>;
  StartAt: StartAt;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Write: Write;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  Boolean: Scalars['Boolean']['output'];
  Change: VisibleChangeRow;
  ChangeBatch: BatchRow;
  ChangeConnection: Omit<ChangeConnection, 'edges' | 'nodes' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['ChangeEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Change']>, pageInfo: ResolversParentTypes['PageInfo'] };
  ChangeEdge: Omit<ChangeEdge, 'node'> & { node: ResolversParentTypes['Change'] };
  ChangeFilter: ChangeFilter;
  ChangeInput: ChangeInput;
  ChangeResult: Omit<ChangeResult, 'change' | 'conflict'> & { change?: Maybe<ResolversParentTypes['Change']>, conflict?: Maybe<ResolversParentTypes['Conflict']> };
  Collection: VisibleCollectionRow;
  Conflict: VisibleConflictRow;
  Consumer: ConsumerStateRow;
  ConsumerSession: ConsumerSessionRow;
  CreateConsumerInput: CreateConsumerInput;
  Cursor: Scalars['Cursor']['output'];
  DateTime: Scalars['DateTime']['output'];
  DeadLetter: VisibleDeadLetterRow;
  DeadLetterConnection: Omit<DeadLetterConnection, 'edges' | 'nodes' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['DeadLetterEdge']>, nodes: ReadonlyArray<ResolversParentTypes['DeadLetter']>, pageInfo: ResolversParentTypes['PageInfo'] };
  DeadLetterEdge: Omit<DeadLetterEdge, 'node'> & { node: ResolversParentTypes['DeadLetter'] };
  Entity: VisibleEntityRow;
  EntityConnection: Omit<EntityConnection, 'edges' | 'nodes' | 'pageInfo'> & { edges: ReadonlyArray<ResolversParentTypes['EntityEdge']>, nodes: ReadonlyArray<ResolversParentTypes['Entity']>, pageInfo: ResolversParentTypes['PageInfo'] };
  EntityEdge: Omit<EntityEdge, 'node'> & { node: ResolversParentTypes['Entity'] };
  FieldCondition: FieldCondition;
  Float: Scalars['Float']['output'];
  Hub: VisibleHubRow;
  ID: Scalars['ID']['output'];
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  JSONObject: Scalars['JSONObject']['output'];
  Mutation: Record<PropertyKey, never>;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  PageInfo: PageInfoRow;
  PublishResult: Omit<PublishResult, 'results'> & { results: ReadonlyArray<ResolversParentTypes['ChangeResult']> };
  Query: Record<PropertyKey, never>;
  SafeInt: Scalars['SafeInt']['output'];
  Source: VisibleSourceRow;
  String: Scalars['String']['output'];
  Subscription: Record<PropertyKey, never>;
};

export type ChangeResolvers<ContextType = any, ParentType extends ResolversParentTypes['Change'] = ResolversParentTypes['Change']> = {
  after?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  before?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  changedFields?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>;
  collection?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  hash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  headers?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  occurredAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  operation?: Resolver<ResolversTypes['Operation'], ParentType, ContextType>;
  recordedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  scope?: Resolver<ResolversTypes['Scope'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sourceId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ChangeBatchResolvers<ContextType = any, ParentType extends ResolversParentTypes['ChangeBatch'] = ResolversParentTypes['ChangeBatch']> = {
  attempt?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  changes?: Resolver<ReadonlyArray<ResolversTypes['Change']>, ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  head?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  session?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
};

export type ChangeConnectionResolvers<ContextType = any, ParentType extends ResolversParentTypes['ChangeConnection'] = ResolversParentTypes['ChangeConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ChangeEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Change']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type ChangeEdgeResolvers<ContextType = any, ParentType extends ResolversParentTypes['ChangeEdge'] = ResolversParentTypes['ChangeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Change'], ParentType, ContextType>;
};

export type ChangeResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['ChangeResult'] = ResolversParentTypes['ChangeResult']> = {
  change?: Resolver<Maybe<ResolversTypes['Change']>, ParentType, ContextType>;
  conflict?: Resolver<Maybe<ResolversTypes['Conflict']>, ParentType, ContextType>;
  outcome?: Resolver<ResolversTypes['Outcome'], ParentType, ContextType>;
};

export type CollectionResolvers<ContextType = any, ParentType extends ResolversParentTypes['Collection'] = ResolversParentTypes['Collection']> = {
  changeCount?: Resolver<ResolversTypes['SafeInt'], ParentType, ContextType>;
  declared?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  entityCount?: Resolver<ResolversTypes['SafeInt'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type ConflictResolvers<ContextType = any, ParentType extends ResolversParentTypes['Conflict'] = ResolversParentTypes['Conflict']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  collection?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  current?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  currentVersion?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  incoming?: Resolver<Maybe<ResolversTypes['JSONObject']>, ParentType, ContextType>;
  key?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  resolution?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ConsumerResolvers<ContextType = any, ParentType extends ResolversParentTypes['Consumer'] = ResolversParentTypes['Consumer']> = {
  acknowledgedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  connected?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  deadLetters?: Resolver<ResolversTypes['DeadLetterConnection'], ParentType, ContextType, RequireFields<ConsumerDeadLettersArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  inFlight?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  lag?: Resolver<ResolversTypes['SafeInt'], ParentType, ContextType>;
  lagSeconds?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  name?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  paused?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  session?: Resolver<Maybe<ResolversTypes['ConsumerSession']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ConsumerSessionResolvers<ContextType = any, ParentType extends ResolversParentTypes['ConsumerSession'] = ResolversParentTypes['ConsumerSession']> = {
  hub?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  remoteAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  state?: Resolver<ResolversTypes['SessionState'], ParentType, ContextType>;
};

export interface CursorScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Cursor'], any> {
  name: 'Cursor';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type DeadLetterResolvers<ContextType = any, ParentType extends ResolversParentTypes['DeadLetter'] = ResolversParentTypes['DeadLetter']> = {
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  change?: Resolver<ResolversTypes['Change'], ParentType, ContextType>;
  dead?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type DeadLetterConnectionResolvers<ContextType = any, ParentType extends ResolversParentTypes['DeadLetterConnection'] = ResolversParentTypes['DeadLetterConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DeadLetterEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DeadLetter']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type DeadLetterEdgeResolvers<ContextType = any, ParentType extends ResolversParentTypes['DeadLetterEdge'] = ResolversParentTypes['DeadLetterEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['DeadLetter'], ParentType, ContextType>;
};

export type EntityResolvers<ContextType = any, ParentType extends ResolversParentTypes['Entity'] = ResolversParentTypes['Entity']> = {
  collection?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  data?: Resolver<ResolversTypes['JSONObject'], ParentType, ContextType>;
  history?: Resolver<ResolversTypes['ChangeConnection'], ParentType, ContextType, RequireFields<EntityHistoryArgs, 'first'>>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type EntityConnectionResolvers<ContextType = any, ParentType extends ResolversParentTypes['EntityConnection'] = ResolversParentTypes['EntityConnection']> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EntityEdge']>, ParentType, ContextType>;
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Entity']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EntityEdgeResolvers<ContextType = any, ParentType extends ResolversParentTypes['EntityEdge'] = ResolversParentTypes['EntityEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Entity'], ParentType, ContextType>;
};

export type HubResolvers<ContextType = any, ParentType extends ResolversParentTypes['Hub'] = ResolversParentTypes['Hub']> = {
  changeCount?: Resolver<ResolversTypes['SafeInt'], ParentType, ContextType>;
  database?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  head?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  headHash?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  logId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  signal?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export interface JsonObjectScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSONObject'], any> {
  name: 'JSONObject';
}

export type MutationResolvers<ContextType = any, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  acknowledge?: Resolver<ResolversTypes['Consumer'], ParentType, ContextType, RequireFields<MutationAcknowledgeArgs, 'consumer' | 'cursor'>>;
  createConsumer?: Resolver<ResolversTypes['Consumer'], ParentType, ContextType, RequireFields<MutationCreateConsumerArgs, 'input'>>;
  deleteConsumer?: Resolver<ResolversTypes['Consumer'], ParentType, ContextType, RequireFields<MutationDeleteConsumerArgs, 'name'>>;
  discard?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationDiscardArgs, 'consumer' | 'ids'>>;
  pauseConsumer?: Resolver<ResolversTypes['Consumer'], ParentType, ContextType, RequireFields<MutationPauseConsumerArgs, 'name'>>;
  publish?: Resolver<ResolversTypes['PublishResult'], ParentType, ContextType, RequireFields<MutationPublishArgs, 'atomic' | 'changes' | 'source'>>;
  redrive?: Resolver<ResolversTypes['Int'], ParentType, ContextType, RequireFields<MutationRedriveArgs, 'consumer'>>;
  reject?: Resolver<ResolversTypes['DeadLetter'], ParentType, ContextType, RequireFields<MutationRejectArgs, 'change' | 'consumer' | 'reason'>>;
  resumeConsumer?: Resolver<ResolversTypes['Consumer'], ParentType, ContextType, RequireFields<MutationResumeConsumerArgs, 'name'>>;
  seekConsumer?: Resolver<ResolversTypes['Consumer'], ParentType, ContextType, RequireFields<MutationSeekConsumerArgs, 'name' | 'to'>>;
};

export type NodeResolvers<ContextType = any, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Change' | 'Conflict' | 'Consumer' | 'DeadLetter' | 'Entity', ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = any, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PublishResultResolvers<ContextType = any, ParentType extends ResolversParentTypes['PublishResult'] = ResolversParentTypes['PublishResult']> = {
  cursor?: Resolver<ResolversTypes['Cursor'], ParentType, ContextType>;
  results?: Resolver<ReadonlyArray<ResolversTypes['ChangeResult']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = any, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  change?: Resolver<Maybe<ResolversTypes['Change']>, ParentType, ContextType, RequireFields<QueryChangeArgs, 'cursor'>>;
  changes?: Resolver<ResolversTypes['ChangeConnection'], ParentType, ContextType, Partial<QueryChangesArgs>>;
  collections?: Resolver<ReadonlyArray<ResolversTypes['Collection']>, ParentType, ContextType>;
  consumer?: Resolver<Maybe<ResolversTypes['Consumer']>, ParentType, ContextType, RequireFields<QueryConsumerArgs, 'name'>>;
  consumers?: Resolver<ReadonlyArray<ResolversTypes['Consumer']>, ParentType, ContextType>;
  entities?: Resolver<ResolversTypes['EntityConnection'], ParentType, ContextType, RequireFields<QueryEntitiesArgs, 'collection' | 'first'>>;
  entity?: Resolver<Maybe<ResolversTypes['Entity']>, ParentType, ContextType, RequireFields<QueryEntityArgs, 'collection' | 'key'>>;
  hub?: Resolver<ResolversTypes['Hub'], ParentType, ContextType>;
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  nodes?: Resolver<ReadonlyArray<Maybe<ResolversTypes['Node']>>, ParentType, ContextType, RequireFields<QueryNodesArgs, 'ids'>>;
  sources?: Resolver<ReadonlyArray<ResolversTypes['Source']>, ParentType, ContextType>;
};

export interface SafeIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['SafeInt'], any> {
  name: 'SafeInt';
}

export type SourceResolvers<ContextType = any, ParentType extends ResolversParentTypes['Source'] = ResolversParentTypes['Source']> = {
  changeCount?: Resolver<ResolversTypes['SafeInt'], ParentType, ContextType>;
  lastChangeAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = any, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  changes?: SubscriptionResolver<ResolversTypes['ChangeBatch'], "changes", ParentType, ContextType, RequireFields<SubscriptionChangesArgs, 'batchSize' | 'maxInFlight'>>;
};

export type Resolvers<ContextType = any> = {
  Change?: ChangeResolvers<ContextType>;
  ChangeBatch?: ChangeBatchResolvers<ContextType>;
  ChangeConnection?: ChangeConnectionResolvers<ContextType>;
  ChangeEdge?: ChangeEdgeResolvers<ContextType>;
  ChangeResult?: ChangeResultResolvers<ContextType>;
  Collection?: CollectionResolvers<ContextType>;
  Conflict?: ConflictResolvers<ContextType>;
  Consumer?: ConsumerResolvers<ContextType>;
  ConsumerSession?: ConsumerSessionResolvers<ContextType>;
  Cursor?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  DeadLetter?: DeadLetterResolvers<ContextType>;
  DeadLetterConnection?: DeadLetterConnectionResolvers<ContextType>;
  DeadLetterEdge?: DeadLetterEdgeResolvers<ContextType>;
  Entity?: EntityResolvers<ContextType>;
  EntityConnection?: EntityConnectionResolvers<ContextType>;
  EntityEdge?: EntityEdgeResolvers<ContextType>;
  Hub?: HubResolvers<ContextType>;
  JSON?: GraphQLScalarType;
  JSONObject?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PublishResult?: PublishResultResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  SafeInt?: GraphQLScalarType;
  Source?: SourceResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
};

