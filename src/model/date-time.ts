/** The span that RFC 3339 can write with a four-digit year: 0000-01-01 to 9999-12-31T23:59:59.999Z. */
const EARLIEST_MS = -62_167_219_200_000;
const LATEST_MS = 253_402_300_799_999;

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Reads an RFC 3339 date-time into milliseconds since 1970 (finer digits are cut off).
 * Answers null for anything else: a missing offset, a day or hour that does not exist, a leap second.
 */
export function parseDateTime(text: string): number | null {
  const parts = RFC_3339.exec(text);
  if (!parts) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as SixNumbers;
  const inRange = hour <= 23 && minute <= 59 && second <= 59;
  if (!inRange || !dayExists(year, month, day)) return null;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) || ms < EARLIEST_MS || ms > LATEST_MS ? null : ms;
}

type SixNumbers = [number, number, number, number, number, number];

/** Date counts a 30 February on into March: a day exists if that leaves it as it was. */
function dayExists(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Milliseconds since 1970 as RFC 3339 with milliseconds, UTC. */
export const formatDateTime = (ms: number): string => new Date(ms).toISOString();
