import type { Entity } from '../model/entity.js';
import type { JsonObject } from '../model/json.js';
import { asBigint, asNumber, asText } from '../platform/platform.js';
import type { Row } from '../platform/platform.js';

/** The columns of `entity` that a reader needs. */
export const READ_ENTITY_COLUMNS = 'collection, key, version, data, source, updated_at, position, hash';

export const entityOf = (row: Row): Entity => ({
  collection: asText(row.collection),
  key: asText(row.key),
  version: asNumber(row.version),
  data: JSON.parse(asText(row.data)) as JsonObject,
  source: asText(row.source),
  updatedAt: asNumber(row.updated_at),
  position: asBigint(row.position),
  hash: asText(row.hash),
});
