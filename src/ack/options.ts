import type { Start, StartPoint } from '../model/consumer.js';
import type { Limits } from '../model/limits.js';
import type { Notes } from '../model/notes.js';
import type { Database } from '../platform/platform.js';
import type { AcknowledgerOptions } from './acknowledger.js';
import type { LogSql } from './consumer-store.js';
import type { HashesAt } from './session-report.js';

export interface ConsumersOptions extends AcknowledgerOptions {
  readonly hashesAt: HashesAt;
  readonly database: Database;
  readonly log: LogSql;
  readonly limits: Limits;
  readonly notes: Notes;
  /** The name of this hub, for operators: host name and port. */
  readonly hubName: () => string;
  /** Milliseconds between looks at other hubs' acknowledgements, for sessions that wait for one. */
  readonly pollMs: number;
  /**
   * What a start comes to in the log; errors name `place` where it starts after a cursor.
   * @throws HubError BAD_USER_INPUT, INVALID_CURSOR, CURSOR_EXPIRED, CURSOR_AHEAD, LOG_UNAVAILABLE
   */
  readonly startPoint: (start: Start, place: string) => Promise<StartPoint>;
  /** Something was done to a consumer whose session another hub may hold. Must not throw. */
  readonly onTouched: (name: string) => void;
  /** An operator action was recorded, of which other hubs have to hear. Must not throw. */
  readonly onActed: () => void;
  /** Told of a report that failed; the next one is tried all the same. */
  readonly onError: (error: unknown) => void;
}
