import type { Position } from '../model/cursor.js';

/**
 * What hubs on one log tell each other. A hint, and nothing more: it holds no data, whatever it says is read from the
 * database before it has any effect, and a hub that misses it finds out by polling.
 */
export type Announcement =
  | {
      readonly kind: 'appended';
      /** The log reaches this position. */
      readonly to: Position;
    }
  | {
      /** An operator action was recorded. */
      readonly kind: 'action';
    }
  | {
      readonly kind: 'consumer';
      /** The consumer that was acknowledged for, taken over or changed. */
      readonly name: string;
    };

const WIRE_VERSION = 2;

/** An announcement as it travels, with the hub that sends it. */
export interface Envelope {
  readonly hub: string;
  readonly announcement: Announcement | { readonly kind: 'probe' };
}

/** The text of an envelope; positions are strings in it, since JSON's numbers are doubles. */
export const encodeEnvelope = (envelope: Envelope): string =>
  JSON.stringify({ v: WIRE_VERSION, ...envelope }, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );

/** Reads an envelope; null where the text is not one that this version knows. */
export function decodeEnvelope(text: string): Envelope | null {
  try {
    const { v, hub, announcement } = JSON.parse(text) as Record<string, unknown>;
    if (v !== WIRE_VERSION || typeof hub !== 'string') return null;
    const decoded = decodeAnnouncement(announcement as WireAnnouncement);
    return decoded && { hub, announcement: decoded };
  } catch {
    // Anything else that travels on the channel is ignored; a lost hint costs one poll interval.
    return null;
  }
}

/** @throws where the announcement is malformed; null where a later version may know it */
function decodeAnnouncement(announcement: WireAnnouncement): Envelope['announcement'] | null {
  switch (announcement.kind) {
    case 'appended':
      return { kind: 'appended', to: BigInt(announcement.to) };
    case 'consumer':
      return typeof announcement.name === 'string' ? { kind: 'consumer', name: announcement.name } : null;
    case 'action':
    case 'probe':
      return { kind: announcement.kind };
    default:
      return null;
  }
}

type WireAnnouncement =
  | { readonly kind: 'appended'; readonly to: string }
  | { readonly kind: 'consumer'; readonly name: string }
  | { readonly kind: 'action' }
  | { readonly kind: 'probe' };

/** What a hub does about announcements. */
export interface SignalListener {
  /** Another hub announced something. */
  readonly onAnnouncement: (announcement: Announcement) => void;
  /** Announcements may have been missed until now. */
  readonly onUp: () => void;
}
