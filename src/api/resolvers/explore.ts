import type {
  ChangeResolvers,
  EntityResolvers,
  HubResolvers,
  QueryResolvers,
} from '../../generated/schema.js';
import { parseConditions } from '../../model/condition.js';
import { parseFilter } from '../../model/filter.js';
import { checkLookup } from '../../model/names.js';
import type { Context } from '../context.js';

export const queries: QueryResolvers<Context> = {
  hub: (_parent, _args, { rooms }) => rooms.explorer.hub(),
  change: (_parent, { cursor }, { rooms }) => rooms.explorer.change(cursor),
  changes: (_parent, { filter, after, first, before, last }, { rooms }) =>
    rooms.explorer.changes({
      filter: parseFilter(filter, 'filter'),
      after: after ?? null,
      first: first ?? null,
      before: before ?? null,
      last: last ?? null,
    }),
  entity: (_parent, { collection, key, atLeast }, { rooms }) =>
    rooms.explorer.entity(checkLookup(collection, 'collection'), checkLookup(key, 'key'), atLeast ?? null),
  entities: (_parent, { collection, where, first, after, atLeast }, { rooms }) =>
    rooms.explorer.entities({
      collection: checkLookup(collection, 'collection'),
      where: parseConditions(where ?? [], 'where'),
      first,
      after: after ?? null,
      atLeast: atLeast ?? null,
    }),
  collections: async (_parent, _args, { rooms }) =>
    (await rooms.explorer.collections()).map((collection) => ({ ...collection, declared: false })),
  sources: (_parent, _args, { rooms }) => rooms.explorer.sources(),
  consumer: (_parent, { name }, { rooms }) => rooms.explorer.consumer(checkLookup(name, 'name')),
  consumers: (_parent, _args, { rooms }) => rooms.explorer.consumers(),
};

export const changeFields: ChangeResolvers<Context> = {
  cursor: ({ change }, _args, { rooms }) => rooms.cursors.encode(change.row.position),
  id: ({ change }) => change.row.id,
  collection: ({ change }) => change.row.collection,
  key: ({ change }) => change.row.key,
  operation: ({ change }) => change.row.operation,
  version: ({ change }) => change.row.version,
  before: ({ change }) => change.before,
  after: ({ change }) => change.after,
  changedFields: ({ change }) => change.changedFields,
  source: ({ change }) => change.row.source,
  headers: ({ change }) => change.headers,
  occurredAt: ({ change }) => change.row.occurredAt,
  recordedAt: ({ change }) => change.row.recordedAt,
};

export const entityFields: EntityResolvers<Context> = {
  cursor: ({ position }, _args, { rooms }) => rooms.cursors.encode(position),
  history: (entity, { first, after }, { rooms }) => rooms.explorer.history(entity, first, after ?? null),
};

export const hubFields: HubResolvers<Context> = {
  head: ({ head }, _args, { rooms }) => rooms.cursors.encode(head),
};
