/** A list as one parameter of a statement: JSON text, with whole numbers of any size as strings. */
export const jsonList = (entries: readonly object[]): string =>
  JSON.stringify(entries, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
