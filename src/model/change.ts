import type { Json, JsonObject } from './json.js';
import { field, objectOf } from './json.js';
import type { Position } from './cursor.js';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';
export type Write = 'UPSERT' | 'PATCH' | 'DELETE';
/**
 * Where a change stands against a subscription's `where`: the entity moved in, stayed in, or moved out. WITHIN everywhere
 * that no `where` applies.
 */
export type Scope = 'ENTERED' | 'WITHIN' | 'LEFT';

/**
 * What the changed top-level fields were before, by name: `[value]`, or `[]` for a field that was not there. The entity
 * before follows from the entity after and this, so the log stores an entity once a change, not twice.
 */
export type Undo = Readonly<Record<string, readonly [] | readonly [Json]>>;

/** A line of the log, as it is stored. `after`, `undo` and `headers` are JSON texts. */
export interface ChangeRow {
  readonly position: Position;
  /** The position of the entity's change before this one; null on its first. An entity's history is this chain. */
  readonly previous: Position | null;
  readonly sourceId: string;
  readonly collection: string;
  readonly key: string;
  readonly version: number;
  readonly operation: Operation;
  readonly source: string;
  /** The entity after; null on DELETE. */
  readonly after: string | null;
  /** Null on CREATE, where nothing was there before. */
  readonly undo: string | null;
  /** Of collection, key, write and data: tells a repeat from an id that is used again for something else. */
  readonly digest: string;
  readonly headers: string | null;
  /** Random, for this change alone: without it the payload's digest tells nothing of the payload. 16 bytes, base64url. */
  readonly salt: string;
  /** Of salt, after, undo and headers: 32 bytes, base64url. */
  readonly payloadDigest: string;
  /** Over the hash of the change before, this change's columns and its payload's digest: 32 bytes, base64url. */
  readonly hash: string;
  /** Milliseconds since 1970, by the source's clock. */
  readonly occurredAt: number;
  /** Milliseconds since 1970, by the hub's clock; never goes back along the log. */
  readonly recordedAt: number;
}

/** The texts of a change that may be large; its size is counted by them. */
export const TEXTS = ['after', 'undo', 'headers'] as const satisfies readonly (keyof ChangeRow)[];

/** Bytes of a change's texts in UTF-8, as they are stored. */
export const bytesOf = (row: Pick<ChangeRow, (typeof TEXTS)[number]>): number =>
  TEXTS.reduce((sum, field) => sum + Buffer.byteLength(row[field] ?? ''), 0);

/** A recorded change. JSON texts are parsed when first asked for, and once. */
export class Change {
  #after: JsonObject | null | undefined;
  #before: JsonObject | null | undefined;
  #changedFields: readonly string[] | undefined;

  constructor(readonly row: ChangeRow) {}

  get after(): JsonObject | null {
    if (this.#after === undefined) this.#after = parsed(this.row.after);
    return this.#after;
  }

  get before(): JsonObject | null {
    if (this.#before === undefined) this.#before = undone(this.after, this.row.undo);
    return this.#before;
  }

  /** Top-level fields that differ between before and after. */
  get changedFields(): readonly string[] {
    this.#changedFields ??= Object.keys(JSON.parse(this.row.undo ?? this.row.after ?? '{}') as JsonObject);
    return this.#changedFields;
  }

  get headers(): JsonObject | null {
    return parsed(this.row.headers);
  }
}

const parsed = (text: string | null): JsonObject | null =>
  text === null ? null : (JSON.parse(text) as JsonObject);

/** The undo that leads from `after` back to `before`, by `changed` top-level fields. */
export function undoOf(before: JsonObject, changed: readonly string[]): Undo {
  return objectOf(
    changed.map((name) => {
      const value = field(before, name);
      return [name, value === undefined ? [] : [value]];
    }),
  ) as Undo;
}

function undone(after: JsonObject | null, undoText: string | null): JsonObject | null {
  if (undoText === null) return null;
  const undo = JSON.parse(undoText) as Undo;
  const kept = Object.entries(after ?? {}).filter(([name]) => !Object.hasOwn(undo, name));
  const restored = Object.entries(undo).flatMap(([name, was]) =>
    was.length === 0 ? [] : [[name, was[0]] as const],
  );
  return objectOf([...kept, ...restored]);
}
