import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder } from '../recording.js';
import type { Hub } from './hub.js';

const SAMPLE_MS = 200;
/** Samples that one entry stands for. */
const SAMPLES = 5;

/** Samples the resident memory of every hub, and records the most of every second. */
export class MemorySampler {
  readonly #most = new Map<string, number>();
  #stopped = false;

  constructor(
    readonly hubs: readonly Hub[],
    readonly recorder: Recorder,
  ) {}

  stop(): void {
    this.#stopped = true;
  }

  async run(): Promise<void> {
    for (let sample = 1; !this.#stopped; sample += 1) {
      await sleep(SAMPLE_MS);
      await Promise.all(this.hubs.map((hub) => this.#sample(hub)));
      if (sample % SAMPLES === 0) this.#record();
    }
    this.#record();
  }

  async #sample({ name, pid }: Hub): Promise<void> {
    const bytes = pid === null ? null : await residentBytes(pid);
    if (bytes !== null) this.#most.set(name, Math.max(bytes, this.#most.get(name) ?? 0));
  }

  #record(): void {
    for (const [hub, bytes] of this.#most) this.recorder.add({ kind: 'memory', hub, bytes });
    this.#most.clear();
  }
}

/** Resident memory of a process; null where it is gone. Source: proc(5), /proc/pid/status, VmRSS in kB. */
async function residentBytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
}
