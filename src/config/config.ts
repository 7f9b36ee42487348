/**
 * Configuration: one table of options (options.ts), read from the environment once, checked, and handed down. A wrong value
 * stops the start with one line that names it.
 */
import type { Limits } from '../model/limits.js';
import { contradictionIn } from './contradictions.js';
import { ConfigError } from './config-error.js';
import { optionList } from './options.js';
import type { Option } from './option.js';
import type { OptionName, Values } from './options.js';

export { readCommand } from './command.js';
export type { Command } from './command.js';
export { ConfigError, UsageError } from './config-error.js';
export { parseDatabaseUrl } from './database-url.js';
export type { DatabaseTarget } from './database-url.js';
export { helpText } from './help.js';
export { OPTIONS } from './options.js';
export type { OptionName } from './options.js';
export { parseRedisUrl } from './redis-url.js';
export type { RedisTarget } from './redis-url.js';
export { VERSION } from './version.js';

/** The values of all options, each at its path in the table. */
export interface Config extends Values {
  /** The model's limits; the table does not compile where it lacks one, or has one that the model does not know. */
  readonly limits: Exactly<Limits, Values['limits']>;
}

/** `Found`, if it has the properties of `Wanted` and no others. */
type Exactly<Wanted, Found extends Wanted & Record<Exclude<keyof Found, keyof Wanted>, never>> = Found;

/** Values by the names of their environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks the configuration. An empty or blank value counts as absent; variables that are no options are ignored.
 * @throws ConfigError that names the first wrong value, or the first two values that contradict each other
 */
export function readConfig(environment: Environment): Config {
  const values: Partial<Record<OptionName, unknown>> = {};
  const config: Record<string, unknown> = {};
  for (const [name, option] of optionList) {
    const value = read(name, option, environment[name]?.trim());
    values[name] = value;
    put(config, option.path, value);
  }
  const contradiction = contradictionIn(values as Record<OptionName, unknown>);
  if (contradiction !== null) throw new ConfigError(contradiction);
  // The type follows from the same table as the value.
  return config as unknown as Config;
}

function read(name: OptionName, option: Option, given: string | undefined): unknown {
  const text = given === undefined || given === '' ? option.default : given;
  if (text === null) return null;
  const result = option.schema.safeParse(String(text));
  if (result.success) return result.data;
  const problem = result.error.issues[0]?.message ?? 'is not allowed';
  throw new ConfigError(`${name} ${problem}${shown(name, given)}.`);
}

/** Puts a value at `property` or `group.property`. */
function put(config: Record<string, unknown>, path: string, value: unknown): void {
  const [first = '', second] = path.split('.');
  if (second === undefined) config[first] = value;
  else config[first] = { ...(config[first] as object | undefined), [second]: value };
}

/** The wrong value itself, unless it may hold a password. */
const shown = (name: OptionName, given: string | undefined): string =>
  name.endsWith('_URL') ? '' : ` (the value is ${JSON.stringify(given)})`;
