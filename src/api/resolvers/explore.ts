import type {
  ChangeResolvers,
  CollectionResolvers,
  EntityResolvers,
  HubResolvers,
  NodeResolvers,
  QueryResolvers,
} from '../../generated/schema.js';
import { parseConditions } from '../../model/condition.js';
import { parseFilter } from '../../model/filter.js';
import { checkLookup } from '../../model/names.js';
import type { Context } from '../context.js';

export const queries: QueryResolvers<Context> = {
  node: (_parent, { id }, { rooms, view }) => rooms.explorer.node(view, id),
  nodes: (_parent, { ids }, { rooms, view }) => rooms.explorer.nodes(view, ids),
  hub: (_parent, _args, { rooms, view }) => rooms.explorer.hub(view),
  change: (_parent, { cursor }, { rooms, view }) => rooms.explorer.change(view, cursor),
  changes: (_parent, { filter, after, first, before, last }, { rooms, view }) =>
    rooms.explorer.changes(view, {
      filter: parseFilter(filter, 'filter'),
      after: after ?? null,
      first: first ?? null,
      before: before ?? null,
      last: last ?? null,
    }),
  entity: (_parent, { collection, key, atLeast }, { rooms, view }) =>
    rooms.explorer.entity(
      view,
      checkLookup(collection, 'collection'),
      checkLookup(key, 'key'),
      atLeast ?? null,
    ),
  entities: (_parent, { collection, where, first, after, atLeast }, { rooms, view }) =>
    rooms.explorer.entities(view, {
      collection: checkLookup(collection, 'collection'),
      where: parseConditions(where ?? [], 'where'),
      first,
      after: after ?? null,
      atLeast: atLeast ?? null,
    }),
  collections: (_parent, _args, { rooms, view }) => rooms.explorer.collections(view),
  sources: (_parent, _args, { rooms, view }) => rooms.explorer.sources(view),
  consumer: (_parent, { name }, { rooms }) => rooms.explorer.consumer(checkLookup(name, 'name')),
  consumers: (_parent, _args, { rooms }) => rooms.explorer.consumers(),
};

export const changeFields: ChangeResolvers<Context> = {
  id: (change, _args, { rooms }) => rooms.ids.change(change),
  cursor: (change, _args, { rooms }) => rooms.cursors.encode(change),
};

export const collectionFields: CollectionResolvers<Context> = { declared: () => false };

export const entityFields: EntityResolvers<Context> = {
  id: (entity, _args, { rooms }) => rooms.ids.entity(entity),
  cursor: (entity, _args, { rooms }) => rooms.cursors.encode(entity),
  history: (entity, { first, after }, { rooms, view }) =>
    rooms.explorer.history(view, entity, first, after ?? null),
};

/** A consumer does not come through the view, so it does not say its type. */
export const nodeType: NodeResolvers<Context> = {
  __resolveType: (node) => ('type' in node ? node.type : 'Consumer'),
};

export const hubFields: HubResolvers<Context> = {
  head: ({ head, headHash }, _args, { rooms }) => rooms.cursors.encode({ position: head, hash: headHash }),
};
