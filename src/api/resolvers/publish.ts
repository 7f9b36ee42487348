import type { MutationResolvers } from '../../generated/schema.js';
import { within } from '../../model/change.js';
import type { Context } from '../context.js';

export const publishMutations: Pick<MutationResolvers<Context>, 'publish'> = {
  publish: async (_parent, { source, changes, atomic }, { rooms }) => {
    const { results, head } = await rooms.publisher.publish({ source, changes, atomic });
    return {
      results: results.map((result) => ({ ...result, change: result.change && within(result.change) })),
      cursor: rooms.cursors.encode(head),
    };
  },
};
