/** A wrong configuration or command line; the message is one line for the person who starts the hub. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
