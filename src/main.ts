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
  verifyLog,
} from './hub.js';
import type { Config } from './hub.js';

try {
  const command = readCommand(process.argv.slice(2));
  if (command.kind === 'help') process.stdout.write(helpText());
  else if (command.kind === 'version') process.stdout.write(`${VERSION}\n`);
  else if (command.kind === 'verify') await verify(readConfig(process.env), command.after);
  else await run(readConfig(process.env));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`tidemark: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** Ends with exit code 0 where the log is whole, 1 where it is damaged or cannot be checked. */
async function verify(config: Config, after: string | null): Promise<void> {
  let percent = 0;
  const onProgress = (at: bigint, end: bigint): void => {
    const now = Number((at * 100n) / end);
    if (now === percent) return;
    percent = now;
    process.stderr.write(`checked ${now} %, up to position ${at} of ${end}\n`);
  };
  try {
    const { database, logId, changes, through, damage } = await verifyLog(config, { after, onProgress });
    const log = `The log ${logId} in ${database}`;
    if (damage === null) {
      process.stdout.write(
        `${log} is whole: ${changes} changes were checked, the last has the cursor ${through}.\n`,
      );
      return;
    }
    process.stdout.write(
      `${log} is damaged: the change at position ${damage.position} ${damage.what}. What comes before it was checked ` +
        `(${changes} changes, the last has the cursor ${through}); restore the database from a backup.\n`,
    );
  } catch (error) {
    process.stderr.write(
      `tidemark: cannot check the log: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
  process.exitCode = 1;
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
