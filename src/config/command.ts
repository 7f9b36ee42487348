import { UsageError } from './config-error.js';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'run' | 'help' | 'version' }
  | {
      readonly kind: 'verify';
      /** A cursor: only what comes after it is checked; null: all. */
      readonly after: string | null;
    };

const COMMANDS: Readonly<Record<string, Command>> = {
  '--help': { kind: 'help' },
  '-h': { kind: 'help' },
  '--version': { kind: 'version' },
  '-v': { kind: 'version' },
};

/**
 * Reads the arguments of the command line: none runs a hub; of several, the first counts.
 * @throws UsageError that names the first unknown argument
 */
export function readCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === 'verify') return readVerify(rest);
  const unknown = args.find((arg) => !Object.hasOwn(COMMANDS, arg));
  if (unknown !== undefined) {
    throw new UsageError(
      `unknown argument ${JSON.stringify(unknown)}; the arguments are verify, --help and --version, options are environment variables.`,
    );
  }
  return (first === undefined ? undefined : COMMANDS[first]) ?? { kind: 'run' };
}

function readVerify([option, after, ...rest]: readonly string[]): Command {
  if (option === undefined) return { kind: 'verify', after: null };
  if (Object.hasOwn(COMMANDS, option)) return COMMANDS[option] ?? { kind: 'help' };
  const unknown = option === '--after' ? rest[0] : option;
  if (unknown !== undefined) {
    const given = JSON.stringify(unknown);
    throw new UsageError(`unknown argument ${given} of verify; its only argument is --after CURSOR.`);
  }
  if (after === undefined)
    throw new UsageError('verify --after needs a cursor; leave it out to check the whole log.');
  return { kind: 'verify', after };
}
