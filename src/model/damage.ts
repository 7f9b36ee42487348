import type { Position } from './cursor.js';

/** The first place at which the log is not what its hashes say. */
export interface Damage {
  readonly position: Position;
  /** What is wrong there, as the end of a sentence that begins with the place. */
  readonly what: string;
}
