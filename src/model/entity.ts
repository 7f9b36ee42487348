import type { Position } from './cursor.js';
import type { JsonObject } from './json.js';

/** The newest state of one live entity. */
export interface Entity {
  readonly collection: string;
  readonly key: string;
  readonly version: number;
  readonly data: JsonObject;
  /** The source of its newest change. */
  readonly source: string;
  /** recordedAt of its newest change, in milliseconds since 1970. */
  readonly updatedAt: number;
  /** The position of its newest change. */
  readonly position: Position;
  /** The hash of its newest change. */
  readonly hash: string;
}
