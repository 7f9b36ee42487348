/** What must be there by now. @throws Error where it is not */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('Something is missing that the test relies on.');
  return value;
}
