import type { ChangeRow } from '../model/change.js';
import type { Position } from '../model/cursor.js';

/** What hubs on one log tell each other. A hint: whoever misses it finds out from the database. */
export type Announcement =
  | {
      readonly kind: 'appended';
      /** The first and the last position of a group that was appended. */
      readonly from: Position;
      readonly to: Position;
      /** The group itself, where it is small; else null. */
      readonly rows: readonly ChangeRow[] | null;
    }
  | {
      readonly kind: 'consumer';
      /** The consumer that was acknowledged for, taken over or deleted. */
      readonly name: string;
    };

/** Larger groups are announced by their range alone, and read from the log by who needs them. */
const MAX_ROWS_LENGTH = 64 * 1_024;
const WIRE_VERSION = 1;

/** An announcement as it travels, with the hub that sends it. */
export interface Envelope {
  readonly hub: string;
  readonly announcement: Announcement | { readonly kind: 'probe' };
}

/** The text of an envelope; positions are strings in it, since JSON's numbers are doubles. */
export function encodeEnvelope(envelope: Envelope): string {
  const text = stringify(envelope);
  const { announcement } = envelope;
  if (text.length <= MAX_ROWS_LENGTH || announcement.kind !== 'appended') return text;
  return stringify({ hub: envelope.hub, announcement: { ...announcement, rows: null } });
}

const stringify = (envelope: Envelope): string =>
  JSON.stringify({ v: WIRE_VERSION, ...envelope }, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );

/** Reads an envelope; null where the text is none that this version knows. */
export function decodeEnvelope(text: string): Envelope | null {
  try {
    const { v, hub, announcement } = JSON.parse(text) as Record<string, unknown>;
    if (v !== WIRE_VERSION || typeof hub !== 'string') return null;
    const decoded = decodeAnnouncement(announcement as WireAnnouncement);
    return decoded && { hub, announcement: decoded };
  } catch {
    // Whatever else travels on the channel is not ours; a lost hint costs one poll interval.
    return null;
  }
}

/** @throws where it is none; null where a later version may know it */
function decodeAnnouncement(announcement: WireAnnouncement): Envelope['announcement'] | null {
  switch (announcement.kind) {
    case 'appended': {
      const { kind, from, to, rows } = announcement;
      return { kind, from: BigInt(from), to: BigInt(to), rows: rows?.map(rowOf) ?? null };
    }
    case 'consumer':
      return typeof announcement.name === 'string' ? { kind: 'consumer', name: announcement.name } : null;
    case 'probe':
      return { kind: 'probe' };
    default:
      return null;
  }
}

type WireRow = Omit<ChangeRow, 'position' | 'previous'> & {
  readonly position: string;
  readonly previous: string | null;
};
type WireAnnouncement =
  | {
      readonly kind: 'appended';
      readonly from: string;
      readonly to: string;
      readonly rows: readonly WireRow[] | null;
    }
  | { readonly kind: 'consumer'; readonly name: string }
  | { readonly kind: 'probe' };

const rowOf = (row: WireRow): ChangeRow => ({
  ...row,
  position: BigInt(row.position),
  previous: row.previous === null ? null : BigInt(row.previous),
});
