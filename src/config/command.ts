import { UsageError } from './config-error.js';

/** What the command line asks for. */
export type Command = 'run' | 'help' | 'version';

const COMMANDS: Readonly<Record<string, Command>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
};

/**
 * Reads the arguments of the command line: none runs a hub; of several, the first counts.
 * @throws UsageError that names the first unknown argument
 */
export function readCommand(args: readonly string[]): Command {
  const unknown = args.find((arg) => !Object.hasOwn(COMMANDS, arg));
  if (unknown !== undefined) {
    throw new UsageError(
      `unknown argument ${JSON.stringify(unknown)}; the arguments are --help and --version, options are environment variables.`,
    );
  }
  const [first] = args;
  return (first === undefined ? undefined : COMMANDS[first]) ?? 'run';
}
