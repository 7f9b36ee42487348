#!/usr/bin/env node
/** Runs a hub in the foreground: command line and environment → configuration → hub → signals. */
import {
  ConfigError,
  createLogger,
  helpText,
  openHub,
  readCommand,
  readConfig,
  UsageError,
  VERSION,
} from './hub.js';
import type { Config } from './hub.js';

try {
  const command = readCommand(process.argv.slice(2));
  if (command === 'help') process.stdout.write(helpText());
  else if (command === 'version') process.stdout.write(`${VERSION}\n`);
  else await run(readConfig(process.env));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`tidemark: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function run(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  try {
    const hub = await openHub(config, { logger });
    const { database, signal, logId } = hub;
    const url = `${hub.url}/graphql`;
    logger.info({ url, database, signal, logId }, `tidemark is ready at ${url}`);
    void hub.stopped.then((reason) => {
      if (reason !== null) process.exit(1);
    });
    let stopping = false;
    const stop = (signal: string): void => {
      if (stopping) return;
      stopping = true;
      logger.info({ signal }, 'stopping');
      hub.close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.fatal({ err: error }, 'the hub did not stop cleanly');
          process.exit(1);
        },
      );
    };
    // `on`, not `once`: a second signal without a listener would end the process before the stop is complete.
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`tidemark: cannot start: ${reason}\n`);
    logger.debug({ err: error }, 'cannot start');
    process.exit(1);
  }
}
