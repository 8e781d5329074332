import { setImmediate as nextTurn } from 'node:timers/promises';
import { RestError } from '../errors/rest-error.ts';

/** The arguments of a Relay connection that select a page. */
export interface PageRequest {
  first: number;
  after: string | null;
}

/** One page of a Relay connection. */
export interface Page<Node> {
  edges: readonly { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

export interface ListLimits {
  /** The number of nodes to fetch at a time. */
  pageSize: number;
  /** The most nodes that a list may have. */
  maxItems: number;
  /** Aborts when the client leaves. */
  signal: AbortSignal;
}

/**
 * Fetches every page of a connection, because the legacy lists have no pages. Other requests run between two pages.
 *
 * @param next Fetches a page. Undefined if the session of the list does not exist. 'too large' if the page has more bytes
 *   than a result may have: then smaller pages are fetched.
 * @returns All nodes in order; undefined if the first page was undefined. If a later page is undefined, the list ends.
 * @throws RestError 400 when the list is longer than `maxItems`, an item is too large, or the client leaves.
 */
export async function allPages<Node>(
  { pageSize, maxItems, signal }: ListLimits,
  next: (request: PageRequest) => Promise<Page<Node> | 'too large' | undefined>,
): Promise<Node[] | undefined> {
  const nodes: Node[] = [];
  let after: string | null = null;
  let first = pageSize;
  for (;;) {
    if (signal.aborted) throw new RestError(400, 'The client has left');
    const page: Page<Node> | 'too large' | undefined = await next({ first, after });
    if (page === 'too large') {
      if (first === 1) throw tooManyBytes();
      first = Math.ceil(first / 4);
      continue;
    }
    if (page === undefined) return after === null ? undefined : nodes;
    for (const { node } of page.edges) nodes.push(node);
    const { hasNextPage, endCursor } = page.pageInfo;
    if (nodes.length > maxItems || (hasNextPage && nodes.length === maxItems)) throw tooLong(maxItems);
    if (!hasNextPage || !endCursor) return nodes;
    after = endCursor;
    await nextTurn();
  }
}

function tooLong(maxItems: number): RestError {
  const message = `The list has more than ${maxItems} items (MAX_LIST_ITEMS). Read it page by page over GraphQL.`;
  return new RestError(400, message);
}

function tooManyBytes(): RestError {
  // 400, like a list of too many items: the same request fails again, and GraphQL has a way to read what is stored.
  return new RestError(
    400,
    'An item of the list has more bytes than MAX_RESPONSE_BYTES allows. Read its parts over GraphQL.',
  );
}
