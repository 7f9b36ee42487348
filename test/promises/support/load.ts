import { setTimeout as sleep } from 'node:timers/promises';
import { post } from '../../support/client.js';
import { eventually } from '../../support/wait.js';
import type { Dice } from './dice.js';

/** What a source came to know of a call. */
export type Came =
  | { readonly kind: 'answered'; readonly outcome: string; readonly cursor: string | null }
  | { readonly kind: 'refused'; readonly code: unknown; readonly unknown: boolean }
  /** The connection broke before the answer. */
  | { readonly kind: 'silence' };

/** One call of the load, of one change under a sourceId of its own, sent once. */
export interface Call {
  readonly change: { readonly sourceId: string; readonly key: string } & Record<string, unknown>;
  readonly came: Came;
}

const PUBLISH = `mutation ($source: String!, $changes: [ChangeInput!]!) {
  publish(source: $source, changes: $changes) { results { outcome change { cursor } } }
}`;

interface Published {
  readonly publish: {
    readonly results: readonly { outcome: string; change: { cursor: string } | null }[];
  };
}

/** Sends one change; never throws. */
export async function send(url: string, change: object, source = 'load'): Promise<Came> {
  try {
    const { data, errors } = await post<Published>(url, PUBLISH, { source, changes: [change] });
    const extensions = errors?.[0]?.extensions;
    if (extensions) return { kind: 'refused', code: extensions.code, unknown: extensions.unknown === true };
    const [result] = data?.publish.results ?? [];
    if (!result) return { kind: 'refused', code: `no answer: ${JSON.stringify(errors)}`, unknown: false };
    return { kind: 'answered', outcome: result.outcome, cursor: result.change?.cursor ?? null };
  } catch {
    return { kind: 'silence' };
  }
}

/** A refused or broken call is followed by the next after this time, so that a dead hub is not hammered. */
const REST_MS = 10;

export interface LoadOptions {
  readonly callers: number;
  /** Where the next call goes. */
  readonly url: () => string;
  readonly dice: Dice;
}

/** Many sources that publish at once, each one call after the other, until they are told to stop. */
export class Load {
  readonly calls: Call[] = [];
  #stopped = false;
  readonly #callers: Promise<void>[];

  constructor(readonly options: LoadOptions) {
    this.#callers = Array.from({ length: options.callers }, (_none, caller) => this.#run(caller));
  }

  of<K extends Came['kind']>(kind: K): (Call & { came: Extract<Came, { kind: K }> })[] {
    return this.calls.filter(
      (call): call is Call & { came: Extract<Came, { kind: K }> } => call.came.kind === kind,
    );
  }

  /** Waits until so many further calls were answered. */
  async progress(calls: number): Promise<void> {
    const enough = this.of('answered').length + calls;
    await eventually(() => this.of('answered').length >= enough, {
      what: `${calls} further answers (last: ${JSON.stringify(this.calls.at(-1)?.came)})`,
      timeoutMs: 60_000,
    });
  }

  /** Waits for the calls under way, and sends no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
  }

  async #run(caller: number): Promise<void> {
    const { dice, url } = this.options;
    for (let n = 0; !this.#stopped; n += 1) {
      const change = {
        ...{
          sourceId: `c${caller}-${n}`,
          collection: dice.pick(['orders', 'parts']),
          key: `k${dice.between(0, 99)}`,
        },
        data: { caller, n, text: 'x'.repeat(dice.between(0, 400)) },
      };
      const came = await send(url(), change);
      this.calls.push({ change, came });
      if (came.kind !== 'answered') await sleep(REST_MS);
    }
  }
}
