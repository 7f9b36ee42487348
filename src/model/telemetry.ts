/** What the rooms report as it happens. Implementations must not throw and must not wait. */
export interface Telemetry {
  /** A group of changes became durable; `seconds` from the start of its transaction to the commit's answer. */
  appended(changes: number, seconds: number): void;
  /** A batch was written towards one subscription. */
  delivered(changes: number): void;
  /** A group of acknowledgements became durable. */
  acknowledged(count: number): void;
}

/** Reports to nobody. */
export const silent: Telemetry = {
  appended: () => undefined,
  delivered: () => undefined,
  acknowledged: () => undefined,
};
