import type { Recorder } from '../recording.js';
import { call, mapOutcome } from './call.js';
import type { Hub } from './hub.js';
import { PUBLISH, resultsOf } from './producer.js';
import type { Published } from './producer.js';

const SOURCE = 'spur';

/** Publishes a change of one entity at a moment that a test chooses. Each is sent once, answered or not. */
export class Spur {
  #calls = 0;

  constructor(
    readonly name: string,
    readonly recorder: Recorder,
  ) {}

  async publish(hub: Hub, { collection, key }: { collection: string; key: string }): Promise<void> {
    const { name: producer, recorder } = this;
    const number = (this.#calls += 1);
    const data = { status: 'open', amount: number % 10, note: `${producer} ${number}` };
    const changes = [
      {
        collection,
        key,
        write: 'UPSERT' as const,
        data,
        sourceId: `${producer}-${number}`,
        expectedVersion: null,
      },
    ];
    const invokedAt = recorder.now();
    const answer = await call<Published>(hub.url, PUBLISH, { source: SOURCE, changes, atomic: false });
    const outcome = mapOutcome(answer, resultsOf);
    recorder.add({
      kind: 'publish',
      producer,
      source: SOURCE,
      call: number,
      hub: hub.name,
      invokedAt,
      atomic: false,
      changes,
      outcome,
    });
  }
}
