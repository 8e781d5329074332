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

/**
 * Fetches every page of a connection, because the legacy lists have no pages.
 *
 * @param pageSize The number of nodes to fetch at a time.
 * @param next Fetches a page. Undefined if the session of the list does not exist.
 * @returns All nodes in order; undefined if the first page was undefined. If a later page is undefined, the list ends.
 */
export async function allPages<Node>(
  pageSize: number,
  next: (request: PageRequest) => Promise<Page<Node> | undefined>,
): Promise<Node[] | undefined> {
  let page = await next({ first: pageSize, after: null });
  if (page === undefined) {
    return undefined;
  }
  const nodes: Node[] = [];
  while (page !== undefined) {
    nodes.push(...page.edges.map((edge) => edge.node));
    const { hasNextPage, endCursor }: Page<Node>['pageInfo'] = page.pageInfo;
    page = hasNextPage && endCursor ? await next({ first: pageSize, after: endCursor }) : undefined;
  }
  return nodes;
}
