import { setTimeout as sleep } from 'node:timers/promises';
import type { Dice } from '../../promises/support/dice.js';
import type { Outcome } from '../history.js';
import type { Recorder } from '../recording.js';
import { callParts } from './call.js';
import type { Hub } from './hub.js';
import type { Profile } from './profiles.js';

const DELETE = 'deleted: deleteConsumer(name: $name) { cursor }';
const CREATE = 'created: createConsumer(input: $input) { cursor }';

export interface MakerOptions {
  readonly profile: Profile;
  readonly hubs: readonly Hub[];
  readonly recorder: Recorder;
  readonly dice: Dice;
}

type Part = 'deleted' | 'created';

/** Makes and deletes one durable consumer by calls of their own. */
export class Maker {
  constructor(readonly options: MakerOptions) {}

  /** Creates the consumer at a random hub; retries until it exists, or until `until` answers true. */
  async create(until: () => boolean): Promise<void> {
    const { hubs, dice } = this.options;
    while (!until()) {
      const { created } = await this.#ask(dice.pick(hubs), ['created']);
      if (created?.kind === 'ok' || (created?.kind === 'fail' && created.code === 'CONSUMER_EXISTS')) return;
      await sleep(dice.between(30, 300));
    }
  }

  /**
   * Deletes the consumer at a hub other than its session's and creates it again, in the same request or in another one at a
   * random hub.
   */
  async remake(sessionAt: Hub | undefined, until: () => boolean): Promise<void> {
    const { hubs, dice } = this.options;
    const others = hubs.filter((hub) => hub !== sessionAt);
    const hub = dice.pick(others);
    if (dice.chance(0.6)) {
      const { created } = await this.#ask(hub, ['deleted', 'created']);
      if (created?.kind === 'ok') return;
    } else {
      await this.#ask(hub, ['deleted']);
    }
    await this.create(until);
  }

  /** Sends one request with one or both mutations; answers the outcome of each that the hub executed. */
  async #ask(hub: Hub, parts: readonly Part[]): Promise<Partial<Record<Part, Outcome<{ cursor: string }>>>> {
    const { profile, recorder } = this.options;
    const { name, filter, startAt, maxAttempts = 5 } = profile;
    const both = parts.length === 2;
    const query = parts.includes('created')
      ? `mutation ($input: CreateConsumerInput!${both ? ', $name: ID!' : ''}) { ${both ? DELETE : ''} ${CREATE} }`
      : `mutation ($name: ID!) { ${DELETE} }`;
    const input = { name, startAt, maxAttempts, ...(filter ? { filter } : {}) };
    const invokedAt = recorder.now();
    const variables = {
      ...(parts.includes('deleted') ? { name } : {}),
      ...(parts.includes('created') ? { input } : {}),
    };
    const outcomes = await callParts<{ cursor: string }>(hub.url, query, variables, parts);
    const asked = { consumer: name, hub: hub.name, invokedAt };
    if (outcomes.deleted) recorder.add({ kind: 'delete', ...asked, outcome: outcomes.deleted });
    if (outcomes.created) {
      recorder.add({ kind: 'create', ...asked, startAt, filter, maxAttempts, outcome: outcomes.created });
    }
    return outcomes;
  }
}
