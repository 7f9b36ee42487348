import type { JsonObject } from './json.js';

/** Why a change was refused: the version that was expected is not there, or its id stands for another content. */
export type ConflictReason = 'VERSION_MISMATCH' | 'ID_REUSED';

export interface Conflict {
  /** A UUID (version 7). */
  readonly id: string;
  readonly collection: string;
  readonly key: string;
  readonly source: string;
  readonly reason: ConflictReason;
  /** The entity as the hub holds it; null where it is not live. */
  readonly current: JsonObject | null;
  /** 0 where the entity never was. */
  readonly currentVersion: number;
  readonly incoming: JsonObject | null;
  readonly resolution: 'REJECTED';
  /** Milliseconds since 1970. */
  readonly at: number;
}
