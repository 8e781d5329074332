import type { z } from '@hono/zod-openapi';
import { writeJson } from '../../base/long-integers.ts';
import { type Parsed, type RouteInput, readInput } from '../input/read-input.ts';
import { describeJsonRoute } from './describe-route.ts';
import { executePage } from './execute.ts';
import { orNotFound, type Row } from './json-route.ts';
import { listPages, type Page, type PageRequest } from './list-pages.ts';
import type { Route } from './route.ts';
import { streamText } from './stream-text.ts';

interface ListRow<Input extends RouteInput, Data, Variables, Schema extends z.ZodType, Node>
  extends Row<Input, Data, Variables, Schema> {
  variables(input: Parsed<Input>, page: PageRequest): Variables;
  /** The connection whose pages are fetched. Null or undefined means 404: the session does not exist. */
  connection(data: Data): Page<Node> | null | undefined;
  itemJson(node: Node, input: Parsed<Input>): object;
  /** The JSON before the first item and after the last item. */
  around(input: Parsed<Input>): [before: string, after: string];
}

/** Nodes that one page has. A page is executed in one turn of the event loop, so a larger one would hold up others. */
const pageSize = 100;

/**
 * A route that executes its document once for each page of a connection and responds with all nodes. It sends each page
 * before it reads the next one, as fast as the client reads, so that a long list is never in memory as a whole. If a
 * later page cannot be read, the connection is closed before the end of the JSON.
 */
export function listRoute<Input extends RouteInput, Data, Variables, Schema extends z.ZodType, Node>(
  row: ListRow<Input, Data, Variables, Schema, Node>,
): Route {
  return {
    ...describeJsonRoute({
      ...row,
      failures: {
        400: 'The list has more than `MAX_LIST_ITEMS` items, an item has more than `MAX_RESPONSE_BYTES` bytes, or the request is malformed.',
        ...row.failures,
      },
    }),
    async handle(c, services) {
      const { raw, parsed } = await readInput(c, services, row.input);
      const limits = {
        pageSize: Math.min(pageSize, services.maxPageSize),
        maxItems: services.maxListItems,
        signal: () => c.req.raw.signal,
      };
      const pages = listPages(limits, async (page) => {
        const variables = row.variables(parsed, page);
        const result = await executePage(c, services, row.document, variables, raw);
        return result ? (row.connection(result.data) ?? undefined) : 'too large';
      });
      // The brackets of the array are those of `around`.
      const itemsJson = (nodes: Node[]) =>
        writeJson(nodes.map((node) => row.itemJson(node, parsed))).slice(1, -1);
      const [before, after] = row.around(parsed);
      const first = orNotFound((await pages.next()).value ?? undefined);
      const headers = { 'Content-Type': 'application/json' };
      const start = before + itemsJson(first.nodes);
      if (first.isLast) return c.body(start + after, 200, headers);
      async function* text() {
        yield start;
        for await (const { nodes, isLast } of pages) {
          yield (nodes.length > 0 ? `,${itemsJson(nodes)}` : '') + (isLast ? after : '');
        }
      }
      const breakOff = (err: unknown) => {
        services.log.warn({ err }, 'a REST list broke off');
        c.env.outgoing.destroy();
      };
      return c.body(streamText({ text: text(), breakOff }), 200, headers);
    },
  };
}
