import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../../src/hub.js';
import { launchHub } from '../../support/hub-process.js';
import type { HubProcess } from '../../support/hub-process.js';
import type { Exit } from '../../support/process.js';
import { describeExit } from '../../support/process.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import type { HubClock } from './hub-clock.js';

/** What a hub's links go through. */
export interface Links {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  /** What clients connect to. */
  readonly client: TcpProxy;
}

export interface HubLaunch {
  readonly environment: Environment;
  readonly nodeArguments: readonly string[];
}

/** A hub that ended though nobody ended it. */
export interface Crash {
  readonly hub: string;
  readonly how: string;
  readonly output: string;
}

/** A hub that could not start, since the database is away, is started again after this time, as a supervisor would. */
const RESTART_MS = 300;
/** A hub that does not stop in order by then is killed. */
const STOP_MS = 20_000;
const OUTPUT_LENGTH = 200_000;

/** One hub of the cluster: a process that is started again when it ends, unless it was told to stay down. */
export class Hub {
  readonly crashes: Crash[] = [];
  #wanted = false;
  #running: HubProcess | null = null;
  #watching: Promise<void> = Promise.resolve();
  #output = '';

  constructor(
    readonly name: string,
    readonly links: Links,
    readonly clock: HubClock,
    readonly launch: HubLaunch,
  ) {}

  /** Where clients find it: the link that can be cut. */
  get url(): string {
    return `http://127.0.0.1:${this.links.client.port}`;
  }

  /** Where the bench asks it, past the link. */
  get directUrl(): string {
    return `http://127.0.0.1:${this.launch.environment.PORT ?? ''}`;
  }

  get pid(): number | null {
    return this.#running?.process.pid ?? null;
  }

  /** What its processes wrote, one after the other. */
  get output(): string {
    return `${this.#output}${this.#running?.process.output ?? ''}`;
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#watching = this.#watch();
  }

  /** Ends it by a signal, and keeps it down; answers how it ended. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<Exit | null> {
    this.#wanted = false;
    const process = this.#running?.process;
    const exit = (await process?.kill(signal, STOP_MS).catch(() => process.exited)) ?? null;
    await this.#watching;
    return exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.#running?.process.signal(signal);
  }

  async ready(): Promise<boolean> {
    const answer = await fetch(`${this.directUrl}/readyz`, { signal: AbortSignal.timeout(4_000) });
    const { signal } = (await answer.json()) as { signal: string };
    // A hub without Redis is ready as well; the bench waits until the hub has found it again.
    return answer.status === 200 && signal !== 'down';
  }

  async #watch(): Promise<void> {
    while (this.#wanted) {
      const running = await launchHub(this.launch.environment, this.launch.nodeArguments);
      this.#running = running;
      if (!this.#isWanted()) running.process.signal('SIGKILL');
      const exit = await running.process.closed;
      this.#running = null;
      this.#note(running, exit);
      if (this.#isWanted()) await sleep(RESTART_MS);
    }
  }

  /** Asked anew, as it changes while the process runs. */
  #isWanted(): boolean {
    return this.#wanted;
  }

  #note({ process }: HubProcess, exit: Exit): void {
    const how = describeExit(exit);
    const { output } = process;
    this.#output = `${this.#output}${output}[${this.name} ended: ${how}]\n`.slice(-OUTPUT_LENGTH);
    // A hub that finds no database when it starts says so and ends: that is what it should do.
    if (this.#wanted && !output.includes('tidemark: cannot start')) {
      this.crashes.push({ hub: this.name, how, output });
    }
  }
}
