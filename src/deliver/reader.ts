import type { Playback, PlaybackPage } from '../feed/feed.js';
import type { StartPoint } from '../model/consumer.js';
import type { Position } from '../model/cursor.js';
import type { Lens, VisibleChange } from '../view/view.js';
import type { SessionOptions } from './session-options.js';

/** What a session reads from one start on; a seek begins another. */
export class Reader {
  readonly lens: Lens;
  readonly #playback: Playback<VisibleChange>;
  #passed: Position;

  constructor(
    { feed, lensFrom }: Pick<SessionOptions, 'feed' | 'lensFrom'>,
    readonly start: StartPoint,
  ) {
    this.lens = lensFrom(start);
    this.#playback = feed.play(start, this.lens);
    this.#passed = start.position;
  }

  /** The session has everything up to here, or is being sent it. */
  get position(): Position {
    return this.#playback.position;
  }

  /** Everything up to here was sent, is held, or is left out by the filter. */
  get passed(): Position {
    return this.#passed;
  }

  /** The feed must have come to this position before the session can be at the head. */
  get needs(): Position {
    return this.#playback.needs;
  }

  /** Whether nothing lies between the position and the end of what the hub knows. */
  get atHead(): boolean {
    return this.#playback.atHead;
  }

  /** The session has everything up to a position, and goes on reading from there. */
  moveTo(position: Position): void {
    this.#playback.position = position;
    this.#passed = position;
  }

  /** What was read last has been dealt with. */
  pass(): void {
    this.#passed = this.#playback.position;
  }

  /** See Playback.next. @throws HubError LOG_UNAVAILABLE; the position is then as before */
  next(limit: number): Promise<PlaybackPage<VisibleChange>> {
    return this.#playback.next(limit);
  }
}
