import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { guard } from './guardian.js';
import { eventually } from './wait.js';

export interface SystemUser {
  uid: number;
  gid: number;
}

export interface SpawnOptions {
  cwd?: string;
  /** Added to this process's environment; undefined removes a variable. */
  env?: NodeJS.ProcessEnv;
  user?: SystemUser;
  /** What ends the process when the test process is gone; SIGKILL unless told. */
  orphanSignal?: NodeJS.Signals;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const TAIL_LENGTH = 64 * 1024;

/** A child process whose output is kept and that never outlives the test process. */
export class ManagedProcess {
  readonly pid: number;
  /** Resolves when the process itself has ended. */
  readonly exited: Promise<Exit>;
  /** Resolves when its output has ended too, which its own children may keep open. */
  readonly closed: Promise<Exit>;
  readonly #command: string;
  readonly #child: ChildProcess;
  #tail = '';

  constructor(command: string, child: ChildProcess, pid: number, orphanSignal: NodeJS.Signals) {
    this.#command = command;
    this.#child = child;
    this.pid = pid;
    const release = guard({ kind: 'process', pid, signal: orphanSignal });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#tail = (this.#tail + text).slice(-TAIL_LENGTH);
      });
    }
    const exitOn = (event: 'exit' | 'close'): Promise<Exit> =>
      new Promise((resolve) => {
        child.once(event, (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal }));
      });
    this.exited = exitOn('exit');
    this.closed = exitOn('close');
    void this.exited.then(release);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of what the process wrote to both its outputs. */
  get output(): string {
    return this.#tail;
  }

  /** Waits until `predicate` holds; fails at once when the process ends before. */
  async ready(
    predicate: (output: string) => boolean | Promise<boolean>,
    { timeoutMs = 30_000, what = 'it to be ready' }: { timeoutMs?: number; what?: string } = {},
  ): Promise<void> {
    let settled = false;
    const died = this.exited.then((exit) => {
      throw new Error(`${this.#command} ended (${describeExit(exit)}) before ${what}:\n${this.#tail}`);
    });
    const holds = eventually(async () => settled || predicate(this.#tail), { what, timeoutMs }).catch(
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`${this.#command}: ${message}\n${this.#tail}`, { cause: error });
      },
    );
    try {
      await Promise.race([died, holds]);
    } finally {
      settled = true;
    }
  }

  /** Sends a signal without waiting for what it does. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  /** Ends the process and waits until it has ended; one that ignores the signal is killed and reported. */
  async kill(signal: NodeJS.Signals = 'SIGKILL', timeoutMs = 10_000): Promise<Exit> {
    this.signal(signal);
    try {
      return await eventually(() => this.exited, { what: `${this.#command} to end on ${signal}`, timeoutMs });
    } catch (error) {
      this.signal('SIGKILL');
      await this.exited;
      throw error;
    }
  }
}

/** Starts a program and waits only until it runs; a program that cannot be started is an error. */
export async function spawnProcess(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<ManagedProcess> {
  const child = spawn(command, args, {
    // A group of its own: an interrupt from the terminal, or a kill of the test process's group, is for the
    // tests to clean up after, not for a server to see first.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.user ?? {}),
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw new Error(`${command} could not be started: ${error.message}`, { cause: error });
  }
  return new ManagedProcess(command, child, child.pid, options.orphanSignal ?? 'SIGKILL');
}

export function describeExit({ code, signal }: Exit): string {
  return signal ?? `exit code ${String(code)}`;
}
