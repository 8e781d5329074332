import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { RestError } from '../errors/rest-error.ts';

/** The variables of a document that reads a page of a Relay connection. */
export interface PageRequest {
  first: number;
  after: string | null;
  /** Whether to count the items of the whole list. */
  counts: boolean;
  /** Where to stop counting. */
  upTo: number;
}

/** One page of a Relay connection. */
export interface Page<Node> {
  edges: readonly { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** Only if the request asked for it. */
  totalCount?: number;
}

export interface ListLimits {
  /** The number of nodes to fetch at a time. */
  pageSize: number;
  /** The most nodes that a list may have. */
  maxItems: number;
  /** Returns the signal that aborts when the client leaves. Called behind the first page only, because few lists have more. */
  signal: () => AbortSignal;
}

/** The highest `upTo` that GraphQL accepts. */
const maxCounted = 100_000;

/** Fetches a page. Undefined if the session of the list does not exist. */
export type NextPage<Node> = (request: PageRequest) => Promise<Page<Node> | 'too large' | undefined>;

/**
 * Reads the pages of a connection one by one, because the legacy lists have no pages. Other requests run between two
 * pages.
 *
 * @param next Returns 'too large' if the page has more bytes than a result may have: then smaller pages are fetched.
 * @returns Yields the nodes of each page, and whether the page is the last one. It yields nothing if the first page was
 *   undefined. If a later page is undefined, the list ends.
 * @throws RestError 400 before the first page when the list is longer than `maxItems`, and later if it has grown so
 *   long; when an item is too large; when the client leaves.
 */
export async function* listPages<Node>(
  { pageSize, maxItems, signal }: ListLimits,
  next: NextPage<Node>,
): AsyncGenerator<{ nodes: Node[]; isLast: boolean }, void> {
  const upTo = Math.min(maxItems + 1, maxCounted);
  let count = 0;
  let first = pageSize;
  let after: string | null = null;
  for (;;) {
    if (after !== null && signal().aborted) throw new RestError(400, 'The client has left');
    const request: PageRequest = { first, after, counts: after === null, upTo };
    const page: Awaited<ReturnType<NextPage<Node>>> = await (after === null
      ? next(request)
      : whenAllowed(() => next(request), signal()));
    if (page === 'too large') {
      if (first === 1) throw tooManyBytes();
      first = Math.ceil(first / 4);
      continue;
    }
    if (page === undefined && after === null) return;
    const nodes = page?.edges.map(({ node }) => node) ?? [];
    count += nodes.length;
    if (Math.max(count, page?.totalCount ?? 0) > maxItems) throw tooLong(maxItems);
    after = page?.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    yield { nodes, isLast: after === null };
    if (after === null) return;
    await nextTurn();
  }
}

/** Waits while the sender has sent too many requests. Only the first page can be refused, before anything is sent. */
async function whenAllowed<T>(next: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await next();
    } catch (error) {
      if (!(error instanceof RestError) || error.status !== 429) throw error;
      await delay(1_000 * Number(error.headers['Retry-After'] ?? 1), undefined, { signal });
    }
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
