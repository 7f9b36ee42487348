import type { HubError } from '../model/errors.js';

/**
 * What the protocol layer holds of a subscription: an async generator that yields nothing, since messages go straight to
 * the socket, and that ends when the subscription does. `return()` answers at once, also while a `next()` is pending.
 */
export class SubscriptionStream implements AsyncGenerator<never, void, void> {
  readonly [Symbol.toStringTag] = 'AsyncGenerator';
  readonly #over: Promise<void>;
  #finish: () => void = () => undefined;
  #fail: (error: HubError) => void = () => undefined;

  /** @param onReturn the subscriber wants no more */
  constructor(readonly onReturn: () => void) {
    this.#over = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    // Nobody may be waiting when it fails; whoever asks later still hears of it.
    this.#over.catch(() => undefined);
  }

  /** Ends the stream, with an error where there is one. */
  end(error: HubError | null): void {
    if (error) this.#fail(error);
    else this.#finish();
  }

  async next(): Promise<IteratorReturnResult<void>> {
    await this.#over;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorReturnResult<void>> {
    this.#finish();
    this.onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(): Promise<IteratorReturnResult<void>> {
    return this.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
