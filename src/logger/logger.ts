import { pino, stdSerializers } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export { OperatorLog } from './operator-log.js';
export type { Logger } from 'pino';

/**
 * Structured logs, one JSON object a line, on standard output.
 * @param level pino's: trace, debug, info, warn, error, fatal, silent
 * @param destination default: standard output
 */
export const createLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: summaryOf } },
    ...(destination ? [destination] : []),
  );

/** What is logged of an error. Drivers hang their clients on errors, with keys and whatever they were sent: that is not. */
function summaryOf(error: unknown): unknown {
  // Errors of another realm, as embedding programs may have, are no instances of this one's class.
  if (typeof error !== 'object' || error === null || !('message' in error)) return error;
  const { type, message, stack, code } = stdSerializers.err(error as Error);
  return { type, message, ...(code === undefined ? {} : { code: code as unknown }), stack };
}
