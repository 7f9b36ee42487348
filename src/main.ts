#!/usr/bin/env node
/** Runs a hub in the foreground: environment → configuration → hub → signals. */
import { ConfigError, createLogger, openHub, readConfig } from './hub.js';
import type { Config } from './hub.js';

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`tidemark: ${error.message}\n`);
    process.exit(1);
  }
}

const config = configOrExit();
const logger = createLogger(config.logLevel);

try {
  const hub = await openHub(config, { logger });
  logger.info({ url: `${hub.url}/graphql` }, `tidemark is ready at ${hub.url}/graphql`);
  const stop = (signal: string): void => {
    logger.info({ signal }, 'stopping');
    hub.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'the hub did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`tidemark: cannot start: ${reason}\n`);
  logger.debug({ err: error }, 'cannot start');
  process.exit(1);
}
