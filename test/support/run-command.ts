import { describeExit, spawnProcess, type SpawnOptions } from './process.js';
import { eventually } from './wait.js';

export interface RunOptions extends SpawnOptions {
  timeoutMs?: number;
}

/** Runs a program to its end and gives its output; fails with that output when it exits other than with 0. */
export async function run(
  command: string,
  args: readonly string[],
  { timeoutMs = 60_000, ...options }: RunOptions = {},
): Promise<string> {
  const child = await spawnProcess(command, args, options);
  try {
    await eventually(() => child.closed, { what: `${command} ${args.join(' ')} to end`, timeoutMs });
  } catch (error) {
    await child.kill();
    throw error;
  }
  const exit = await child.closed;
  if (exit.code !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed (${describeExit(exit)}):\n${child.output}`);
  }
  return child.output;
}
