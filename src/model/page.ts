import { badInput } from './errors.js';

/** Nodes in one page at most. */
export const MAX_PAGE = 1_000;

/** A page of a list, as Relay's connections describe it. */
export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: PageInfo;
}

export interface PageInfo {
  readonly hasNextPage: () => boolean | Promise<boolean>;
  readonly hasPreviousPage: () => boolean | Promise<boolean>;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** Makes a page of nodes; whether there are more is looked up only when somebody asks. */
export function connectionOf<T>(
  nodes: readonly T[],
  cursorOf: (node: T) => string,
  more: Pick<PageInfo, 'hasNextPage' | 'hasPreviousPage'>,
): Connection<T> {
  const edges = nodes.map((node) => ({ cursor: cursorOf(node), node }));
  const startCursor = edges[0]?.cursor ?? null;
  const endCursor = edges.at(-1)?.cursor ?? null;
  return { nodes, edges, pageInfo: { ...more, startCursor, endCursor } };
}

/** @throws HubError BAD_USER_INPUT where a page's size is not 0 to 1,000; `place` names the argument */
export function checkPageSize(size: number, place: string): number {
  if (size < 0 || size > MAX_PAGE) throw badInput(place, `is ${size}; give 0 to ${MAX_PAGE}`);
  return size;
}
