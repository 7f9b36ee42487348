import type { ChangeRow, Operation } from '../model/change.js';
import type { Entity } from '../model/entity.js';
import type { JsonObject } from '../model/json.js';
import { asBigint, asNumber, asText, orNull } from '../platform/platform.js';
import type { Row } from '../platform/platform.js';

/** The columns of `change` in the order in which every statement of this room names them. */
export const CHANGE_COLUMNS =
  'position, previous, id, collection, key, version, operation, source, after, undo, digest, headers, occurred_at, ' +
  'recorded_at';

/** The columns of `entity` that a reader needs. */
export const ENTITY_COLUMNS = 'collection, key, version, data, source, updated_at, position';

export const changeOf = (row: Row): ChangeRow => ({
  position: asBigint(row.position),
  previous: orNull(row.previous, asBigint),
  id: asText(row.id),
  collection: asText(row.collection),
  key: asText(row.key),
  version: asNumber(row.version),
  operation: row.operation as Operation,
  source: asText(row.source),
  after: orNull(row.after, asText),
  undo: orNull(row.undo, asText),
  digest: asText(row.digest),
  headers: orNull(row.headers, asText),
  occurredAt: asNumber(row.occurred_at),
  recordedAt: asNumber(row.recorded_at),
});

export const entityOf = (row: Row): Entity => ({
  collection: asText(row.collection),
  key: asText(row.key),
  version: asNumber(row.version),
  data: JSON.parse(asText(row.data)) as JsonObject,
  source: asText(row.source),
  updatedAt: asNumber(row.updated_at),
  position: asBigint(row.position),
});
