import { hostname } from 'node:os';
import type { Logger } from 'pino';

/** The lines that operators read first: each names the hub, and an outage of the database is told once. */
export class OperatorLog {
  #isLost = false;

  /**
   * @param port of the server; set it when one is chosen
   * @param isOutage whether an error says that the database does not answer
   */
  constructor(
    readonly logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>,
    public port: number,
    readonly isOutage: (error: unknown) => boolean,
  ) {}

  /** By which operators know this hub: host name and port. */
  readonly hubName = (): string => `${hostname()}:${this.port}`;

  /** A listener that logs what went wrong at warn, and goes on. */
  readonly failed =
    (what: string) =>
    (error: unknown): void =>
      this.isOutage(error) ? this.unavailable(error) : this.logger.warn({ err: error }, what);

  /** A request failed for a reason that its caller is not told. @param id what the caller sees: an id, or a code */
  readonly requestFailed = (error: unknown, id: string): void =>
    id === 'LOG_UNAVAILABLE'
      ? this.unavailable(error)
      : this.logger.error({ err: error, id }, 'a request failed');

  info(fields: object, sentence: string): void {
    this.logger.info({ ...fields, hub: this.hubName() }, sentence);
  }

  warn(fields: object, sentence: string): void {
    this.logger.warn({ ...fields, hub: this.hubName() }, sentence);
  }

  /** A statement failed because the database does not answer: a line at warn for the first of an outage, at debug for others. */
  unavailable(error: unknown): void {
    const sentence = 'the database does not answer';
    if (this.#isLost) this.logger.debug({ err: error }, sentence);
    else this.warn({ err: error }, sentence);
    this.#isLost = true;
  }

  /** The database answered: a line at info where it did not before. */
  available(): void {
    if (this.#isLost) this.info({}, 'the database answers again');
    this.#isLost = false;
  }
}
