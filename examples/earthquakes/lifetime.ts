/** How the demo ends: whatever happens, everything that was opened is closed, and nothing is left behind. */

/** Someone wants the demo to end: Ctrl+C, a closed terminal, or whoever read our output went away. */
class Interrupted extends Error {}

/** As shells report a program that Ctrl+C ended before it was done. */
const EXIT_INTERRUPTED = 130;

export class Lifetime {
  readonly #stopper = new AbortController();
  readonly #opened: (() => Promise<unknown>)[] = [];

  constructor() {
    const stop = (): void => this.#stopper.abort(new Interrupted());
    // `on`, not `once`: Ctrl+C can come twice under npm, and the second must not kill us while we clean up.
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
    process.stdout.on('error', stop);
  }

  /** Aborts when the demo ends; everything that waits listens to it. */
  get signal(): AbortSignal {
    return this.#stopper.signal;
  }

  /** Says how to close what was just opened; the newest is closed first. */
  onEnd(close: () => unknown): void {
    this.#opened.push(async () => close());
  }

  /** Something that runs beside the scene failed: the scene ends with it. */
  readonly fail = (error: unknown): void => this.#stopper.abort(error);

  /** Waits for Ctrl+C. @throws what failed meanwhile */
  async interrupted(): Promise<void> {
    const { signal } = this;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    if (!(signal.reason instanceof Interrupted)) throw signal.reason;
  }

  /** Plays a scene, closes what it opened, and sets the exit code: the scene's, or one that says how it broke off. */
  async run(scene: () => Promise<number>): Promise<void> {
    const failures: unknown[] = [];
    process.exitCode = await scene().catch((error: unknown) => {
      const reason: unknown = this.signal.aborted ? this.signal.reason : error;
      if (reason instanceof Interrupted) return EXIT_INTERRUPTED;
      failures.push(reason);
      return 1;
    });
    this.#stopper.abort(new Interrupted());
    for (const close of this.#opened.reverse()) await close().catch((error: unknown) => failures.push(error));
    for (const failure of failures) {
      console.error(`The demo failed: ${failure instanceof Error ? failure.message : String(failure)}`);
      process.exitCode = 1;
    }
  }
}
