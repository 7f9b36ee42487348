/** Bounds of what comes from outside; each is an option of the configuration. */
export interface Limits {
  /** Bytes of one HTTP body or WebSocket message. */
  readonly bodyBytes: number;
  /** Changes in one publish call. */
  readonly changesPerCall: number;
  /** Bytes of JSON text that one publish call may record and answer: entities before and after, headers. */
  readonly producedBytes: number;
  /** Bytes of one change's data as JSON text in UTF-8, and of the entity that a PATCH makes of it. */
  readonly dataBytes: number;
  /** Levels of objects and arrays in data and headers. */
  readonly dataDepth: number;
  /** Characters (UTF-16 units) of a collection, source or consumer name. */
  readonly nameLength: number;
  /** Characters (UTF-16 units) of an entity's key or a change's sourceId. */
  readonly keyLength: number;
  /** What the names of collections, sources and consumers must match, beyond being printable text. */
  readonly namePattern: RegExp | null;
  /** Changes that may wait for the commit under way before publish answers OVERLOADED. */
  readonly waitingChanges: number;
  /** Bytes of data and headers that may wait likewise. */
  readonly waitingBytes: number;
}
