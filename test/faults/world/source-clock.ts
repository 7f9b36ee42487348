/** The clocks of the sources, which jump. */
export class SourceClock {
  /** Changes that carry a time of a clock that is wrong. */
  wrongTimes = 0;
  #offsetMs = 0;

  jump(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  /** Now, as a source has it. */
  now(): string {
    if (this.#offsetMs !== 0) this.wrongTimes += 1;
    return new Date(Date.now() + this.#offsetMs).toISOString();
  }
}
