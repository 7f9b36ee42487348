import { getNamedType, GraphQLError } from 'graphql';
import type { ValidationRule } from 'graphql';
import { numberDefect } from '../model/json-check.js';
import { ScalarError } from './scalars.js';

/**
 * Refuses ids that are written inside a document as whole numbers beyond 2^53 - 1, as `checkVariables` does: the same id
 * has the same meaning wherever it is written.
 */
export const idLiteralsRule: ValidationRule = (context) => ({
  IntValue: (node) => {
    const type = context.getInputType();
    if (!type || getNamedType(type).name !== 'ID') return;
    const sentence = numberDefect(Number(node.value), true);
    if (sentence === null) return;
    const originalError = new ScalarError('ID', sentence);
    context.reportError(new GraphQLError(originalError.message, { nodes: node, originalError }));
  },
});
