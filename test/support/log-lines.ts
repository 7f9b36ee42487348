import { createLogger } from '../../src/hub.js';
import type { Logger } from '../../src/hub.js';

/** What of a log line a test looks at. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly consumer?: string;
  readonly hub?: string;
}

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

/** A logger as the hub has one, which keeps its lines. */
export function logLines(level: string): { readonly logger: Logger; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const write = (text: string): void => {
    const { level: number, ...line } = JSON.parse(text) as Omit<LogLine, 'level'> & { level: number };
    lines.push({ ...line, level: LEVELS[number] ?? String(number) });
  };
  return { logger: createLogger(level, { write }), lines };
}
