import { parseArgs } from 'node:util';

/** One option of a script: `--name value`, or `--name` for a flag. */
export interface ScriptOption<T> {
  /** What the value is, as in `--minutes <number>`; null: a flag, which takes none. */
  readonly value: string | null;
  readonly about: string;
  readonly default: T;
  /** Reads the text (of a flag: none); undefined where it is not allowed. */
  readonly read: (text: string) => T | undefined;
}

export type ScriptOptions = Readonly<Record<string, ScriptOption<unknown>>>;

type ValuesOf<O extends ScriptOptions> = {
  readonly [N in keyof O]: O[N] extends ScriptOption<infer T> ? T : never;
};

/** A script and what it can be given. */
export interface Script<O extends ScriptOptions> {
  /** As it is called, with what precedes the options: `npm run bench --`. */
  readonly command: string;
  /** What it does, in one sentence. */
  readonly about: string;
  readonly options: O;
  /** What further arguments are, and which are allowed (undefined: any); null: there are none. */
  readonly rest: { readonly name: string; readonly allowed?: readonly string[] } | null;
}

export interface Arguments<O extends ScriptOptions> {
  readonly values: ValuesOf<O>;
  readonly rest: readonly string[];
}

/** Wrong arguments; the message is one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A number of at least `least`; only whole ones, unless `fractions` are allowed. */
export const number = (
  about: string,
  initial: number,
  { least = 1, fractions = false } = {},
): ScriptOption<number> => ({
  value: fractions ? 'number' : 'whole number',
  about: `${about} (default ${initial})`,
  default: initial,
  read: (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return value >= least && (fractions ? Number.isFinite(value) : Number.isSafeInteger(value))
      ? value
      : undefined;
  },
});

export const text = (value: string, about: string): ScriptOption<string | null> => ({
  value,
  about,
  default: null,
  read: (given) => given,
});

export const oneOf = <T extends string>(
  allowed: readonly T[],
  about: string,
  initial: T,
): ScriptOption<T> => ({
  value: allowed.join('|'),
  about: `${about} (default ${initial})`,
  default: initial,
  read: (given) => allowed.find((one) => one === given),
});

/** A list of names, separated by commas; an empty text is an empty list. */
export const listOf = (
  allowed: readonly string[],
  about: string,
): ScriptOption<readonly string[] | null> => ({
  value: 'names',
  about: `${about}, separated by commas: ${allowed.join(', ')}`,
  default: null,
  read: (given) => {
    const names = given
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    return names.every((name) => allowed.includes(name)) ? names : undefined;
  },
});

export const flag = (about: string): ScriptOption<boolean> => ({
  value: null,
  about,
  default: false,
  read: () => true,
});

const HELP = 'help';

/**
 * Reads a script's arguments.
 * @returns null where they ask for help
 * @throws UsageError that names the first wrong argument and, where it is not known, the known ones
 */
export function readArguments<O extends ScriptOptions>(
  script: Script<O>,
  args: readonly string[],
): Arguments<O> | null {
  const values: Record<string, unknown> = {};
  const rest: string[] = [];
  for (const [name, option] of Object.entries(script.options)) values[name] = option.default;
  for (const { name, value } of tokensOf(script.options, args)) {
    if (name === null) rest.push(restOf(script, value ?? ''));
    else if (name === HELP || name === 'h') return null;
    else values[name] = valueOf(script, name, value);
  }
  return { values: values as ValuesOf<O>, rest };
}

interface Token {
  /** Null: not an option. */
  readonly name: string | null;
  /** Null: none was given. */
  readonly value: string | null;
}

/** Not strict: the wording of parseArgs' own errors is no help to a person. */
function tokensOf(options: ScriptOptions, args: readonly string[]): Token[] {
  const types = Object.entries(options).map(([name, { value }]) => [
    name,
    { type: value === null ? ('boolean' as const) : ('string' as const) },
  ]);
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(types) as Record<string, { type: 'boolean' | 'string' }>,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  return tokens.flatMap((token): Token[] => {
    if (token.kind === 'option-terminator') return [];
    if (token.kind === 'positional') return [{ name: null, value: token.value }];
    return [{ name: token.name, value: token.value ?? null }];
  });
}

function restOf({ command, options, rest }: Script<ScriptOptions>, value: string): string {
  if (rest !== null && (rest.allowed?.includes(value) ?? true)) return value;
  const allowed = rest?.allowed === undefined ? [] : [`${rest.name} ${rest.allowed.join(', ')}`];
  throw new UsageError(
    `${command}: unknown argument ${JSON.stringify(value)}; known are ${[...allowed, ...known(options)].join(', ')}.`,
  );
}

function valueOf({ command, options }: Script<ScriptOptions>, name: string, value: string | null): unknown {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  const given = `${name.length === 1 ? '-' : '--'}${name}`;
  if (!option)
    throw new UsageError(
      `${command}: unknown option ${given}; the options are ${known(options).join(', ')}.`,
    );
  if (option.value === null && value !== null) throw new UsageError(`${command}: ${given} takes no value.`);
  const read = option.value === null || value !== null ? option.read(value ?? '') : undefined;
  if (read !== undefined) return read;
  throw new UsageError(
    `${command}: ${given} needs a value <${option.value ?? ''}>, not ${value === null ? 'none' : JSON.stringify(value)}; see --help.`,
  );
}

const known = (options: ScriptOptions): string[] =>
  [...Object.keys(options), HELP].map((name) => `--${name}`);

/** The text of `--help`. */
export function usage({ command, about, options, rest }: Script<ScriptOptions>): string {
  const further = rest === null ? '' : ` [${rest.allowed?.join('|') ?? rest.name} …]`;
  const rows = Object.entries(options).map(([name, option]) => [
    `--${name}${option.value === null ? '' : ` <${option.value}>`}`,
    option.about,
  ]);
  rows.push([`--${HELP}`, 'print this text']);
  const width = Math.max(...rows.map(([left = '']) => left.length));
  const lines = rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}\n`);
  return `Usage: ${command} [options]${further}\n\n${about}\n\n${lines.join('')}`;
}

/** Reads this process's arguments; prints help and exits with 0, or one line about a wrong argument and exits with 1. */
export function argumentsOrExit<O extends ScriptOptions>(script: Script<O>): Arguments<O> {
  try {
    const read = readArguments(script, process.argv.slice(2));
    if (read) return read;
    process.stdout.write(usage(script));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
