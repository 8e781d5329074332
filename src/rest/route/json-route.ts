import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { z } from '@hono/zod-openapi';
import { RestError } from '../errors/rest-error.ts';
import { type Parsed, type RouteInput, readInput } from '../input/read-input.ts';
import { allPages, type Page, type PageRequest } from './all-pages.ts';
import { describeJsonRoute } from './describe-route.ts';
import { executeDocument, executePage } from './execute.ts';
import type { Route, RouteDescription } from './route.ts';

interface Row<Input extends RouteInput, Data, Variables, Schema extends z.ZodType> extends RouteDescription {
  input: Input;
  document: TypedDocumentNode<Data, Variables>;
  /** The schema of the JSON in a successful response. */
  response: Schema;
}

interface JsonRow<Input extends RouteInput, Data, Variables, Schema extends z.ZodType>
  extends Row<Input, Data, Variables, Schema> {
  variables(input: Parsed<Input>): Variables;
  /** Maps the data to the response. Null or undefined means 404: the session does not exist. */
  toJson(data: Data, input: Parsed<Input>): z.input<Schema> | null | undefined;
}

interface ListRow<Input extends RouteInput, Data, Variables, Schema extends z.ZodType, Node>
  extends Row<Input, Data, Variables, Schema> {
  variables(input: Parsed<Input>, page: PageRequest): Variables;
  /** The connection whose pages are fetched. Null or undefined means 404: the session does not exist. */
  connection(data: Data): Page<Node> | null | undefined;
  toJson(nodes: Node[], input: Parsed<Input>): z.input<Schema>;
}

/** A route that executes one document and responds with JSON. */
export function jsonRoute<Input extends RouteInput, Data, Variables, Schema extends z.ZodType>(
  row: JsonRow<Input, Data, Variables, Schema>,
): Route {
  return {
    ...describeJsonRoute(row),
    async handle(c, services) {
      const { raw, parsed } = await readInput(c, services, row.input);
      const variables = row.variables(parsed);
      const data = await executeDocument(c, services, row.document, variables, raw);
      return c.json(orNotFound(row.toJson(data, parsed)));
    },
  };
}

/** A route that executes its document once for each page of a connection and responds with all nodes. */
export function listRoute<Input extends RouteInput, Data, Variables, Schema extends z.ZodType, Node>(
  row: ListRow<Input, Data, Variables, Schema, Node>,
): Route {
  return {
    ...describeJsonRoute({
      ...row,
      failures: {
        400: 'The list has more than `MAX_LIST_ITEMS` items, or an item has more than `MAX_RESPONSE_BYTES` bytes.',
        ...row.failures,
      },
    }),
    async handle(c, services) {
      const { raw, parsed } = await readInput(c, services, row.input);
      const { maxPageSize: pageSize, maxListItems: maxItems } = services;
      const limits = { pageSize, maxItems, signal: c.req.raw.signal };
      const nodes = await allPages(limits, async (page) => {
        const variables = row.variables(parsed, page);
        const result = await executePage(c, services, row.document, variables, raw);
        return result ? (row.connection(result.data) ?? undefined) : 'too large';
      });
      return c.json(row.toJson(orNotFound(nodes), parsed));
    },
  };
}

/** @throws RestError 404 if the value is null or undefined. */
function orNotFound<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new RestError(404, 'Session not found');
  }
  return value;
}
