/** A wrong configuration or command line; the message is one line for the person who starts the hub. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** A wrong command line. The program `tidemark` ends with exit code 2 on it, on any other wrong configuration with 1. */
export class UsageError extends ConfigError {
  override readonly name = 'UsageError';
}
