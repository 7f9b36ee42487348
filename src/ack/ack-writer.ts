import { setImmediate } from 'node:timers/promises';
import type { Telemetry } from '../model/telemetry.js';
import type { Acknowledgement, ConsumerRecord } from './consumer-store.js';

interface Waiting {
  readonly acknowledgement: Acknowledgement;
  readonly since: number;
  readonly resolve: (consumer: ConsumerRecord | null) => void;
  readonly reject: (error: unknown) => void;
}

/** How writing acknowledgements gets on. */
export interface AckProgress {
  /** Milliseconds that the oldest acknowledgement has waited to be durable; 0 where none waits. */
  readonly oldestMs: number;
  /** Whether the last write failed. */
  readonly failing: boolean;
  /** Writes nothing, where the last write failed, to see whether writing works again. @throws what still fails */
  check(): Promise<void>;
}

/** Writes acknowledgements in groups: what arrives while one write is under way goes into the next, as one statement. */
export class AckWriter implements AckProgress {
  #waiting: Waiting[] = [];
  /** What is being written now, the oldest first, as in #waiting. */
  #group: readonly Waiting[] = [];
  #writing: Promise<void> | null = null;
  #failing = false;

  /** @param write makes acknowledgements durable and answers the consumers that there are */
  constructor(
    readonly write: (acknowledgements: readonly Acknowledgement[]) => Promise<ConsumerRecord[]>,
    readonly telemetry: Telemetry,
  ) {}

  get oldestMs(): number {
    const [oldest] = [...this.#group.slice(0, 1), ...this.#waiting.slice(0, 1)];
    return oldest ? performance.now() - oldest.since : 0;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Answers the consumer once the acknowledgement is durable; null where there is no such consumer. */
  acknowledge(acknowledgement: Acknowledgement): Promise<ConsumerRecord | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ acknowledgement, since: performance.now(), resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async check(): Promise<void> {
    // A hub that is not ready may get no acknowledgement any more, and so no write by which it would be found well again.
    if (!this.#failing) return;
    await this.write([]);
    this.#failing = false;
  }

  /** Resolves when everything that was taken is answered. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // All that the sockets hold ready goes into the group, also where a write blocks this process.
      await setImmediate();
      this.#group = this.#waiting.splice(0);
      await this.#writeGroup(this.#group);
      this.#group = [];
    }
    this.#writing = null;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const written = await this.write(group.map((one) => one.acknowledgement));
      this.#failing = false;
      const records = new Map(written.map((record) => [record.name, record]));
      const recordOf = ({ name }: Acknowledgement): ConsumerRecord | null => records.get(name) ?? null;
      const count = group.filter(({ acknowledgement }) => holds(acknowledgement, recordOf(acknowledgement)));
      this.telemetry.acknowledged(count.length);
      for (const { acknowledgement, resolve } of group) resolve(recordOf(acknowledgement));
    } catch (error) {
      this.#failing = true;
      for (const { reject } of group) reject(error);
    }
  }
}

/** Whether an acknowledgement is true of its consumer now that it was written; one that did not count is not. */
const holds = ({ position, fence }: Acknowledgement, consumer: ConsumerRecord | null): boolean =>
  consumer !== null &&
  consumer.position >= position &&
  (fence === null || (fence.epoch === consumer.epoch && fence.seeks === consumer.seeks));
