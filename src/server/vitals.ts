/** The state of the rooms that /readyz checks and /metrics shows. Everything here is cheap to read. */
export interface Vitals {
  /** Poll interval of the feed, in milliseconds. */
  readonly pollMs: number;
  /**
   * Reads from the database; resolves to its name.
   * @throws Error where it does not answer
   */
  readonly database: () => Promise<string>;
  /** Whether this hub has migrations that the database does not have. */
  readonly pendingMigrations: () => Promise<boolean>;
  /** `up`, `down` or `in-process`. */
  readonly signal: () => string;
  /** Position of the newest change that the feed has passed on. */
  readonly head: () => bigint;
  /** Milliseconds since the feed was last known to be at the end of the log. */
  readonly feedBehindMs: () => number;
  /** Changes, and their bytes, that wait for a commit or are in one. */
  readonly publishing: () => { readonly changes: number; readonly bytes: number };
  readonly acknowledging: {
    /** Milliseconds that the oldest acknowledgement has waited to be durable; 0 where none waits. */
    readonly oldestMs: number;
    /** Whether the last write failed. */
    readonly failing: boolean;
    /**
     * Where the last write failed: writes an empty group, to find out whether writing works again.
     * @throws the error of that write
     */
    check(): Promise<void>;
  };
  /** Live subscriptions of this hub. */
  readonly subscriptions: () => number;
  /** Sessions of consumers at this hub, by state. */
  readonly sessions: () => Readonly<Record<string, number>>;
  readonly consumers: () => Promise<
    readonly {
      id: bigint;
      name: string;
      lag: number;
      lagSeconds: number;
      inFlight: number;
      connected: boolean;
      /** Milliseconds since 1970; null: never. */
      acknowledgedAt: number | null;
    }[]
  >;
  /**
   * By the id of each consumer that has any: rejected changes and those held behind them (`waiting`), and dead letters
   * (`dead`).
   */
  readonly rejections: () => Promise<readonly { consumer: bigint; waiting: number; dead: number }[]>;
}
