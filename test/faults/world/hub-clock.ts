import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HubLaunch } from './hub.js';
import { guard } from '../../support/guardian.js';

const PRELOAD = new URL('./skewed-date.mjs', import.meta.url).href;

/** The clock of a hub's machine, which may jump. */
export class HubClock {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tidemark-clock-'));
  readonly #release = guard({ kind: 'directory', path: this.#directory });
  #jumps = 0;

  constructor() {
    this.jump(0);
  }

  /** What a hub is started with, to go by this clock. */
  get launch(): HubLaunch {
    return { environment: { TIDEMARK_CLOCK_FILE: this.#file }, nodeArguments: ['--import', PRELOAD] };
  }

  /** Sets by how many milliseconds it is wrong. */
  jump(offsetMs: number): void {
    this.#jumps += 1;
    writeFileSync(this.#file, `${this.#jumps} ${offsetMs}`);
  }

  /** Whether the hub has read a time since the last jump. */
  get wasRead(): boolean {
    try {
      return Number(readFileSync(`${this.#file}.read`, 'utf8')) === this.#jumps;
    } catch {
      return false;
    }
  }

  dispose(): void {
    rmSync(this.#directory, { recursive: true, force: true });
    this.#release();
  }

  get #file(): string {
    return join(this.#directory, 'offset');
  }
}
