/**
 * What leaves the hub. These classes are not exported as values from the room, and their protected member makes them nominal:
 * no other room can make one, neither by a literal nor by spreading another. Those that have an id say their type in the
 * schema.
 */
import type { Change, Operation, Scope } from '../model/change.js';
import type { Conflict, ConflictReason } from '../model/conflict.js';
import type { Position } from '../model/cursor.js';
import type { Rejection } from '../model/dead-letter.js';
import type { Entity } from '../model/entity.js';
import type { JsonObject } from '../model/json.js';
import type { CollectionCount, HubStatus, SourceCount } from '../model/status.js';
import type { Sides } from './sides.js';

abstract class Visible {
  declare protected readonly visible: true;
}

/** The parts of a change that rights may withhold. */
type Content = Pick<Change, 'before' | 'after' | 'changedFields' | 'headers'>;

/** A change of which the caller learns only that its copy of the entity is to be dropped. */
const NO_CONTENT: Content = { before: null, after: null, changedFields: [], headers: null };

/** A recorded change as one caller sees it. JSON texts are parsed when they are first read, where nothing is withheld. */
export class VisibleChange extends Visible {
  readonly type = 'Change';
  readonly #change: Change;
  readonly #content: Content;

  /** @param content default: all of it */
  constructor(
    change: Change,
    readonly scope: Scope,
    readonly operation: Operation = change.row.operation,
    content: Content = change,
  ) {
    super();
    this.#change = change;
    this.#content = content;
  }

  /** What a caller sees of a change of which something may be withheld. */
  static of(change: Change, scope: Scope, sides: Sides): VisibleChange {
    if (sides.leftRights) return VisibleChange.gone(change);
    const { before, after, changedFields, row } = sides;
    return new VisibleChange(change, scope, row.operation, {
      before,
      after,
      changedFields,
      headers: change.headers,
    });
  }

  /** The caller has to drop its copy of the entity, and learns nothing else. */
  static gone(change: Change): VisibleChange {
    return new VisibleChange(change, 'LEFT', 'DELETE', NO_CONTENT);
  }

  get position(): Position {
    return this.#change.row.position;
  }

  get sourceId(): string {
    return this.#change.row.sourceId;
  }

  get hash(): string {
    return this.#change.row.hash;
  }

  get collection(): string {
    return this.#change.row.collection;
  }

  get key(): string {
    return this.#change.row.key;
  }

  get version(): number {
    return this.#change.row.version;
  }

  get source(): string {
    return this.#change.row.source;
  }

  /** Milliseconds since 1970, by the source's clock. */
  get occurredAt(): number {
    return this.#change.row.occurredAt;
  }

  /** Milliseconds since 1970, by the hub's clock. */
  get recordedAt(): number {
    return this.#change.row.recordedAt;
  }

  get before(): JsonObject | null {
    return this.#content.before;
  }

  get after(): JsonObject | null {
    return this.#content.after;
  }

  get changedFields(): readonly string[] {
    return this.#content.changedFields;
  }

  get headers(): JsonObject | null {
    return this.#content.headers;
  }
}

/** The newest state of one live entity as one caller sees it. */
export class VisibleEntity extends Visible implements Entity {
  readonly type = 'Entity';
  readonly collection: string;
  readonly key: string;
  readonly version: number;
  readonly source: string;
  readonly updatedAt: number;
  readonly position: Position;
  readonly hash: string;

  constructor(
    entity: Entity,
    readonly data: JsonObject,
  ) {
    super();
    this.collection = entity.collection;
    this.key = entity.key;
    this.version = entity.version;
    this.source = entity.source;
    this.updatedAt = entity.updatedAt;
    this.position = entity.position;
    this.hash = entity.hash;
  }
}

/** A change that a consumer could not process, as one caller sees it. */
export class VisibleDeadLetter extends Visible implements Omit<Rejection, 'scope'> {
  readonly type = 'DeadLetter';
  readonly consumer: bigint;
  readonly position: Position;
  readonly reason: string;
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly dead: boolean;
  readonly at: number;

  constructor(
    rejection: Rejection,
    readonly change: VisibleChange,
  ) {
    super();
    this.consumer = rejection.consumer;
    this.position = rejection.position;
    this.reason = rejection.reason;
    this.attempts = rejection.attempts;
    this.nextAttemptAt = rejection.nextAttemptAt;
    this.dead = rejection.dead;
    this.at = rejection.at;
  }
}

/** A refused change as one caller sees it. */
export class VisibleConflict extends Visible implements Conflict {
  readonly type = 'Conflict';
  readonly id: string;
  readonly collection: string;
  readonly key: string;
  readonly source: string;
  readonly reason: ConflictReason;
  readonly resolution: 'REJECTED';
  readonly at: number;

  constructor(
    conflict: Conflict,
    readonly current: JsonObject | null,
    readonly currentVersion: number,
    readonly incoming: JsonObject | null,
  ) {
    super();
    this.id = conflict.id;
    this.collection = conflict.collection;
    this.key = conflict.key;
    this.source = conflict.source;
    this.reason = conflict.reason;
    this.resolution = conflict.resolution;
    this.at = conflict.at;
  }
}

/** A collection and its counts as one caller sees them. */
export class VisibleCollection extends Visible implements CollectionCount {
  constructor(
    readonly name: string,
    readonly entityCount: number,
    readonly changeCount: number,
  ) {
    super();
  }
}

/** A source and its counts as one caller sees them. */
export class VisibleSource extends Visible implements SourceCount {
  readonly name: string;
  readonly changeCount: number;
  readonly lastChangeAt: number;

  constructor(source: SourceCount) {
    super();
    this.name = source.name;
    this.changeCount = source.changeCount;
    this.lastChangeAt = source.lastChangeAt;
  }
}

/** The hub's status as one caller sees it. */
export class VisibleHub extends Visible implements HubStatus {
  readonly version: string;
  readonly logId: string;
  readonly head: Position;
  readonly headHash: string;
  readonly startedAt: number;
  readonly database: string;
  readonly signal: string;

  constructor(
    status: HubStatus,
    readonly changeCount: number,
  ) {
    super();
    this.version = status.version;
    this.logId = status.logId;
    this.head = status.head;
    this.headHash = status.headHash;
    this.startedAt = status.startedAt;
    this.database = status.database;
    this.signal = status.signal;
  }
}
