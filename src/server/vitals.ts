/** What the rooms say of how they get on; /readyz judges by it and /metrics shows it. All of it is cheap to ask. */
export interface Vitals {
  /** Milliseconds between looks at the log's end, as they are. */
  readonly pollMs: number;
  /** Looks into the database; answers its name and version. @throws where it does not answer */
  readonly database: () => Promise<string>;
  /** Whether migrations wait that this hub knows and the database does not have. */
  readonly pendingMigrations: () => Promise<boolean>;
  /** `up`, `down` or `in-process`. */
  readonly signal: () => string;
  /** The end of what the feed has handed on. */
  readonly head: () => bigint;
  /** Milliseconds since the feed was last known to be at the log's end. */
  readonly feedBehindMs: () => number;
  /** Changes, and their bytes, that wait for a commit or are in one. */
  readonly publishing: () => { readonly changes: number; readonly bytes: number };
  readonly acknowledging: {
    /** Milliseconds that the oldest acknowledgement has waited to be durable; 0 where none waits. */
    readonly oldestMs: number;
    /** Whether the last write failed. */
    readonly failing: boolean;
    /** Tries to write again where the last write failed. @throws what still fails */
    check(): Promise<void>;
  };
  /** Live subscriptions of this hub. */
  readonly subscriptions: () => number;
  readonly consumers: () => Promise<
    readonly { name: string; lag: number; inFlight: number; connected: boolean }[]
  >;
  /** Changes that consumers rejected, where there are any: those that wait, and those that are dead. */
  readonly rejections: () => Promise<readonly { name: string; waiting: number; dead: number }[]>;
}
