import type { Logger } from '../logger/logger.js';

/** What a hub has opened, and how it ends: it is closed, or it cannot go on. */
export class Lifetime {
  /** Resolves when all is closed: with null after `close`, with the reason after `fail`. */
  readonly stopped: Promise<Error | null>;
  readonly #opened: (() => Promise<unknown>)[] = [];
  readonly #failed: Promise<Error>;
  #fail: (reason: Error) => void = () => undefined;
  #tellStopped: (reason: Error | null) => void = () => undefined;
  #closing: Promise<void> | null = null;

  constructor(readonly logger: Logger) {
    this.stopped = new Promise((resolve) => (this.#tellStopped = resolve));
    this.#failed = new Promise((resolve) => (this.#fail = resolve));
  }

  /** Something was opened, and closes so. */
  readonly opened = (close: () => Promise<unknown>): void => {
    this.#opened.push(close);
  };

  /** The hub cannot go on: it is closed as soon as all of it is open. */
  readonly fail = (reason: Error): void => {
    this.#fail(reason);
  };

  /** All is open. */
  begin(): void {
    void this.#failed.then((reason) => {
      this.logger.fatal({ err: reason }, 'the hub cannot go on and stops');
      this.#close(reason).catch((error: unknown) => {
        this.logger.error({ err: error }, 'the hub did not stop cleanly');
      });
    });
  }

  /** Closes what was opened, the last first. Safe to call twice. @throws the first failure, when all was tried */
  close(): Promise<void> {
    return this.#close(null);
  }

  #close(reason: Error | null): Promise<void> {
    this.#closing ??= this.#closeAll().finally(() => {
      this.#tellStopped(reason);
    });
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    // One that fails must not keep the others open; the first failure is the one to tell.
    for (const close of this.#opened.splice(0).reverse())
      await close().catch((error: unknown) => (failure ??= { error }));
    if (failure) throw failure.error;
  }
}
