import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * Structured logs, one JSON object a line, on standard output.
 * @param level pino's: trace, debug, info, warn, error, fatal, silent
 */
export const createLogger = (level: string): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
