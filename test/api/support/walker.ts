import type { View } from '../../../src/view/view.js';
import { eventually } from '../../support/wait.js';
import type { Followed, RoomsOfHub } from './callers.js';
import { answeredIn, operationOf } from './ways-out.js';

/** One caller that asks root fields for everything, and keeps every text that it got. */
export class Walker {
  readonly #texts = new Map<string, string[]>();
  /** `Type.field` of every field that had a value in some answer. */
  readonly answered = new Set<string>();

  constructor(
    readonly hub: RoomsOfHub,
    readonly name: string,
    readonly view: View,
  ) {}

  /** Everything that came of a root field, errors too, as one text. */
  textOf(rootField: string): string {
    return (this.#texts.get(rootField) ?? []).join('\n');
  }

  /** Asks a root field for everything, with each of these arguments in turn. */
  async ask(rootField: string, ...cases: readonly object[]): Promise<void> {
    for (const args of cases) {
      const answer = await this.hub.ask(this.view, operationOf(this.hub.schema, rootField, args), args);
      this.#keep(rootField, JSON.stringify(answer));
    }
  }

  /**
   * Subscribes with each of these arguments, all at once, does `meanwhile` when all are live, and ends them when everything
   * that came satisfies `until`.
   */
  async follow(
    rootField: string,
    cases: readonly object[],
    meanwhile: () => Promise<void>,
    until: (text: string) => boolean,
  ): Promise<void> {
    const followed: Followed[] = [];
    for (const args of cases)
      followed.push(await this.hub.follow(this.view, operationOf(this.hub.schema, rootField, args), args));
    await eventually(() => followed.every(({ frames }) => frames.length > 0), { what: 'first batches' });
    await meanwhile();
    for (const { frames, end } of followed) {
      await eventually(() => until(frames.join('\n')), { what: 'everything that a subscription gets' });
      await end();
      for (const frame of frames) this.#keep(rootField, frame);
    }
  }

  #keep(rootField: string, text: string): void {
    this.#texts.set(rootField, [...(this.#texts.get(rootField) ?? []), text]);
    const { data } = JSON.parse(text) as { data?: Readonly<Record<string, unknown>> | null };
    const [, field = ''] = rootField.split('.');
    for (const name of answeredIn(this.hub.schema, rootField, data?.[field])) this.answered.add(name);
  }
}
