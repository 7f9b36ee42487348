import { setImmediate } from 'node:timers/promises';
import type { Position } from '../model/cursor.js';
import type { Telemetry } from '../model/telemetry.js';
import type { ConsumerRecord } from './consumer-store.js';

interface Waiting {
  readonly name: string;
  readonly position: Position;
  readonly resolve: (consumer: ConsumerRecord | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes acknowledgements in groups: what arrives while one write is under way goes into the next, as one statement. */
export class AckWriter {
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;

  /** @param write moves consumers to places and answers those that there are */
  constructor(
    readonly write: (places: ReadonlyMap<string, Position>) => Promise<ConsumerRecord[]>,
    readonly telemetry: Telemetry,
  ) {}

  /** Answers the consumer once its place is durable; null where there is no such consumer. */
  acknowledge(name: string, position: Position): Promise<ConsumerRecord | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, position, resolve, reject });
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
      const records = await this.#move(group);
      // A place beyond the log's end moves nothing, and must not cost those that came together with it their move.
      const within = group.filter(({ name, position }) => position <= (records.get(name)?.head ?? position));
      if (within.length < group.length && within.length > 0) {
        for (const [name, record] of await this.#move(within)) records.set(name, record);
      }
      this.telemetry.acknowledged(within.length);
      for (const { name, resolve } of group) resolve(records.get(name) ?? null);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async #move(group: readonly Waiting[]): Promise<Map<string, ConsumerRecord>> {
    return new Map((await this.write(furthest(group))).map((record) => [record.name, record]));
  }
}

/** Of several places of one consumer the furthest counts: acknowledging is cumulative. */
function furthest(group: readonly Waiting[]): Map<string, Position> {
  const places = new Map<string, Position>();
  for (const { name, position } of group) {
    const known = places.get(name);
    if (known === undefined || position > known) places.set(name, position);
  }
  return places;
}
