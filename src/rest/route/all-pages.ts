/** Which page of a connection to fetch. */
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
 * Walks a connection to its end: the legacy lists are not paged.
 *
 * @param pageSize How many nodes to fetch at a time.
 * @param next Fetches a page; undefined when what the list belongs to is gone.
 * @returns All nodes in order, or undefined when it was gone from the start.
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
