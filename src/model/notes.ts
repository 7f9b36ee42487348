/** Takes what operators are told of as it happens, in log lines. Implementations must not throw and must not wait. */
export interface Notes {
  /** @param fields what the line is about, without data of changes @param sentence what happened */
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
}

/** Tells nobody. */
export const noNotes: Notes = { info: () => undefined, warn: () => undefined };
