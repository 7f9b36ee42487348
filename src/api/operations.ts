import { getOperationAST, GraphQLError, parse, specifiedRules, validate } from 'graphql';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { idLiteralsRule } from './scalars.js';

/** Tokens of a document; a longer one is refused before it is parsed whole. */
export const MAX_TOKENS = 10_000;
/** Documents kept parsed and validated; the oldest go first. */
const MAX_KEPT = 1_000;
/** Longer documents are not kept: a thousand of them would be too much. */
const MAX_KEPT_LENGTH = 20_000;

type Prepared = { readonly document: DocumentNode } | { readonly errors: readonly GraphQLError[] };

/** Parses and validates operations that come over sockets, each text once. */
export class Operations {
  readonly #kept = new Map<string, Prepared>();

  constructor(readonly schema: GraphQLSchema) {}

  /** The document, or what is wrong with it, with the codes that HTTP gives to the same mistakes. */
  prepare(query: string, operationName: string | null): Prepared {
    let prepared = this.#kept.get(query);
    if (!prepared) {
      prepared = this.#prepare(query);
      if (query.length <= MAX_KEPT_LENGTH) this.#keep(query, prepared);
    }
    if ('document' in prepared && !getOperationAST(prepared.document, operationName)) {
      return {
        errors: [
          coded(
            'The document has no such operation, or several: send operationName.',
            'OPERATION_RESOLUTION_FAILURE',
          ),
        ],
      };
    }
    return prepared;
  }

  #prepare(query: string): Prepared {
    let document: DocumentNode;
    try {
      document = parse(query, { maxLexicalTokens: MAX_TOKENS });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { errors: [coded(error.message, 'GRAPHQL_PARSE_FAILED', error)] };
    }
    const errors = validate(this.schema, document, [...specifiedRules, idLiteralsRule]);
    if (errors.length === 0) return { document };
    return { errors: errors.map((error) => coded(error.message, 'GRAPHQL_VALIDATION_FAILED', error)) };
  }

  #keep(query: string, prepared: Prepared): void {
    this.#kept.set(query, prepared);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

const coded = (message: string, code: string, at?: GraphQLError): GraphQLError =>
  new GraphQLError(message, {
    nodes: at?.nodes ?? null,
    source: at?.source ?? null,
    positions: at?.positions ?? null,
    originalError: at?.originalError ?? null,
    extensions: { code },
  });
