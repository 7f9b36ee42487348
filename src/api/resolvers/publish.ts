import type { ConflictResolvers, MutationResolvers } from '../../generated/schema.js';
import type { Context } from '../context.js';

export const publishMutations: Pick<MutationResolvers<Context>, 'publish'> = {
  publish: async (_parent, { source, changes, atomic }, { rooms, view }) => {
    const { results, end } = await rooms.publisher.publish({ source, changes, atomic });
    return {
      results: results.map(({ outcome, change, conflict }) => ({
        outcome,
        change: change && view.change(change),
        conflict: conflict && view.conflict(conflict),
      })),
      cursor: rooms.cursors.encode(end),
    };
  },
};

export const conflictFields: ConflictResolvers<Context> = {
  id: ({ id }, _args, { rooms }) => rooms.ids.conflict(id),
};
