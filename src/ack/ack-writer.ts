import { setImmediate } from 'node:timers/promises';
import type { Telemetry } from '../model/telemetry.js';
import type { Acknowledgement, ConsumerRecord } from './consumer-store.js';

interface Waiting {
  readonly acknowledgement: Acknowledgement;
  readonly resolve: (consumer: ConsumerRecord | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes acknowledgements in groups: what arrives while one write is under way goes into the next, as one statement. */
export class AckWriter {
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;

  /** @param write makes acknowledgements durable and answers the consumers that there are */
  constructor(
    readonly write: (acknowledgements: readonly Acknowledgement[]) => Promise<ConsumerRecord[]>,
    readonly telemetry: Telemetry,
  ) {}

  /** Answers the consumer once the acknowledgement is durable; null where there is no such consumer. */
  acknowledge(acknowledgement: Acknowledgement): Promise<ConsumerRecord | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ acknowledgement, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Resolves when everything that was taken is answered. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // All that the sockets hold ready goes into the group, also where a write blocks this process.
      await setImmediate();
      await this.#writeGroup(this.#waiting.splice(0));
    }
    this.#writing = null;
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const written = await this.write(group.map((one) => one.acknowledgement));
      const records = new Map(written.map((record) => [record.name, record]));
      this.telemetry.acknowledged(group.length);
      for (const { acknowledgement, resolve } of group) resolve(records.get(acknowledgement.name) ?? null);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
